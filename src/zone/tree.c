/* SPDX-License-Identifier: ISC */
/* Finding names. */
#include "zone/lookup.h"
#include "base/memory.h"
#include "base/thread.h"
#include "wire/types.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TURN = 8192 };

static inline uint64_t cell_of(uint64_t hash, const struct node *node)
{
	return hash >> CELL_ADDRESS_BITS << CELL_ADDRESS_BITS | (uintptr_t)node;
}

/* Is it that zone's, or, without one, the apex of any? */
static inline bool node_is_of(const struct node *node, const struct zone *zone)
{
	return zone != NULL ? node->zone == zone->number : node->apex;
}

/* The rest of node_of(), from cell `at` on. */
__attribute__((noinline)) static const struct node *node_behind(const struct zones *zones,
								const struct zone *zone, const uint8_t *name,
								size_t len, uint64_t hash, size_t at)
{
	struct probe p = {name, len, hash, at};
	const struct node *node;
	do
		node = probe_next(zones, &p);
	while (node != NULL && !node_is_of(node, zone));
	return node;
}

/*
 * The node of that name: in a zone, or, without one, the apex of any. NULL: there is none. Mostly the first
 * whose hash is alike is the one; to go on behind it takes more registers than there are to spare.
 */
__attribute__((noinline)) static const struct node *node_of(const struct zones *zones,
							    const struct zone *zone, const uint8_t *name,
							    size_t len)
{
	uint64_t hash = name_hash(name, len, zones->seed), cell;
	size_t at = hash & zones->mask;
	for (; ((cell = zones->cells[at]) ^ hash) >> CELL_ADDRESS_BITS != 0; at = (at + 1) & zones->mask) {
		if (cell == 0)
			return NULL;
	}
	const struct node *node = cell_node(cell);
	if (cell != 0 && node->name_len == len && node_is_of(node, zone) &&
	    octets_equal(node->name, name, len))
		return node;
	return node_behind(zones, zone, name, len, hash, at);
}

/* The same of the name that begins at a label. */
static const struct node *node_at(const struct zones *zones, const struct zone *zone,
				  const struct lookup *lookup, unsigned label)
{
	size_t at = lookup->label_at[label];
	return node_of(zones, zone, lookup->name->octets + at, lookup->name->len - at);
}

/* Can there be a node between this and the name, of which the node is the ancestor that begins at `label`? */
static inline bool may_be_below(const struct node *node, const struct lookup *lookup, unsigned label)
{
	return node->parent || label_is_wildcard(lookup->name->octets + lookup->label_at[label - 1]);
}

/* The deepest node above the name: ancestors that exist are the shallower ones, so bisect. */
static const struct node *closest_encloser(const struct zone *zone, const struct lookup *lookup)
{
	unsigned labels = lookup->name->labels;
	unsigned low = labels > zone->labels_max ? labels - zone->labels_max : 1; /* may exist */
	unsigned high = labels - zone->apex->labels;                              /* exists: the apex */
	const struct node *encloser = zone->apex_node;
	while (low < high && may_be_below(encloser, lookup, high)) {
		unsigned middle = low + (high - low) / 2;
		const struct node *node = node_at(zone->zones, zone, lookup, middle);
		if (node == NULL) {
			low = middle + 1;
		} else {
			encloser = node;
			high = middle;
		}
	}
	return encloser;
}

/* The name is in the zone, `node` being its own, or NULL. */
static void find_in_zone(const struct zone *zone, const struct node *node, const struct lookup *lookup,
			 uint16_t type, struct match *out)
{
	const struct node *encloser = node ? node : closest_encloser(zone, lookup);
	*out = (struct match){.kind = MATCH_NXDOMAIN, .zone = zone, .node = node};
	const struct node *cut = zone_cut(zone, encloser), *wildcard = zone_wildcard(zone, encloser);
	if (cut != NULL && !(type == TYPE_DS && node == cut)) {
		out->kind = MATCH_DELEGATION;
		out->node = cut;
	} else if (node != NULL) {
		out->kind = MATCH_NODE;
	} else if (encloser->dname) {
		out->kind = MATCH_DNAME;
		out->node = encloser;
	} else if (wildcard != NULL) {
		out->kind = MATCH_NODE;
		out->wildcard = true;
		out->node = wildcard;
	}
}

/* The deepest zone whose apex is the name or above it, of at most so many labels; or NULL. */
static inline const struct zone *zone_above(const struct zones *zones, const struct lookup *lookup,
					    unsigned most)
{
	for (const uint8_t *depth = zones->depths, *end = depth + zones->n_depths; depth < end; depth++) {
		if (*depth > most)
			continue;
		const struct node *apex = node_at(zones, NULL, lookup, lookup->name->labels - *depth);
		if (apex != NULL)
			return zones->list[apex->zone];
	}
	return NULL;
}

/* The deepest zone that has the name, or NULL: a DS is the parent's, where we have that. */
static inline const struct zone *zone_of(const struct zones *zones, const struct lookup *lookup,
					 uint16_t type)
{
	unsigned labels = lookup->name->labels;
	const struct zone *parent =
		type == TYPE_DS && labels > 0 ? zone_above(zones, lookup, labels - 1) : NULL;
	return parent != NULL ? parent : zone_above(zones, lookup, labels);
}

__attribute__((noinline)) void zones_search(const struct zones *zones, const struct node *node,
					    struct lookup lookup, uint16_t type, struct match *out)
{
	const struct zone *zone = zone_of(zones, &lookup, type);
	if (zone == NULL) {
		*out = (struct match){.kind = MATCH_REFUSED};
		return;
	}
	if (node != NULL && node->zone != zone->number)
		node = node_at(zones, zone, &lookup, 0);
	find_in_zone(zone, node, &lookup, type, out);
}

void zones_find(const struct zones *zones, const struct lookup *lookup, uint16_t type, struct match *out)
{
	const struct node *node = NULL;
	if (zones_may_have(zones, lookup->name)) {
		const struct name *name = lookup->name;
		uint64_t hash = probe_hash(zones, name->octets, name->len);
		struct probe p = probe_of(zones, name->octets, name->len, hash);
		node = probe_next(zones, &p);
	}
	zones_settle(zones, node, *lookup, type, out);
}

const struct zone *zones_apex(const struct zones *zones, const struct name *apex)
{
	const struct node *node = node_of(zones, NULL, apex->octets, apex->len);
	return node ? zones->list[node->zone] : NULL;
}

const struct node *zone_node(const struct zone *zone, const struct name *name)
{
	return node_of(zone->zones, zone, name->octets, name->len);
}

const struct node *zone_host(const struct zone *zone, const uint8_t *octets)
{
	struct name name;
	name_from_octets(octets, &name);
	return zone_node(zone, &name);
}

/* Nodes on their way into the table, whose memory is asked for that much ahead. */
enum { AHEAD = 16 };
struct entering {
	uint64_t hash;
	const struct node *node;
};

static struct entering entering_of(const struct zones *zones, const struct node *node)
{
	return (struct entering){name_hash(node->name, node->name_len, zones->seed), node};
}

static void enter(const struct zones *zones, uint64_t *cells, struct entering e)
{
	size_t at = e.hash & zones->mask;
	while (cells[at] != 0)
		at = (at + 1) & zones->mask;
	cells[at] = cell_of(e.hash, e.node);
	assert(cell_node(cells[at]) == e.node);
}

static void number(struct node *node, const struct zone *zone)
{
	node->zone = zone->number;
	node->direct = !node->apex && !node->cut;
}

static void enter_apex(const struct zones *zones, uint64_t *cells, const struct zone *zone)
{
	struct node *apex = (struct node *)(uintptr_t)zone->apex_node;
	number(apex, zone);
	enter(zones, cells, entering_of(zones, apex));
}

/* Numbers the zone's nodes below the apex, and enters them. */
static void enter_below(const struct zones *zones, uint64_t *cells, const struct zone *zone)
{
	struct entering ahead[AHEAD];
	size_t n = 0;
	for (const struct node *at = zone_next(zone, zone->apex_node); at != NULL;
	     at = zone_next(zone, at), n++) {
		struct node *node = (struct node *)(uintptr_t)at;
		struct entering *e = &ahead[n % AHEAD];
		thread_step(n + 1, TURN);
		number(node, zone);
		if (n >= AHEAD)
			enter(zones, cells, *e);
		*e = entering_of(zones, node);
		__builtin_prefetch(&cells[e->hash & zones->mask], 1);
	}
	for (size_t i = n > AHEAD ? n - AHEAD : 0; i < n; i++)
		enter(zones, cells, ahead[i % AHEAD]);
}

/* The zone that a name belongs to, or as a DS of which it is asked for. */
static const struct zone *zone_of_octets(const struct zones *zones, const uint8_t *octets, uint16_t type)
{
	struct name name;
	uint8_t label_at[NAME_LABELS_MAX + 1];
	name_from_octets(octets, &name);
	name_labels(&name, label_at);
	return zone_of(zones, &(struct lookup){.name = &name, .label_at = label_at}, type);
}

/* What a zone has of names that are in a zone below it nobody is told, unless a cut decides. */
static void hide_covered(const struct zones *zones, const struct zone *zone)
{
	for (const struct node *n = zone->apex_node; n != NULL; n = zone_next(zone, n)) {
		if (n->direct && zone_of_octets(zones, n->name, TYPE_A) != zone)
			((struct node *)(uintptr_t)n)->direct = false;
	}
}

static void hide_all_covered(const struct zones *zones)
{
	bool *has_zones = mem_alloc(zones->n * sizeof(*has_zones));
	for (size_t i = 0; i < zones->n; i++) {
		const struct zone *above = zone_of_octets(zones, zones->list[i]->apex->octets, TYPE_DS);
		has_zones[above->number] |= above != zones->list[i];
	}
	for (size_t i = 0; i < zones->n; i++) {
		if (has_zones[i])
			hide_covered(zones, zones->list[i]);
	}
	free(has_zones);
}

struct zones *zones_new(struct zone **list, size_t n, uint64_t seed, struct arena *arena)
{
	struct zones *zones = arena_alloc(arena, sizeof(*zones));
	*zones = (struct zones){.seed = seed, .n = n, .list = arena_copy(arena, list, n * sizeof(*list))};
	size_t n_nodes = 0, room = 2;
	bool apexes[NAME_LABELS_MAX + 1] = {0}; /* with so many labels */
	for (size_t i = 0; i < n; i++) {
		list[i]->zones = zones;
		list[i]->number = (uint32_t)i;
		n_nodes += list[i]->n_nodes;
		apexes[list[i]->apex->labels] = true;
		if (list[i]->labels_max > zones->labels_max)
			zones->labels_max = list[i]->labels_max;
	}
	for (unsigned depth = NAME_LABELS_MAX + 1; depth-- > 0;) {
		if (apexes[depth])
			zones->depths[zones->n_depths++] = (uint8_t)depth;
	}
	while (room < n_nodes * 2)
		room *= 2;
	uint64_t *cells = arena_alloc(arena, room * sizeof(*cells));
	zones->mask = room - 1;
	zones->cells = cells;
	for (size_t i = 0; i < n; i++)
		enter_apex(zones, cells, list[i]); /* first, as most searches come by: its cell is nearest */
	for (size_t i = 0; i < n; i++)
		enter_below(zones, cells, list[i]);
	hide_all_covered(zones);
	for (size_t i = 0; i < n; i++)
		zone_refer(list[i], arena);
	return zones;
}
