/* SPDX-License-Identifier: ISC */
/* From the draft to the zone that queries read. */
#include "base/memory.h"
#include "wire/octets.h"
#include "wire/prepared.h"
#include "wire/reply.h"
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
	bool linked;   /* some owner is */
	bool dropping; /* records are dropped as they are frozen */
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

void rrset_steer(const struct zone_context *context, const struct slate *slate, struct rrset *out)
{
	const struct steered *steered = steering_resolve(context, slate);
	const struct candidate *list = slate->list;
	size_t len = 0;
	uint16_t records = 0;
	for (unsigned i = 0; i < slate->n; i++)
		len += has_record(&list[i]) ? (size_t)RECORD_RDATA_AT + list[i].record->len : 0;
	uint8_t *octets = arena_alloc_aligned(context->arena, len, 1), *p = octets;
	for (unsigned i = 0; i < slate->n; i++) {
		if (!has_record(&list[i]))
			continue;
		p = record_encode(p, list[i].record, steered->how->members[i].ttl_s);
		records++;
	}
	*out = rrset_of(slate->type, records, octets, len);
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

static void freeze_steered(struct freezer *f, const struct draft_steered *owner,
			   const struct draft_record *first, struct rrset *out)
{
	struct slate slate;
	slate_begin(&slate, f->draft, owner, first->type);
	for (const struct draft_record *r = first; r != NULL && slate.n < CANDIDATES_MAX; r = r->next) {
		if (r->type == first->type)
			slate.list[slate.n++] =
				(struct candidate){.record = r, .cname = r->type == TYPE_CNAME};
	}
	rrset_steer(f->context, &slate, out);
	f->steered = mem_grow(f->steered, &f->cap_steered, f->zone->n_steered + 1, sizeof(*f->steered));
	f->steered[f->zone->n_steered++] = out;
}

bool draft_linked(const struct draft_record *first)
{
	bool cname = false, other = false;
	for (const struct draft_record *r = first; r != NULL; r = r->next) {
		if (r->type == DRAFT_ALIAS)
			return true;
		if (r->steer != NULL)
			*(r->type == TYPE_CNAME ? &cname : &other) = true;
	}
	return cname && other;
}

/* The first record of an rrset that is built now. */
static bool is_first(const struct draft_record *records, const struct draft_record *record, bool linked)
{
	return draft_first(records, record->type) == record && !(linked && record->steer != NULL);
}

/* The rrsets of an owner's records; how many there are. */
static uint16_t freeze_rrsets(struct freezer *f, const struct draft_steered *steered,
			      const struct draft_record *records, const struct rrset **out)
{
	size_t n = 0, at = 0;
	bool linked = steered != NULL && draft_linked(records);
	f->linked |= linked;
	for (const struct draft_record *r = records; r != NULL; r = r->next)
		n += is_first(records, r, linked);
	struct rrset *sets = arena_alloc_aligned(f->context->arena, n * sizeof(*sets), 8);
	for (const struct draft_record *r = records; r != NULL; r = r->next) {
		if (!is_first(records, r, linked))
			continue;
		if (r->steer != NULL)
			freeze_steered(f, steered, r, &sets[at++]);
		else
			freeze_plain(f, r, &sets[at++]);
	}
	*out = sets;
	return (uint16_t)n;
}

static void drop(struct draft *draft, const struct draft_record *records)
{
	for (const struct draft_record *r = records, *next; r != NULL; r = next) {
		next = r->next;
		draft_drop(draft, r);
	}
}

/* The child `*` of a name that is a node already. */
static void set_wildcard(const struct draft *draft, const struct draft_owner *owner)
{
	if (!label_is_wildcard(owner->name))
		return;
	struct node *parent = (struct node *)draft_parent(draft, owner);
	if (parent != NULL && !parent->cut)
		parent->refers = draft_ref(draft, owner);
}

/* Makes an owner a node, where it stands. */
static void freeze_owner(struct freezer *f, struct draft_owner *owner)
{
	const struct draft_record *records = owner->records;
	struct draft_steered *steered = draft_steered(f->draft, owner);
	uint32_t cut = owner->cut;
	bool parent = owner->parent;
	const struct rrset *sets;
	if (steered != NULL)
		steered->first = records;
	set_wildcard(f->draft, owner);
	if (owner->labels > f->zone->labels_max)
		f->zone->labels_max = owner->labels;
	bool dname = f->draft->dnames && draft_first(records, TYPE_DNAME) != NULL;
	uint16_t n_sets = freeze_rrsets(f, steered, records, &sets);

	struct node *node = (struct node *)owner;
	node->sets = sets;
	node->refers = cut;
	node->n_sets = n_sets;
	node->apex = node == f->zone->apex_node;
	node->cut = cut != 0;
	node->parent = parent;
	node->referred = false;
	f->zone->cuts |= node->cut;
	node->dname = dname;
	if (f->dropping)
		drop(f->draft, records);
}

static int by_node(const void *a, const void *b)
{
	const struct draft_steered *x = *(const struct draft_steered *const *)a,
				   *y = *(const struct draft_steered *const *)b;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void freeze_nodes(struct freezer *f)
{
	struct draft *draft = f->draft;
	f->zone->nodes = draft->owners;
	f->zone->nodes_len = draft->size;
	f->zone->n_nodes = draft->n;
	f->zone->apex_node = (const struct node *)draft->owners;
	f->dropping = draft->n_steered == 0;
	for (struct draft_owner *o = draft_apex(draft), *next; o != NULL; o = next) {
		next = draft_next(draft, o);
		freeze_owner(f, o);
	}
	if (draft->n_steered > 0)
		qsort(draft->steered, draft->n_steered, sizeof(*draft->steered), by_node);
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

	const struct reply_records denial = {.set = &zone->negative, .owner = zone->apex->octets};
	zone->denial = prepared_make(&denial, 1, zone->apex, f->context->arena);
}

struct zone *zone_freeze(struct draft *draft, const struct zone_context *context)
{
	struct zone *zone = arena_alloc(context->arena, sizeof(*zone));
	struct freezer f = {.context = context, .draft = draft, .zone = zone};
	zone->apex = arena_copy(context->arena, &draft->apex,
				offsetof(struct name, octets) + draft->apex.len + NAME_PADDING);
	freeze_nodes(&f);
	freeze_soa(&f);
	zone->steered = arena_copy(context->arena, f.steered, zone->n_steered * sizeof(*f.steered));
	free(f.steered);
	zone->draft = f.linked ? draft : NULL;
	return zone;
}
