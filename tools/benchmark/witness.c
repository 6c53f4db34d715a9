/* SPDX-License-Identifier: ISC */
/* Wakes up each half a millisecond, and sees how late that is. */
#include "witness.h"
#include "report.h"

#include <sched.h>

enum { PERIOD_NS = 500000, LATE_NS = 100000, AFTERMATH_NS = 2000000 };

/* At half load a queue is gone as long after a delay as that took; twice that, and what the rest takes. */
void witness_note(struct witness *w, uint64_t now_ns, uint64_t delay_ns)
{
	uint64_t until = now_ns + 2 * delay_ns + AFTERMATH_NS;
	uint64_t known = atomic_load_explicit(&w->tainted_until_ns, memory_order_relaxed);
	while (known < until && !atomic_compare_exchange_weak(&w->tainted_until_ns, &known, until))
		;
}

static void *watch(void *argument)
{
	struct witness *w = argument;
	uint64_t due = report_now_ns();
	while (!atomic_load_explicit(&w->ended, memory_order_relaxed)) {
		due += PERIOD_NS;
		struct timespec at = {(time_t)(due / 1000000000), (long)(due % 1000000000)};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		uint64_t now = report_now_ns();
		if (now - due > LATE_NS)
			witness_note(w, now, now - due);
		due = now - due < PERIOD_NS ? due : now;
	}
	return NULL;
}

bool witness_start(struct witness *w, unsigned cpu)
{
	static const struct sched_param most = {.sched_priority = 99};
	pthread_attr_t attributes;
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	pthread_attr_init(&attributes);
	pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
	pthread_attr_setschedparam(&attributes, &most);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	bool started = pthread_create(&w->thread, &attributes, watch, w) == 0;
	pthread_attr_destroy(&attributes);
	return started;
}

void witness_stop(struct witness *w)
{
	atomic_store(&w->ended, true);
	pthread_join(w->thread, NULL);
}
