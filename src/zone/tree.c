/* SPDX-License-Identifier: ISC */
/* Finding names. */
#include "zone/zone.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <string.h>

static inline const struct node *node_find(const struct zone *zone, const struct lookup *lookup,
					   unsigned label)
{
	uint32_t hash = (uint32_t)lookup->hashes[label];
	const uint8_t *name = lookup->name->octets + lookup->label_at[label];
	size_t len = lookup->name->len - (size_t)lookup->label_at[label];
	for (uint32_t at = hash & zone->mask;; at = (at + 1) & zone->mask) {
		struct zone_cell cell = zone->cells[at];
		if (cell.node == 0)
			return NULL;
		if (cell.hash != hash)
			continue;
		const struct node *node = zone_ref(zone, cell.node);
		if (node->name_len == len && octets_equal(node->name, name, len))
			return node;
	}
}

/* Fills in the hashes of all ancestors with at most `depth` labels. */
static inline void hash_ancestors(struct lookup *lookup, unsigned depth, uint64_t seed)
{
	unsigned labels = lookup->name->labels, last = labels > depth ? labels - depth : 0;
	uint64_t hash = seed;
	lookup->hashes[labels] = hash;
	for (unsigned i = labels; i-- > last;) {
		hash = name_hash_label(hash, lookup->name->octets + lookup->label_at[i]);
		lookup->hashes[i] = hash;
	}
}

/* The deepest node above the name: ancestors that exist are the shallower ones, so bisect. */
static const struct node *closest_encloser(const struct zone *zone, const struct lookup *lookup)
{
	unsigned labels = lookup->name->labels;
	unsigned low = labels > zone->labels_max ? labels - zone->labels_max : 1; /* may exist */
	unsigned high = labels - zone->apex->labels;                              /* exists: the apex */
	const struct node *encloser = zone->apex_node;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		const struct node *node = node_find(zone, lookup, middle);
		if (node == NULL) {
			low = middle + 1;
		} else {
			encloser = node;
			high = middle;
		}
	}
	return encloser;
}

/* The hashes are filled in, and the name is in the zone. */
static inline void find_in_zone(const struct zone *zone, const struct lookup *lookup, uint16_t type,
				struct match *out)
{
	const struct node *node = NULL, *encloser;
	if (lookup->name->labels <= zone->labels_max)
		node = node_find(zone, lookup, 0);
	encloser = node ? node : closest_encloser(zone, lookup);

	*out = (struct match){.kind = MATCH_NXDOMAIN, .zone = zone, .node = node};
	const struct node *cut = zone_ref(zone, encloser->cut);
	if (cut != NULL && !(type == TYPE_DS && node == cut)) {
		out->kind = MATCH_DELEGATION;
		out->node = cut;
	} else if (node != NULL) {
		out->kind = MATCH_NODE;
	} else if (encloser->dname) {
		out->kind = MATCH_DNAME;
		out->node = encloser;
	} else if (encloser->wildcard != 0) {
		out->kind = MATCH_NODE;
		out->wildcard = true;
		out->node = zone_ref(zone, encloser->wildcard);
	}
}

/* The zone whose apex is the ancestor at this label, or NULL. */
static inline const struct zone *zone_at(const struct zones *zones, const struct lookup *lookup,
					 unsigned label)
{
	const uint8_t *name = lookup->name->octets + lookup->label_at[label];
	size_t len = lookup->name->len - (size_t)lookup->label_at[label];
	for (uint32_t at = (uint32_t)lookup->hashes[label] & zones->mask;; at = (at + 1) & zones->mask) {
		const struct zone *zone = zones->cells[at];
		if (zone == NULL || (zone->apex->len == len && octets_equal(zone->apex->octets, name, len)))
			return zone;
	}
}

/* The deepest zone that has the name, or NULL. The hashes are filled in. */
static inline const struct zone *zone_of(const struct zones *zones, const struct lookup *lookup,
					 uint16_t type)
{
	unsigned labels = lookup->name->labels;
	unsigned i = labels > zones->apex_labels_max ? labels - zones->apex_labels_max : 0;
	const struct zone *own = NULL; /* whose apex is the name of a DS query */
	for (; i <= labels; i++) {
		const struct zone *zone = zone_at(zones, lookup, i);
		if (zone != NULL && (i > 0 || type != TYPE_DS))
			return zone;
		own = i == 0 ? zone : own;
	}
	return own;
}

void zones_find(const struct zones *zones, struct lookup *lookup, uint16_t type, struct match *out)
{
	hash_ancestors(lookup, zones->labels_max, zones->seed);
	const struct zone *zone = zone_of(zones, lookup, type);
	if (zone != NULL)
		find_in_zone(zone, lookup, type, out);
	else
		*out = (struct match){.kind = MATCH_REFUSED};
}

const struct zone *zones_apex(const struct zones *zones, const struct name *apex)
{
	for (uint32_t at = (uint32_t)name_hash(apex, zones->seed) & zones->mask;;
	     at = (at + 1) & zones->mask) {
		const struct zone *zone = zones->cells[at];
		if (zone == NULL || name_equal(zone->apex, apex))
			return zone;
	}
}

bool zone_find(const struct zone *zone, struct lookup *lookup, uint16_t type, struct match *out)
{
	if (!name_within(lookup->name, zone->apex))
		return false;
	hash_ancestors(lookup, zone->labels_max, zone->seed);
	find_in_zone(zone, lookup, type, out);
	return true;
}

const struct node *zone_node(const struct zone *zone, const struct name *name)
{
	uint8_t label_at[NAME_LABELS_MAX + 1];
	struct lookup lookup = {.name = name, .label_at = label_at};
	if (name->labels > zone->labels_max || !name_within(name, zone->apex))
		return NULL;
	name_labels(name, label_at);
	hash_ancestors(&lookup, zone->labels_max, zone->seed);
	return node_find(zone, &lookup, 0);
}

struct zones *zones_new(struct zone **list, size_t n, uint64_t seed, struct arena *arena)
{
	struct zones *zones = arena_alloc(arena, sizeof(*zones));
	uint32_t room = 2;
	while (room < n * 2)
		room *= 2;
	const struct zone **cells = arena_alloc(arena, room * sizeof(struct zone *));
	*zones = (struct zones){.seed = seed, .n = n, .mask = room - 1, .cells = cells};
	zones->list = arena_copy(arena, list, n * sizeof(struct zone *));
	for (size_t i = 0; i < n; i++) {
		uint32_t at = (uint32_t)name_hash(list[i]->apex, seed) & zones->mask;
		while (cells[at] != NULL)
			at = (at + 1) & zones->mask;
		cells[at] = list[i];
		list[i]->number = (uint32_t)i;
		if (list[i]->apex->labels > zones->apex_labels_max)
			zones->apex_labels_max = list[i]->apex->labels;
		if (list[i]->labels_max > zones->labels_max)
			zones->labels_max = list[i]->labels_max;
	}
	return zones;
}
