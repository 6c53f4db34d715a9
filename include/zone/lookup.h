/* SPDX-License-Identifier: ISC */
/*
 * Looking a name up in steps, each of which asks memory for what the next one reads. Who has several names
 * takes each step with all of them before the next: then they wait together. zones_find() is the steps of one
 * name.
 */
#ifndef ZONE_LOOKUP_H
#define ZONE_LOOKUP_H

#include "base/memory.h"
#include "wire/octets.h"
#include "zone/zone.h"

enum { CELL_ADDRESS_BITS = 48 };

static inline const struct node *cell_node(uint64_t cell)
{
	return (const struct node *)(uintptr_t)(cell & (((uint64_t)1 << CELL_ADDRESS_BITS) - 1));
}

/* A name, or an ancestor of it, and where the table may have more nodes of that name. */
struct probe {
	const uint8_t *name;
	size_t len;
	uint64_t hash;
	size_t at;
};

/* The first step: the hash of the name, for probe_of(). */
static inline uint64_t probe_hash(const struct zones *zones, const uint8_t *name, size_t len)
{
	uint64_t hash = name_hash(name, len, zones->seed);
	__builtin_prefetch(&zones->cells[hash & zones->mask]);
	return hash;
}

static inline struct probe probe_of(const struct zones *zones, const uint8_t *name, size_t len, uint64_t hash)
{
	return (struct probe){name, len, hash, hash & zones->mask};
}

/* The second: the next node of the name, or NULL. Zones that one server has above each other may each have
 * one.
 */
static inline const struct node *probe_next(const struct zones *zones, struct probe *p)
{
	for (uint64_t cell; (cell = zones->cells[p->at]) != 0;) {
		p->at = (p->at + 1) & zones->mask;
		if ((cell ^ p->hash) >> CELL_ADDRESS_BITS != 0)
			continue;
		const struct node *node = cell_node(cell);
		if (node->name_len == p->len && octets_equal(node->name, p->name, p->len))
			return node;
	}
	return NULL;
}

/* What is answered at a node mostly: its first rrset, with what lies behind it. */
static inline void node_expect(const struct node *node)
{
	__builtin_prefetch(node->sets);
	__builtin_prefetch((const uint8_t *)node->sets + CACHE_LINE);
}

/* May any zone have a name of so many labels? If not, there is nothing to look up. */
static inline bool zones_may_have(const struct zones *zones, const struct name *name)
{
	return name->labels <= zones->labels_max;
}

/* Part of zones_settle(): the way over the name's zone, which needs more registers. */
void zones_search(const struct zones *zones, const struct node *node, struct lookup lookup, uint16_t type,
		  struct match *out);

/* What zones_find() finds, `node` being the first of the name, or NULL. */
static inline void zones_settle(const struct zones *zones, const struct node *node, struct lookup lookup,
				uint16_t type, struct match *out)
{
	if (node == NULL || !node->direct) {
		zones_search(zones, node, lookup, type, out);
		return;
	}
	out->kind = MATCH_NODE;
	out->wildcard = false;
	out->zone = zones->list[node->zone];
	out->node = node;
}

#endif
