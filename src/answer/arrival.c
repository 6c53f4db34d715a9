/* SPDX-License-Identifier: ISC */
/* Reading queries that came together, a step with all of them before the next. */
#include "answer/arrival.h"
#include "answer/tally.h"
#include "geo/locator.h"

static inline void seek(struct arrival *a, const struct zones *zones)
{
	const struct name *name = &a->query.name;
	if (zones_may_have(zones, name))
		a->hash = probe_hash(zones, name->octets, name->len);
}

static inline void arrive(struct arrival *a, const struct zones *zones)
{
	const struct name *name = &a->query.name;
	struct probe p = probe_of(zones, name->octets, name->len, a->hash);
	a->node = zones_may_have(zones, name) ? probe_next(zones, &p) : NULL;
	if (a->node != NULL)
		node_expect(a->node);
}

/* What will be looked at to choose from the set, and is of this name or client alone. */
static inline void expect_choice(const struct arrival *a, const struct rrset *set, const struct board *board,
				 const _Atomic uint64_t *members)
{
	const struct steered *steered = set->steered;
	const struct locator *locator = steered->how->locator;
	__builtin_prefetch(set->octets);
	__builtin_prefetch(&board->sets[steered->set]);
	__builtin_prefetch(&board->sets[steered->set].extra); /* it may be on the next line */
	__builtin_prefetch(&members[steered->first_member]);
	if (locator != NULL && a->query.subnet.present && a->query.subnet.source > 0)
		locator_expect(locator, &a->query.subnet.addr);
}

/* Flattened: it is gone through once a query. */
__attribute__((noinline, flatten)) void arrivals_read(struct arrival *list, unsigned n,
						      const struct view *view, const struct tally *tally)
{
	static const _Atomic uint64_t nowhere; /* what is asked of memory need not be there */
	const struct zones *zones = view->world->zones;
	const _Atomic uint64_t *members = tally != NULL ? tally->members : &nowhere;
	for (unsigned i = 0; i < n; i++) {
		list[i].heard = query_read(list[i].in, &list[i].query, &list[i].rcode);
		seek(&list[i], zones);
	}
	for (unsigned i = 0; i < n; i++)
		arrive(&list[i], zones);
	for (unsigned i = 0; i < n; i++) {
		const struct node *node = list[i].node;
		if (node != NULL && node->n_sets > 0 && node->sets->steered != NULL)
			expect_choice(&list[i], node->sets, view->board, members);
	}
}

void arrival_find(struct arrival *arrival, const struct zones *zones)
{
	seek(arrival, zones);
	arrive(arrival, zones);
}
