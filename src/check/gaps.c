/* SPDX-License-Identifier: ISC */
/*
 * libevent keeps timers in a heap: with ten thousand of them, each that is set or removed, also the engine's
 * for the next moment, moves a dozen in memory. Those of a common length it keeps in a queue, with one in the
 * heap.
 */
#include "check/gaps.h"

#include <event2/event.h>

const struct timeval *gaps_wait(struct gaps *gaps, const struct timeval *wait)
{
	for (size_t i = 0; i < gaps->n; i++) {
		if (timercmp(&gaps->list[i].wait, wait, ==))
			return gaps->list[i].queue;
	}
	const struct timeval *queue =
		gaps->n < GAPS_MAX ? event_base_init_common_timeout(gaps->base, wait) : NULL;
	if (queue == NULL)
		return wait;
	gaps->list[gaps->n].wait = *wait;
	gaps->list[gaps->n++].queue = queue;
	return queue;
}
