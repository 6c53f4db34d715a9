/* SPDX-License-Identifier: ISC */
/* Joining, with a limit. */
#include "base/thread.h"
#include "base/clock.h"

#include <time.h>

enum { LOOK_NS = 1000000 };

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
