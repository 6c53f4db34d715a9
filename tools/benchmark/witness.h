/* SPDX-License-Identifier: ISC */
/*
 * Whether a core has stood still. A virtual machine's host takes cores away for milliseconds, and every
 * server looks slow then. A thread of real-time priority sees that: nothing else delays it, but what the
 * kernel does in one piece.
 */
#ifndef BENCHMARK_WITNESS_H
#define BENCHMARK_WITNESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct witness {
	pthread_t thread;
	_Atomic uint64_t tainted_until_ns; /* until then, what was delayed is caught up with */
	atomic_bool ended;
};

/* Watches a core from now on. False, with nothing started: that takes a privilege which is not there. */
bool witness_start(struct witness *w, unsigned cpu);

/* Of a delay that has just ended, on whatever core. */
void witness_note(struct witness *w, uint64_t now_ns, uint64_t delay_ns);

void witness_stop(struct witness *w);

#endif
