/* SPDX-License-Identifier: ISC */
/* Threads that make way for those that answer, and the end of those that may hang. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * From now on, and for good, the calling thread runs when nothing else wants its CPU, or next to never: what
 * it is interrupted for does not wait for the end of its turn, as it would with a low priority.
 */
void thread_make_way(void);

/*
 * Of a long task, each step with its number: after each `turn` of them, a power of two that takes some 100
 * us, others have theirs. Even a thread that makes way is given the CPU once in a while, and then holds it
 * for a tick of the scheduler, which is milliseconds, unless it lets go itself. Costs 1 us where nobody
 * waits.
 */
static inline void thread_step(size_t number, size_t turn)
{
	if ((number & (turn - 1)) == 0)
		sched_yield();
}

/*
 * From now on, and for good, the calling thread has its CPU for short turns: it waits where another runs,
 * and others run where it comes by thread_turn_may_end(). Of a CPU that others want all the time it has a
 * quarter, as its nice value rises by 5; so does that of what it starts from then on.
 */
void thread_take_short_turns(void);

/*
 * Between two steps of some 50 us at most, as a call into the kernel is: ends the calling thread's turn if it
 * has lasted for 20 us, and for half as long as it had to wait for it: so it is not left with turns that are
 * too short for its share. Costs 50 ns, 1 us where nobody waits. Nothing where the thread does not take short
 * turns.
 */
void thread_turn_may_end(void);

/*
 * Waits for a thread's end: a disk may hang, and a server that is to stop has no patience. False: it goes on,
 * and with it all that it uses.
 */
bool thread_join(pthread_t thread, unsigned wait_ms);

#endif
