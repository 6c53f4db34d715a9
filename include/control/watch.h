/* SPDX-License-Identifier: ISC */
/*
 * Which targets are polled, and for whom: the world that serves, and the one that is to follow it once all
 * that is new in it has been checked once.
 */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "health/vitals.h"
#include "world/world.h"

#include <stdbool.h>
#include <sys/resource.h>

struct event_base;
struct watch;

/* A world and what is known of its targets. */
struct watched {
	struct world *world; /* owned */
	struct vitals vitals;
};

/* What the watch tells its owner, on the loop's thread. */
struct watch_events {
	/* Something of the serving world has changed: its board is out of date. */
	void (*changed)(void *context, enum change change);
	/* The next world's first round is complete: watch_switch() may be called. */
	void (*ready)(void *context);
	void *context;
};

/* The programs of checks may each open so many `descriptors`. */
struct watch *watch_new(struct event_base *base, const struct watch_events *events, rlim_t descriptors);
void watch_free(struct watch *watch);

/*
 * Makes `world` the one to follow, and owns it. Returns the one that was to follow before, if any, which is
 * the caller's again; what has been found out for it is kept, and its checks under way go on, so that reloads
 * in a row come to an end. Calls ready(), maybe before it returns, when each target has been checked once, or
 * its check has timed out, but for those of the serving world and those whose vitals are known already
 * (`known`, of the world's roster, or NULL; it is taken over).
 */
struct world *watch_next(struct watch *watch, struct world *world, struct vitals *known);

/*
 * The next world serves from now on: what was known of targets that both have is carried over, others are
 * polled no more. Returns the world that served before, NULL the first time; the caller frees it once nobody
 * reads it.
 */
struct world *watch_switch(struct watch *watch);

/* The world that waits to follow; NULL: none does. */
const struct world *watch_following(const struct watch *watch);

/* Does a world wait for its first round? */
bool watch_pending(const struct watch *watch);

/* The serving world and its vitals; world is NULL before the first watch_switch(). Operators' say may be
 * changed. */
struct watched *watch_serving(struct watch *watch);

#endif
