/* SPDX-License-Identifier: ISC */
/* Open addressing over nodes of differing sizes; each place holds half the hash, so that few misses look at a
 * node. */
#include "geo/nodes.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum { PLACES_MIN = 64, NODE_MAX = 2 + SLOTS };

void nodes_init(struct nodes *nodes)
{
	*nodes = (struct nodes){.mask = PLACES_MIN - 1};
	nodes->places = mem_alloc(PLACES_MIN * sizeof(*nodes->places));
}

void nodes_finish(struct nodes *nodes)
{
	free(nodes->places);
	nodes->places = NULL;
}

void nodes_free(struct nodes *nodes)
{
	free(nodes->words);
	free(nodes->places);
	*nodes = (struct nodes){0};
}

static uint32_t hash(const uint32_t *node, size_t n)
{
	uint64_t h = n;
	for (size_t i = 0; i < n; i++) {
		h = (h ^ node[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return (uint32_t)(h ^ h >> 29);
}

static void places_double(struct nodes *nodes)
{
	uint32_t mask = nodes->mask * 2 + 1;
	uint64_t *places = mem_alloc(((size_t)mask + 1) * sizeof(*places));
	for (size_t i = 0; i <= nodes->mask; i++) {
		if (nodes->places[i] == 0)
			continue;
		uint32_t at = (uint32_t)(nodes->places[i] >> 32) & mask;
		while (places[at] != 0)
			at = (at + 1) & mask;
		places[at] = nodes->places[i];
	}
	free(nodes->places);
	nodes->places = places;
	nodes->mask = mask;
}

/* The number of words of the node for these slots. */
static size_t encode(const uint32_t slots[SLOTS], uint32_t node[NODE_MAX])
{
	uint64_t runs = 0;
	size_t n = 2;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (i == 0 || slots[i] != slots[i - 1]) {
			runs |= (uint64_t)1 << i;
			node[n++] = slots[i];
		}
	}
	memcpy(node, &runs, sizeof(runs));
	return n;
}

/* The place of the node, or the free one where it would go. The bitmap says how many words are to be
 * compared. */
static uint32_t place_find(const struct nodes *nodes, const uint32_t *node, size_t n, uint32_t h)
{
	uint32_t at = h & nodes->mask;
	for (; nodes->places[at] != 0; at = (at + 1) & nodes->mask) {
		const uint32_t *held = nodes->words + ((uint32_t)nodes->places[at] - 1);
		if (nodes->places[at] >> 32 == h && node_runs(held) == node_runs(node) &&
		    memcmp(held, node, n * sizeof(*node)) == 0)
			break;
	}
	return at;
}

uint32_t nodes_add(struct nodes *nodes, const uint32_t slots[SLOTS])
{
	uint32_t node[NODE_MAX];
	size_t n = encode(slots, node);
	if (n == 3 && entry_is_label(slots[0]))
		return slots[0];
	uint32_t h = hash(node, n), at = place_find(nodes, node, n, h);
	if (nodes->places[at] != 0)
		return ENTRY_NODE | ((uint32_t)nodes->places[at] - 1);
	assert(nodes->n + n < ENTRY_NODE);
	uint32_t index = (uint32_t)nodes->n;
	nodes->places[at] = (uint64_t)h << 32 | (index + 1);
	nodes->words = mem_grow(nodes->words, &nodes->cap, nodes->n + n, sizeof(*nodes->words));
	memcpy(nodes->words + index, node, n * sizeof(*node));
	nodes->n += n;
	if (++nodes->held > nodes->mask / 2)
		places_double(nodes);
	return ENTRY_NODE | index;
}
