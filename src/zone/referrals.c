/* SPDX-License-Identifier: ISC */
/* Preparing referrals: what is said of a delegation is the same whatever is asked for below it. */
#include "base/thread.h"
#include "wire/prepared.h"
#include "wire/reply.h"
#include "zone/zone.h"

#include <string.h>

/* Of larger zones, the first: the others' referrals are put together as they are asked for, so that what they
 * take is no matter of how many there are. */
enum { REFERRALS_MAX = 10000, RRSETS_MAX = 32, TURN = 64, TURN_NODES = 8192 };

struct list {
	unsigned n;
	bool too_many;
	struct reply_records records[RRSETS_MAX];
};

static void add(struct list *list, const struct rrset *set, const uint8_t *owner)
{
	if (set == NULL)
		return;
	for (unsigned i = 0; i < list->n; i++) {
		if (list->records[i].set == set)
			return;
	}
	list->too_many |= list->n == RRSETS_MAX;
	if (!list->too_many)
		list->records[list->n++] = (struct reply_records){.set = set, .owner = owner};
}

static const struct prepared *prepare(const struct zone *zone, const struct node *node, struct arena *arena)
{
	const struct rrset *ns = node_rrset(node, TYPE_NS);
	struct list list = {0};
	struct name owner;
	name_from_octets(node->name, &owner);
	add(&list, ns, node->name);
	for (size_t at = 0; at < ns->octets_len; at += record_len(ns->octets + at)) {
		const struct node *host =
			zone_host(zone, ns->octets + at + RECORD_RDATA_AT + rdata_host(TYPE_NS));
		if (host == NULL)
			continue;
		add(&list, node_plain(host, TYPE_A), host->name);
		add(&list, node_plain(host, TYPE_AAAA), host->name);
	}
	return list.too_many ? NULL : prepared_make(list.records, list.n, &owner, arena);
}

/* Its rrsets move to where the referral is. */
static void refer(const struct zone *zone, struct node *node, struct arena *arena)
{
	const struct prepared *referral = prepare(zone, node, arena);
	if (referral == NULL)
		return;
	size_t len = node->n_sets * sizeof(*node->sets);
	struct delegation *d = arena_alloc_aligned(arena, sizeof(*d) + len, 8);
	d->referral = referral;
	memcpy(d->sets, node->sets, len);
	node->sets = d->sets;
	node->referred = true;
}

void zone_refer(const struct zone *zone, struct arena *arena)
{
	size_t referrals = 0, walked = 0;
	for (const struct node *node = zone->cuts ? zone->apex_node : NULL;
	     node != NULL && referrals < REFERRALS_MAX; node = zone_next(zone, node)) {
		thread_step(++walked, TURN_NODES);
		if (zone_cut(zone, node) != node)
			continue;
		refer(zone, (struct node *)(uintptr_t)node, arena);
		thread_step(++referrals, TURN);
	}
}
