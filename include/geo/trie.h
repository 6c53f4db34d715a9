/* SPDX-License-Identifier: ISC */
/*
 * Binary tries over the bits of addresses, in which neighbours with equal leaves are one leaf and equal
 * subtries are stored once, so that IPv4 space inside of IPv6 costs nothing.
 *
 *          5               node 5 = {3, leaf 0}
 *         / \              node 3 = {leaf 1, leaf 0}
 *        3   leaf 0        joining leaf 0 and leaf 0 gives leaf 0
 *       / \
 *  leaf 1  leaf 0
 */
#ifndef GEO_TRIE_H
#define GEO_TRIE_H

#include "geo/intern.h"

#include <stdbool.h>

/* The number of a node, or with this bit that of a leaf's value. A node's children have lower numbers than
 * itself. */
#define TRIE_LEAF 0x80000000u

struct trie {
	struct intern nodes; /* of two children each */
};

static inline void trie_init(struct trie *trie)
{
	intern_init(&trie->nodes, 2 * sizeof(uint32_t));
}

static inline void trie_free(struct trie *trie)
{
	intern_free(&trie->nodes);
}

/* The trie whose halves are these. */
static inline uint32_t trie_join(struct trie *trie, uint32_t left, uint32_t right)
{
	if (left == right && (left & TRIE_LEAF))
		return left;
	return intern_add(&trie->nodes, (uint32_t[2]){left, right});
}

static inline const uint32_t *trie_children(const struct trie *trie, uint32_t node)
{
	return intern_item(&trie->nodes, node);
}

#endif
