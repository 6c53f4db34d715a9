/* SPDX-License-Identifier: ISC */
/* Joining, with a limit. */
#include "control/thread.h"

#include <time.h>

bool thread_join(pthread_t thread, unsigned wait_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until); /* the thread sanitizer knows no join by another clock */
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return pthread_timedjoin_np(thread, NULL, &until) == 0;
}
