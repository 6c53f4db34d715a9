/* SPDX-License-Identifier: ISC */
/* Scheduling, and joining with a limit. */
#include "base/thread.h"
#include "base/clock.h"

#include <time.h>

enum { LOOK_NS = 1000000 };

void thread_make_way(void)
{
	static const struct sched_param none = {0};
	sched_setscheduler(0, SCHED_IDLE, &none); /* of this thread alone, on Linux */
	sched_yield();                            /* to what had to wait before */
}

/*
 * By looking each millisecond: joins with a limit go by the wall clock, which may jump, or by one of which
 * the thread sanitizer does not know.
 */
bool thread_join(pthread_t thread, unsigned wait_ms)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};
	int64_t until_ms = clock_ms() + wait_ms;
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		if (clock_ms() > until_ms)
			return false;
		nanosleep(&look, NULL);
	}
	return true;
}
