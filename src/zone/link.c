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
#include "zone/rdata.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIAS_DEPTH_MAX = 8, TYPES_MAX = 64 };

struct linker {
	const struct zone_context *context;
	const struct zones *zones;
	unsigned depth;
	const struct draft_steered
		*path[ALIAS_DEPTH_MAX + 1]; /* owners under way, each an ALIAS of the one before */
};

/* One steered record of an owner, and where it leads. */
struct lead {
	const struct draft_record *record;
	const struct node *target; /* of an ALIAS */
	const struct rrset *cname; /* what it is where it is, or stands for, a CNAME */
	bool turns;                /* its target is a CNAME by turns, and has other sets */
};

/* An owner while it is linked. */
struct linkage {
	struct zone *zone;
	struct draft_steered *owner;
	size_t n;
	struct lead *leads;
	bool mixed; /* CNAME and others by turns */
	size_t n_types;
	uint16_t types[TYPES_MAX];
};

static bool owner_link(struct linker *l, struct zone *zone, struct draft_steered *owner);

static void fault_loop(const struct linker *l, const struct draft_steered *again, struct spot at)
{
	char text[4096], name[NAME_TEXT_MAX];
	size_t len = 0;
	unsigned first = 0;
	while (l->path[first] != again)
		first++;
	for (unsigned i = first; i < l->depth && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s -> ",
					name_format(l->path[i]->node->name, name));
	fault_add(l->context->faults, at, "a loop of ALIAS: %s%s", len < sizeof(text) ? text : "",
		  name_format(again->node->name, name));
}

/* The owner of a node, where its zone still has a draft. They are in the order of their nodes. */
static struct draft_steered *owner_of(const struct match *m)
{
	const struct draft *draft = m->zone->draft;
	size_t low = 0, high = draft ? draft->n_steered : 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (draft->steered[middle]->node == m->node)
			return draft->steered[middle];
		if (draft->steered[middle]->node < m->node)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const struct node *fault_depth(const struct linker *l, const struct draft *draft,
				      const struct draft_record *r)
{
	char text[NAME_TEXT_MAX];
	fault_add(l->context->faults, draft_spot(draft, r), "ALIAS %s: more than %d names deep",
		  name_format(r->rdata, text), ALIAS_DEPTH_MAX);
	return NULL;
}

/* The node that an ALIAS leads to, linked; NULL, with a fault, where there is none. */
static const struct node *target_find(struct linker *l, const struct draft *draft,
				      const struct draft_record *r, unsigned *depth)
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
		fault_add(l->context->faults, draft_spot(draft, r), "ALIAS %s: %s",
			  name_format(target.octets, text),
			  m.kind == MATCH_REFUSED
				  ? "no zone of this server has that name; a CNAME leads to others"
				  : "there is no such name; an ALIAS stands for another name of this server");
		return NULL;
	}
	struct draft_steered *owner = owner_of(&m);
	*depth = 1;
	if (owner == NULL || !draft_linked(owner->first))
		return m.node;
	if (owner->link == LINK_UNDER_WAY) {
		fault_loop(l, owner, draft_spot(draft, r));
		return NULL;
	}
	if (owner->link == LINK_WAITS) {
		if (l->depth > ALIAS_DEPTH_MAX)
			return fault_depth(l, draft, r);
		if (!owner_link(l, (struct zone *)(uintptr_t)m.zone, owner))
			return NULL;
	}
	*depth += owner->alias_depth;
	return *depth > ALIAS_DEPTH_MAX ? fault_depth(l, draft, r) : m.node;
}

/* A CNAME record by itself, which is led to like any other rrset. */
static const struct rrset *cname_alone(const struct linker *l, const struct draft_record *r)
{
	struct rrset *set = arena_alloc(l->context->arena, sizeof(*set));
	size_t len = (size_t)RECORD_RDATA_AT + r->len;
	uint8_t *octets = arena_alloc_aligned(l->context->arena, len, 1);
	record_encode(octets, r, r->ttl_s);
	*set = rrset_of(TYPE_CNAME, 1, octets, len);
	return set;
}

static bool leads_find(struct linker *l, struct linkage *k)
{
	bool sound = true, turns = false;
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
			unsigned depth = 0;
			lead->target = target_find(l, k->zone->draft, r, &depth);
			sound &= lead->target != NULL;
			lead->cname = lead->target ? node_rrset(lead->target, TYPE_CNAME) : NULL;
			lead->turns = lead->cname != NULL && lead->target->n_sets > 1;
			if (depth > k->owner->alias_depth)
				k->owner->alias_depth = depth;
		}
		cnames += lead->cname != NULL;
		turns |= lead->turns;
	}
	k->mixed = cnames > 0 && (cnames < k->n || turns);
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

/* Adds the types that an ALIAS brings, but for those that the name has plain records of: these come first. */
static void types_add_of(const struct linker *l, struct linkage *k, const struct lead *lead)
{
	for (unsigned i = 0; i < lead->target->n_sets; i++) {
		uint16_t type = lead->target->sets[i].type;
		const struct draft_record *own = draft_first(k->owner->first, type);
		char text[16];
		if (!stands_for(type))
			continue;
		if (own == NULL || own->steer != NULL)
			type_add(k, type);
		else
			fault_warn(l->context->faults, draft_spot(k->zone->draft, lead->record),
				   "the ALIAS leads to %s data, but the name has its own at line %u",
				   rdata_type_format(type, text), own->line);
	}
}

static void types_find(const struct linker *l, struct linkage *k)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct lead *lead = &k->leads[i];
		if (lead->cname != NULL)
			type_add(k, TYPE_CNAME);
		else if (lead->target == NULL)
			type_add(k, lead->record->type);
		if (lead->target != NULL && (lead->cname == NULL || lead->turns))
			types_add_of(l, k, lead);
	}
}

/* What a lead has of a type; false: nothing. */
static bool lead_has(const struct linkage *k, const struct lead *lead, uint16_t type, struct candidate *out)
{
	*out = (struct candidate){.record = lead->record, .cname = lead->cname != NULL};
	if (lead->turns && (out->alias = node_rrset(lead->target, type)) != NULL)
		return true;
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
	const struct at_entry *x = &a->record->steer->entry, *y = &b->record->steer->entry;
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
	struct slate slate;
	struct candidate c;
	slate_begin(&slate, k->zone->draft, k->owner, type);
	for (size_t i = 0; i < k->n; i++) {
		const struct lead *lead = &k->leads[i];
		if (!lead_has(k, lead, type, &c)) {
			if (!k->mixed || !tier_without(k, lead, type))
				continue;
			c.shadow = true;
		}
		if (slate.n == CANDIDATES_MAX) {
			fault_add(l->context->faults, draft_spot(k->zone->draft, lead->record),
				  "more than %d candidates of one name and type", CANDIDATES_MAX);
			return false;
		}
		slate.list[slate.n++] = c;
	}
	rrset_steer(l->context, &slate, out);
	return true;
}

/* A CNAME that an ALIAS stands for stands alone, as any other does. */
static bool check_alone(const struct linker *l, const struct linkage *k)
{
	const struct draft_record *own = k->owner->first;
	while (own != NULL && own->steer != NULL)
		own = own->next;
	for (size_t i = 0; own != NULL && i < k->n; i++) {
		const struct draft_record *r = k->leads[i].record;
		char name[NAME_TEXT_MAX], type[16];
		if (k->leads[i].cname == NULL || r->type != DRAFT_ALIAS)
			continue;
		fault_add(l->context->faults, draft_spot(k->zone->draft, r),
			  "ALIAS %s: that is a CNAME, which can't stand beside the %s data of line %u",
			  name_format(r->rdata, name), rdata_type_format(own->type, type), own->line);
		return false;
	}
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
			fault_add(l->context->faults, draft_spot(k->zone->draft, a->record),
				  "all-down=all would answer CNAME beside other records of this name");
			return false;
		}
		for (size_t j = 0; j < i; j++) {
			const struct lead *b = &k->leads[j];
			bool together = same_tier(a, b) || (one_tier && !a->record->steer->entry.backup &&
							    !b->record->steer->entry.backup);
			if (together && (a->cname == NULL) != (b->cname == NULL)) {
				fault_add(l->context->faults, draft_spot(k->zone->draft, a->record),
					  "a CNAME and other records (line %u) in one tier; other "
					  "datacenters, or backup=yes, "
					  "would keep them apart",
					  b->record->line);
				return false;
			}
		}
	}
	return true;
}

/* The node's rrsets with `n` more behind them, which are steered. The zone's list of those is made in the
 * end. */
static void sets_add(const struct linker *l, struct draft *draft, struct node *node, const struct rrset *more,
		     size_t n)
{
	assert(!node->referred); /* what is at a delegation is not steered */
	struct rrset *sets = arena_alloc(l->context->arena, (node->n_sets + n) * sizeof(*sets));
	if (node->n_sets > 0)
		memcpy(sets, node->sets, node->n_sets * sizeof(*sets));
	memcpy(sets + node->n_sets, more, n * sizeof(*sets));
	draft->linked =
		mem_grow(draft->linked, &draft->cap_linked, draft->n_linked + n, sizeof(*draft->linked));
	for (size_t i = 0; i < n; i++)
		draft->linked[draft->n_linked++] = &sets[node->n_sets + i];
	node->sets = sets;
	node->n_sets = (uint16_t)(node->n_sets + n);
}

static bool owner_link(struct linker *l, struct zone *zone, struct draft_steered *owner)
{
	struct linkage k = {.zone = zone, .owner = owner};
	struct rrset sets[TYPES_MAX];
	owner->link = LINK_UNDER_WAY;
	l->path[l->depth++] = owner;
	bool sound = leads_find(l, &k) && check_alone(l, &k) && check_mixed(l, &k);
	if (sound)
		types_find(l, &k);
	for (size_t i = 0; i < k.n_types && sound; i++)
		sound = set_build(l, &k, k.types[i], &sets[i]);
	if (sound)
		sets_add(l, zone->draft, owner->node, sets, k.n_types);
	l->depth--;
	owner->link = LINK_DONE;
	free(k.leads);
	return sound;
}

static void zone_link(const struct zone_context *context, const struct zones *zones, struct zone *zone)
{
	struct linker l = {.context = context, .zones = zones};
	for (size_t i = 0; i < zone->draft->n_steered; i++) {
		struct draft_steered *owner = zone->draft->steered[i];
		if (owner->link == LINK_WAITS && draft_linked(owner->first))
			owner_link(&l, zone, owner);
	}
}

/* The zone's steered rrsets with those that were linked behind them. */
static void steered_complete(const struct zone_context *context, struct zone *zone)
{
	const struct draft *draft = zone->draft;
	size_t n = zone->n_steered + draft->n_linked;
	struct rrset **steered = arena_alloc(context->arena, n * sizeof(*steered));
	if (zone->n_steered > 0)
		memcpy(steered, zone->steered, zone->n_steered * sizeof(*steered));
	if (draft->n_linked > 0)
		memcpy(steered + zone->n_steered, draft->linked, draft->n_linked * sizeof(*steered));
	zone->steered = steered;
	zone->n_steered = n;
}

void zones_link(const struct zone_context *context, const struct zones *zones)
{
	for (size_t i = 0; i < zones->n && context->faults->errors == 0; i++) {
		if (zones->list[i]->draft != NULL)
			zone_link(context, zones, (struct zone *)(uintptr_t)zones->list[i]);
	}
	for (size_t i = 0; i < zones->n; i++) {
		struct zone *zone = (struct zone *)(uintptr_t)zones->list[i];
		if (zone->draft == NULL)
			continue;
		steered_complete(context, zone);
		draft_free(zone->draft);
		zone->draft = NULL;
	}
	if (context->faults->errors == 0)
		zones_reach(context, zones);
}
