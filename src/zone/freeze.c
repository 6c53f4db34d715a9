/* SPDX-License-Identifier: ISC */
/* From the draft to the zone that queries read. */
#include "base/memory.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "zone/draft.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct freezer {
	const struct zone_context *context;
	struct draft *draft;
	struct zone *zone;
	size_t cap_steered;
	struct rrset **steered;
	bool linked; /* some owner is */
};

uint8_t *record_encode(uint8_t *p, const struct draft_record *r, uint32_t ttl_s)
{
	octets_put16(p, 0xc000 | HEADER_OCTETS);
	octets_put16(p + RECORD_TYPE_AT, r->type);
	octets_put16(p + RECORD_TYPE_AT + 2, CLASS_IN);
	octets_put32(p + RECORD_TTL_AT, ttl_s);
	octets_put16(p + RECORD_RDLENGTH_AT, r->len);
	memcpy(p + RECORD_RDATA_AT, r->rdata, r->len);
	return p + RECORD_RDATA_AT + r->len;
}

static bool has_record(const struct candidate *c)
{
	return c->alias == NULL && !c->shadow;
}

void rrset_steer(const struct zone_context *context, const struct draft *draft,
		 const struct draft_owner *owner, uint16_t type, const struct candidate *list, unsigned n,
		 struct rrset *out)
{
	const struct steered *steered = steering_resolve(context, draft, owner, type, list, n);
	size_t len = 0;
	uint16_t records = 0;
	for (unsigned i = 0; i < n; i++)
		len += has_record(&list[i]) ? (size_t)RECORD_RDATA_AT + list[i].record->len : 0;
	uint8_t *octets = arena_alloc_aligned(context->arena, len, 1), *p = octets;
	for (unsigned i = 0; i < n; i++) {
		if (!has_record(&list[i]))
			continue;
		p = record_encode(p, list[i].record, steered->how->members[i].ttl_s);
		records++;
	}
	*out = rrset_of(type, records, octets, len);
	out->steered = steered;
}

static void freeze_plain(struct freezer *f, const struct draft_record *first, struct rrset *out)
{
	size_t len = 0;
	uint16_t n = 0;
	for (const struct draft_record *r = first; r != NULL; r = r->next)
		len += r->type == first->type ? (size_t)RECORD_RDATA_AT + r->len : 0;
	uint8_t *octets = arena_alloc_aligned(f->context->arena, len, 1), *p = octets;
	for (const struct draft_record *r = first; r != NULL; r = r->next) {
		if (r->type != first->type)
			continue;
		p = record_encode(p, r, r->ttl_s);
		n++;
	}
	*out = rrset_of(first->type, n, octets, len);
}

static void freeze_steered(struct freezer *f, const struct draft_owner *owner,
			   const struct draft_record *first, struct rrset *out)
{
	struct candidate list[CANDIDATES_MAX];
	unsigned n = 0;
	for (const struct draft_record *r = first; r != NULL && n < CANDIDATES_MAX; r = r->next) {
		if (r->type == first->type)
			list[n++] = (struct candidate){.record = r, .cname = r->type == TYPE_CNAME};
	}
	rrset_steer(f->context, f->draft, owner, first->type, list, n, out);
	f->steered = mem_grow(f->steered, &f->cap_steered, f->zone->n_steered + 1, sizeof(*f->steered));
	f->steered[f->zone->n_steered++] = out;
}

bool draft_owner_linked(const struct draft_owner *owner)
{
	bool cname = false, other = false;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		if (r->type == DRAFT_ALIAS)
			return true;
		if (r->steer != NULL)
			*(r->type == TYPE_CNAME ? &cname : &other) = true;
	}
	return cname && other;
}

/* The first record of an rrset that is built now. */
static bool is_first(const struct draft_owner *owner, const struct draft_record *record, bool linked)
{
	return draft_first(owner, record->type) == record && !(linked && record->steer != NULL);
}

static void freeze_rrsets(struct freezer *f, const struct draft_owner *owner, struct node *node)
{
	size_t n = 0;
	bool linked = draft_owner_linked(owner);
	f->linked |= linked;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next)
		n += is_first(owner, r, linked);
	struct rrset *sets = arena_alloc_aligned(f->context->arena, n * sizeof(*sets), 8);
	size_t at = 0;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		if (!is_first(owner, r, linked))
			continue;
		if (r->steer != NULL)
			freeze_steered(f, owner, r, &sets[at++]);
		else
			freeze_plain(f, r, &sets[at++]);
	}
	node->sets = sets;
	node->n_sets = (uint16_t)n;
}

static size_t node_size(const struct draft_owner *owner)
{
	return (offsetof(struct node, name) + owner->name.len + 7) & ~(size_t)7;
}

/* What zone_ref() takes. */
static uint32_t ref_of(const uint8_t *nodes, const struct node *node)
{
	return (uint32_t)((size_t)((const uint8_t *)node - nodes) / 8) + 1;
}

static void enter(struct zone_cell *cells, uint32_t mask, uint32_t hash, uint32_t ref)
{
	uint32_t at = hash & mask;
	while (cells[at].node != 0)
		at = (at + 1) & mask;
	cells[at] = (struct zone_cell){hash, ref};
}

static void freeze_nodes(struct freezer *f)
{
	struct draft *draft = f->draft;
	struct zone *zone = f->zone;
	size_t size = 0, offset = 0;
	uint32_t room = 2;
	for (size_t i = 0; i < draft->n; i++)
		size += node_size(draft->owners[i]);
	while (room < draft->n * 3 / 2)
		room *= 2;
	uint8_t *nodes = arena_alloc_aligned(f->context->arena, size, 8);
	struct zone_cell *cells = arena_alloc(f->context->arena, room * sizeof(*cells));
	zone->mask = room - 1;

	for (size_t i = 0; i < draft->n; i++) {
		struct draft_owner *owner = draft->owners[i];
		struct node *node = (struct node *)(nodes + offset);
		owner->node = node;
		node->dname = draft_first(owner, TYPE_DNAME) != NULL;
		node->name_len = owner->name.len;
		memcpy(node->name, owner->name.octets, owner->name.len);
		node->cut = owner->cut ? ref_of(nodes, owner->cut->node) : 0;
		if (owner->parent != NULL && node->name[0] == 1 && node->name[1] == '*')
			owner->parent->node->wildcard = ref_of(nodes, node);
		if (owner->name.labels > zone->labels_max)
			zone->labels_max = owner->name.labels;
		freeze_rrsets(f, owner, node);
		enter(cells, zone->mask, (uint32_t)name_hash(&owner->name, zone->seed), ref_of(nodes, node));
		offset += node_size(owner);
	}
	zone->nodes = nodes;
	zone->cells = cells;
}

/* The SOA, and its copy for negative answers: its TTL is the lower of its own and of MINIMUM (RFC 2308 §5).
 */
static void freeze_soa(struct freezer *f)
{
	struct zone *zone = f->zone;
	zone->soa = *node_rrset(zone->apex_node, TYPE_SOA);
	zone->negative = zone->soa;
	uint8_t *octets = arena_copy(f->context->arena, zone->soa.octets, zone->soa.octets_len);
	uint32_t ttl_s = octets_get32(octets + RECORD_TTL_AT);
	uint32_t minimum_s = octets_get32(octets + zone->soa.octets_len - 4);
	octets_put32(octets + RECORD_TTL_AT, minimum_s < ttl_s ? minimum_s : ttl_s);
	zone->negative.octets = octets;
}

struct zone *zone_freeze(struct draft *draft, const struct zone_context *context)
{
	struct zone *zone = arena_alloc(context->arena, sizeof(*zone));
	struct freezer f = {.context = context, .draft = draft, .zone = zone};
	zone->apex = draft->owners[0]->name;
	zone->seed = context->seed;
	freeze_nodes(&f);
	zone->apex_node = draft->owners[0]->node;
	freeze_soa(&f);
	zone->steered = arena_copy(context->arena, f.steered, zone->n_steered * sizeof(*f.steered));
	free(f.steered);
	zone->draft = f.linked ? draft : NULL;
	return zone;
}
