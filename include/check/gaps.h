/* SPDX-License-Identifier: ISC */
/* The few lengths of time that the timers of checks have: those of one length stand in a queue, not in a
 * heap. */
#ifndef CHECK_GAPS_H
#define CHECK_GAPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

struct event_base;

enum { GAP_STEPS = 16, GAPS_MAX = 8 * GAP_STEPS };

struct gaps {
	struct event_base *base;
	struct {
		struct timeval wait;
		const struct timeval *queue; /* the base's, as long as that lives */
	} list[GAPS_MAX];
	size_t n;
};

/* One of the GAP_STEPS lengths from `interval_ms` down to 90 % of it; `step` is below GAP_STEPS. */
static inline uint32_t gap_of(uint32_t interval_ms, uint32_t step)
{
	return interval_ms - (uint32_t)((uint64_t)interval_ms * step / (10 * (GAP_STEPS - 1)));
}

/*
 * What to give to event_add() in place of `wait`, a length that many timers have: the first GAPS_MAX of them
 * get queues, that of others is itself.
 */
const struct timeval *gaps_wait(struct gaps *gaps, const struct timeval *wait);

#endif
