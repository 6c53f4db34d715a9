/* SPDX-License-Identifier: ISC */
/*
 * Candidates that depend on other names. An ALIAS stands for what its target has of each type, so targets are
 * linked before those that lead to them. Where a name has CNAME candidates beside others, each rrset has a
 * candidate for every datacenter: one that has nothing of the type takes its turn all the same, as the name
 * is no CNAME then.
 */
#include "base/memory.h"
#include "wire/types.h"
#include "zone/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIAS_DEPTH_MAX = 8, TYPES_MAX = 64 };

struct linker {
	const struct zone_context *context;
	const struct zones *zones;
	unsigned depth;
	const struct draft_owner
		*path[ALIAS_DEPTH_MAX + 1]; /* owners under way, each an ALIAS of the one before */
};

/* One steered record of an owner, and where it leads. */
struct lead {
	const struct draft_record *record;
	const struct node *target; /* of an ALIAS */
	const struct rrset *cname; /* what it is where it is, or stands for, a CNAME */
};

/* An owner while it is linked. */
struct linkage {
	struct zone *zone;
	struct draft_owner *owner;
	size_t n;
	struct lead *leads;
	bool mixed; /* CNAME and others by turns */
	size_t n_types;
	uint16_t types[TYPES_MAX];
};

static bool owner_link(struct linker *l, struct zone *zone, struct draft_owner *owner);

static void fault_loop(const struct linker *l, const struct draft_owner *again, struct spot at)
{
	char text[4096], name[NAME_TEXT_MAX];
	size_t len = 0;
	unsigned first = 0;
	while (l->path[first] != again)
		first++;
	for (unsigned i = first; i < l->depth && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s -> ",
					name_format(l->path[i]->name.octets, name));
	fault_add(l->context->faults, at, "a loop of ALIAS: %s%s", len < sizeof(text) ? text : "",
		  name_format(again->name.octets, name));
}

/* The owner of a node, where its zone still has a draft. */
static struct draft_owner *owner_of(const struct match *m)
{
	struct name name;
	if (m->zone->draft == NULL)
		return NULL;
	name_from_octets(m->node->name, &name);
	return draft_find(m->zone->draft, &name);
}

/* The node that an ALIAS leads to, linked; NULL, with a fault, where there is none. */
static const struct node *target_find(struct linker *l, const struct draft_record *r)
{
	struct name target;
	uint8_t label_at[NAME_LABELS_MAX + 1];
	struct lookup lookup = {.name = &target, .label_at = label_at};
	struct match m;
	char text[NAME_TEXT_MAX];
	name_from_octets(r->rdata, &target);
	name_labels(&target, label_at);
	zones_find(l->zones, &lookup, TYPE_A, &m);
	if (m.kind != MATCH_NODE) {
		fault_add(l->context->faults, r->at, "ALIAS %s: %s", name_format(target.octets, text),
			  m.kind == MATCH_REFUSED
				  ? "no zone of this server has that name; a CNAME leads to others"
				  : "there is no such name; an ALIAS stands for another name of this server");
		return NULL;
	}
	struct draft_owner *owner = owner_of(&m);
	if (owner == NULL || owner->link == LINK_DONE || !draft_owner_linked(owner))
		return m.node;
	if (owner->link == LINK_UNDER_WAY)
		fault_loop(l, owner, r->at);
	else if (l->depth > ALIAS_DEPTH_MAX)
		fault_add(l->context->faults, r->at, "ALIAS %s: more than %d names deep",
			  name_format(target.octets, text), ALIAS_DEPTH_MAX);
	else if (owner_link(l, (struct zone *)(uintptr_t)m.zone, owner))
		return m.node;
	return NULL;
}

/* A CNAME record by itself, which is led to like any other rrset. */
static const struct rrset *cname_alone(const struct linker *l, const struct draft_record *r)
{
	struct rrset *set = arena_alloc(l->context->arena, sizeof(*set));
	*set = (struct rrset){.type = TYPE_CNAME, .n = 1, .shape = rdata_shape(TYPE_CNAME)};
	set->octets_len = (uint32_t)RECORD_RDATA_AT + r->len;
	uint8_t *octets = arena_alloc_aligned(l->context->arena, set->octets_len, 1);
	record_encode(octets, r, r->ttl_s);
	set->octets = octets;
	return set;
}

static bool leads_find(struct linker *l, struct linkage *k)
{
	bool sound = true;
	for (const struct draft_record *r = k->owner->first; r != NULL; r = r->next)
		k->n += r->steer != NULL;
	k->leads = mem_alloc(k->n * sizeof(*k->leads));
	size_t at = 0, cnames = 0;
	for (const struct draft_record *r = k->owner->first; r != NULL; r = r->next) {
		if (r->steer == NULL)
			continue;
		struct lead *lead = &k->leads[at++];
		lead->record = r;
		if (r->type == TYPE_CNAME)
			lead->cname = cname_alone(l, r);
		if (r->type == DRAFT_ALIAS) {
			lead->target = target_find(l, r);
			sound &= lead->target != NULL;
			lead->cname = lead->target ? node_rrset(lead->target, TYPE_CNAME) : NULL;
		}
		cnames += lead->cname != NULL;
	}
	k->mixed = cnames > 0 && cnames < k->n;
	return sound;
}

static void type_add(struct linkage *k, uint16_t type)
{
	for (size_t i = 0; i < k->n_types; i++) {
		if (k->types[i] == type)
			return;
	}
	if (k->n_types < TYPES_MAX)
		k->types[k->n_types++] = type;
}

/* May an ALIAS stand for the target's records of that type? Not for what makes up a zone. */
static bool stands_for(uint16_t type)
{
	return type != TYPE_SOA && type != TYPE_NS && type != TYPE_DS && type != TYPE_DNAME;
}

static void types_find(struct linkage *k)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct lead *lead = &k->leads[i];
		if (lead->cname != NULL)
			type_add(k, TYPE_CNAME);
		else if (lead->target == NULL)
			type_add(k, lead->record->type);
		for (unsigned j = 0; lead->cname == NULL && lead->target != NULL && j < lead->target->n_sets;
		     j++) {
			if (stands_for(lead->target->sets[j].type))
				type_add(k, lead->target->sets[j].type);
		}
	}
}

/* What a lead has of a type; false: nothing. */
static bool lead_has(const struct linkage *k, const struct lead *lead, uint16_t type, struct candidate *out)
{
	*out = (struct candidate){.record = lead->record, .cname = lead->cname != NULL};
	if (lead->cname != NULL && (k->mixed || lead->target != NULL))
		out->alias = lead->cname;
	else if (lead->target != NULL)
		out->alias = node_rrset(lead->target, type);
	else
		return lead->record->type == type;
	return out->alias != NULL;
}

static bool same_tier(const struct lead *a, const struct lead *b)
{
	const struct at_entry *x = a->record->steer, *y = b->record->steer;
	return x->backup ? y->backup : !y->backup && x->datacenter == y->datacenter;
}

/* Has no candidate of the lead's tier anything of the type? */
static bool tier_without(const struct linkage *k, const struct lead *lead, uint16_t type)
{
	struct candidate ignored;
	for (size_t i = 0; i < k->n; i++) {
		if (same_tier(&k->leads[i], lead) && lead_has(k, &k->leads[i], type, &ignored))
			return false;
	}
	return true;
}

static bool set_build(struct linker *l, struct linkage *k, uint16_t type, struct rrset *out)
{
	struct candidate list[CANDIDATES_MAX], c;
	unsigned n = 0;
	for (size_t i = 0; i < k->n; i++) {
		const struct lead *lead = &k->leads[i];
		if (!lead_has(k, lead, type, &c)) {
			if (!k->mixed || !tier_without(k, lead, type))
				continue;
			c.shadow = true;
		}
		if (n == CANDIDATES_MAX) {
			fault_add(l->context->faults, lead->record->at,
				  "more than %d candidates of one name and type", CANDIDATES_MAX);
			return false;
		}
		list[n++] = c;
	}
	rrset_steer(l->context, k->zone->draft, k->owner, type, list, n, out);
	return true;
}

/* CNAME and other candidates must never be in one tier, as one answer can't have both. */
static bool check_mixed(const struct linker *l, const struct linkage *k)
{
	struct steer_entry policy = steering_policy(k->zone->draft, k->owner, l->context->config);
	bool one_tier = policy.method == METHOD_POOL || policy.method == METHOD_LATENCY;
	for (size_t i = 0; i < k->n && k->mixed; i++) {
		const struct lead *a = &k->leads[i];
		if (policy.all_down == ALL_DOWN_ALL) {
			fault_add(l->context->faults, a->record->at,
				  "all-down=all would answer CNAME beside other records of this name");
			return false;
		}
		for (size_t j = 0; j < i; j++) {
			const struct lead *b = &k->leads[j];
			bool together = same_tier(a, b) ||
					(one_tier && !a->record->steer->backup && !b->record->steer->backup);
			if (together && (a->cname == NULL) != (b->cname == NULL)) {
				fault_add(l->context->faults, a->record->at,
					  "a CNAME and other records (line %u) in one tier; other "
					  "datacenters, or backup=yes, "
					  "would keep them apart",
					  b->record->at.line);
				return false;
			}
		}
	}
	return true;
}

/* The node's rrsets with `n` more behind them, which are steered. */
static void sets_add(const struct linker *l, struct zone *zone, struct node *node, const struct rrset *more,
		     size_t n)
{
	struct arena *arena = l->context->arena;
	struct rrset *sets = arena_alloc(arena, (node->n_sets + n) * sizeof(*sets));
	struct rrset **steered = arena_alloc(arena, (zone->n_steered + n) * sizeof(*steered));
	if (node->n_sets > 0)
		memcpy(sets, node->sets, node->n_sets * sizeof(*sets));
	memcpy(sets + node->n_sets, more, n * sizeof(*sets));
	if (zone->n_steered > 0)
		memcpy(steered, zone->steered, zone->n_steered * sizeof(*steered));
	for (size_t i = 0; i < n; i++)
		steered[zone->n_steered++] = &sets[node->n_sets + i];
	node->sets = sets;
	node->n_sets = (uint16_t)(node->n_sets + n);
	zone->steered = steered;
}

static bool owner_link(struct linker *l, struct zone *zone, struct draft_owner *owner)
{
	struct linkage k = {.zone = zone, .owner = owner};
	struct rrset sets[TYPES_MAX];
	owner->link = LINK_UNDER_WAY;
	l->path[l->depth++] = owner;
	bool sound = leads_find(l, &k) && check_mixed(l, &k);
	types_find(&k);
	for (size_t i = 0; i < k.n_types && sound; i++)
		sound = set_build(l, &k, k.types[i], &sets[i]);
	if (sound)
		sets_add(l, zone, owner->node, sets, k.n_types);
	l->depth--;
	owner->link = LINK_DONE;
	free(k.leads);
	return sound;
}

static void zone_link(const struct zone_context *context, const struct zones *zones, struct zone *zone)
{
	struct linker l = {.context = context, .zones = zones};
	for (size_t i = 0; i < zone->draft->n; i++) {
		struct draft_owner *owner = zone->draft->owners[i];
		if (owner->link == LINK_WAITS && draft_owner_linked(owner))
			owner_link(&l, zone, owner);
	}
}

void zones_link(const struct zone_context *context, const struct zones *zones)
{
	for (size_t i = 0; i < zones->n && context->faults->errors == 0; i++) {
		if (zones->list[i]->draft != NULL)
			zone_link(context, zones, (struct zone *)(uintptr_t)zones->list[i]);
	}
	for (size_t i = 0; i < zones->n; i++) {
		struct zone *zone = (struct zone *)(uintptr_t)zones->list[i];
		if (zone->draft != NULL)
			draft_free(zone->draft);
		zone->draft = NULL;
	}
	if (context->faults->errors == 0)
		zones_reach(context, zones);
}
