/* SPDX-License-Identifier: ISC */
/*
 * How the control thread hands a new view to the workers without a lock: one atomic pointer, and a hazard
 * pointer a worker (Michael 2004). No worker ever sees two views in one batch.
 */
#ifndef SERVE_PUBLISH_H
#define SERVE_PUBLISH_H

#include <stdatomic.h>
#include <stddef.h>

struct view;

/* One a worker, on cache lines of its own: the view it is using now, NULL between batches. */
struct hazard {
	_Alignas(128) _Atomic(const struct view *) using;
};

struct publisher {
	_Alignas(64) _Atomic(const struct view *) current;
	size_t n;
	struct hazard *hazards;
};

/* Worker: takes the current view for a batch, and lets go of it. */
const struct view *view_enter(struct publisher *p, struct hazard *h);
void view_leave(struct hazard *h);

/*
 * Control: makes `next` current and returns the view before, once no worker uses it any more: the caller may
 * free it. Waits for the batches under way, microseconds.
 */
const struct view *view_publish(struct publisher *p, const struct view *next);

#endif
