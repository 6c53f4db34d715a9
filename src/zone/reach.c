/* SPDX-License-Identifier: ISC */
/*
 * Where an ALIAS or a CNAME among candidates may lead. Its steering decides for some clients, and which
 * candidate is picked must not change the scope of an answer: so the scope counts all that can be reached.
 */
#include "base/memory.h"
#include "wire/types.h"
#include "zone/draft.h"

#include <stdlib.h>
#include <string.h>

enum { REACH_MAX = 1024, HOPS_MAX = 12 };

struct reach {
	const struct zones *zones;
	uint16_t n;
	const struct steered *list[REACH_MAX];
};

static void reach_set(struct reach *r, const struct rrset *set, unsigned hops);

static bool note(struct reach *r, const struct steered *s)
{
	for (unsigned i = 0; i < r->n; i++) {
		if (r->list[i] == s)
			return false;
	}
	if (r->n == REACH_MAX)
		return false;
	r->list[r->n++] = s;
	return true;
}

static void reach_name(struct reach *r, const uint8_t *octets, unsigned hops);

/* Goes on where a DNAME leads (RFC 6672 §2.2): the labels below its owner, then its target. */
static void reach_dname(struct reach *r, const struct name *name, const struct node *node, unsigned hops)
{
	const uint8_t *target = node_rrset(node, TYPE_DNAME)->octets + RECORD_RDATA_AT;
	size_t kept = name->len - (size_t)node->name_len, len = name_length(target);
	uint8_t octets[2 * NAME_OCTETS_MAX];
	if (kept + len > NAME_OCTETS_MAX)
		return;
	memcpy(octets, name->octets, kept);
	memcpy(octets + kept, target, len);
	reach_name(r, octets, hops + 1);
}

/* All that is steered at the name that a CNAME leads to, whatever the type that is asked for. */
static void reach_name(struct reach *r, const uint8_t *octets, unsigned hops)
{
	struct name name;
	uint8_t label_at[NAME_LABELS_MAX + 1];
	struct lookup lookup = {.name = &name, .label_at = label_at};
	struct match m;
	name_from_octets(octets, &name);
	name_labels(&name, label_at);
	zones_find(r->zones, &lookup, TYPE_A, &m);
	if (m.kind == MATCH_DNAME && hops < HOPS_MAX)
		reach_dname(r, &name, m.node, hops);
	for (unsigned i = 0; m.kind == MATCH_NODE && i < m.node->n_sets; i++)
		reach_set(r, &m.node->sets[i], hops + 1);
}

static void reach_members(struct reach *r, const struct rrset *set, unsigned hops)
{
	const struct steering *s = set->steered->how;
	for (unsigned i = 0; i < s->n; i++) {
		const struct rrset *alias = steered_alias(set->steered, i);
		if (alias != NULL)
			reach_set(r, alias, hops + 1);
		else if (set->type == TYPE_CNAME && s->members[i].record != MEMBER_NO_RECORD)
			reach_name(r, set->octets + s->members[i].record + RECORD_RDATA_AT, hops);
	}
}

static void reach_set(struct reach *r, const struct rrset *set, unsigned hops)
{
	if (hops > HOPS_MAX)
		return;
	if (set->steered == NULL && set->type == TYPE_CNAME)
		reach_name(r, set->octets + RECORD_RDATA_AT, hops);
	else if (set->steered != NULL && note(r, set->steered))
		reach_members(r, set, 0); /* each is met once, so this ends */
}

void zones_reach(const struct zone_context *context, const struct zones *zones)
{
	struct reach *r = mem_alloc(sizeof(*r));
	r->zones = zones;
	for (size_t i = 0; i < zones->n; i++) {
		for (size_t j = 0; j < zones->list[i]->n_steered; j++) {
			struct rrset *set = zones->list[i]->steered[j];
			struct steered *s = (struct steered *)(uintptr_t)set->steered;
			if (!s->leads)
				continue;
			r->n = 0;
			note(r, s);
			reach_members(r, set, 0);
			if (r->n == REACH_MAX)
				fault_add(context->faults, (struct spot){.file = "zones"},
					  "%s: its candidates lead to %d steered rrsets or more",
					  context->roster->sets[s->set].name, REACH_MAX);
			s->n_reached = (uint16_t)(r->n - 1);
			s->reached = arena_copy(context->arena, r->list + 1,
						s->n_reached * sizeof(struct steered *));
		}
	}
	free(r);
}
