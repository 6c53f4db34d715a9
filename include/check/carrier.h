/* SPDX-License-Identifier: ISC */
/* What carries checks out: libcurl those that are a transfer, processes those that are a program. */
#ifndef CHECK_CARRIER_H
#define CHECK_CARRIER_H

#include "check/schedule.h"

/* Called from the loop when a check has ended; its run is gone. It may start and stop others. */
typedef void carrier_ended(void *context, void *owner, const struct check_result *result);

/*
 * One way to carry checks out. `self` is what open() has returned, a run what start() has: a check under way,
 * which its carrier owns. All of it happens on the thread of the loop.
 */
struct carrier {
	unsigned under_way_max;
	unsigned descriptors_each; /* so many of the process's for each check that may be under way */
	unsigned starts_a_turn;    /* of the loop */

	/* Each program may open so many descriptors. */
	void *(*open)(struct event_base *base, carrier_ended *ended, void *context, rlim_t descriptors);

	/* No check may be under way. */
	void (*close)(void *self);

	/* Starts a check. It ends at its timeout at the latest, never before this returns. `owner` is what
	 * carrier_ended() is told. */
	void *(*start)(void *self, const struct target *target, void *owner);

	/* Ends one under way; carrier_ended() is not called for it. */
	void (*stop)(void *self, void *run);

	/* Its definition has moved to other memory with the same content. */
	void (*rebind)(void *run, const struct check *check);
};

extern const struct carrier carrier_transfer;
extern const struct carrier carrier_program;

const struct carrier *carrier_of(const struct check *check);

/* A result of which nothing is known so far. */
static inline struct check_result check_result_blank(void)
{
	return (struct check_result){.weight_percent = 100};
}

#endif
