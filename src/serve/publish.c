/* SPDX-License-Identifier: ISC */
/* Publishing views. */
#include "serve/publish.h"

#include <sched.h>

/*
 * The worker first says which view it means to use, then looks whether that is still the current one. The
 * control thread first changes the current one, then looks who uses the old. All four accesses are
 * sequentially consistent, so one of the two sees the other: either the worker tries again, or control waits.
 */
const struct view *view_enter(struct publisher *p, struct hazard *h)
{
	const struct view *view = atomic_load(&p->current), *seen;
	for (;;) {
		atomic_store(&h->using, view);
		seen = atomic_load(&p->current);
		if (seen == view)
			return view;
		view = seen;
	}
}

void view_leave(struct hazard *h)
{
	atomic_store_explicit(&h->using, NULL, memory_order_release);
}

const struct view *view_publish(struct publisher *p, const struct view *next)
{
	const struct view *before = atomic_exchange(&p->current, next);
	for (size_t i = 0; before != NULL && i < p->n; i++) {
		while (atomic_load(&p->hazards[i].using) == before)
			sched_yield();
	}
	return before;
}
