/* SPDX-License-Identifier: ISC */
/*
 * The tries as they are served: a table for the first bits of the address, then nodes of 64 slots for each 6
 * bits more, in which a bitmap counts the way (Asai and Ohara, "Poptrie", SIGCOMM 2015).
 *
 *   root ──┬─ leaf              inner: 1 = the slot goes on; its node is children + (ones before it)
 *          └─ node ─┬─ leaf     runs:  1 = a leaf begins here that is not that of the slot before
 *                   └─ node …
 *
 * A leaf's length counts from its node, not from the start of the address, so equal subtries are one wherever
 * they are. Databases of IPv6 repeat IPv4 in several places (::/96, 2002::/16 …): there the trie has a leaf
 * that says so, and the way goes on in another table with the bits that are left.
 */
#ifndef GEO_POPTRIE_H
#define GEO_POPTRIE_H

#include "base/arena.h"
#include "geo/fold.h"

#include <endian.h>
#include <string.h>

enum { STRIDE = 6, SLOTS = 1 << STRIDE, LENGTH_BITS = 5, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

/*
 * A table for each family, and one for what IPv6 has at 2002::/16 (RFC 3056) where that is not what IPv4 has.
 * In place of a label's number, LEAF_TABLE + table: that table begins behind the leaf's prefix.
 */
enum { TABLE_REPEATED = FAMILY_NONE, TABLES = 3 };
#define LEAF_TABLE ((1u << 26) - TABLES)

struct popnode {
	uint64_t inner;
	uint64_t runs;
	uint32_t children; /* index into nodes */
	uint32_t leaves;   /* index into leaves */
};

/* Set in an entry of a root table that is the index of a node; else it is a leaf. */
#define ROOT_NODE 0x80000000u

struct poproot {
	const uint32_t *entries; /* 1 << bits; NULL: nothing leads to this table */
	unsigned bits;           /* 1..18 */
};

struct poptrie {
	struct poproot roots[TABLES];
	const struct popnode *nodes;
	const uint32_t *leaves; /* number of the label << LENGTH_BITS | bits of the prefix within the node */
	const void *const *labels;
	size_t size; /* octets */
};

/* One form; the types keep apart what the labels are. */
struct locator {
	struct poptrie trie; /* of struct order */
};

struct times_locator {
	struct poptrie trie; /* of struct times */
};

/* Allocated in the arena whole; `folded` is not needed any more. */
const struct poptrie *poptrie_build(const struct folded *folded, struct arena *arena);

/* Calls `leaf` for each leaf of a family in address order. */
typedef void poptrie_leaf(void *context, const struct prefix *prefix, const void *label);
void poptrie_walk(const struct poptrie *trie, enum family family, poptrie_leaf *leaf, void *context);

/*
 * The bits set (Warren, "Hacker's Delight"): the build does not assume an instruction for it, and the
 * compilers' fallback is a call.
 */
static inline unsigned bits_count(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (unsigned)(x * 0x0101010101010101u >> 56);
}

static inline uint64_t octets_load(const uint8_t *octets)
{
	uint64_t word;
	memcpy(&word, octets, sizeof(word));
	return be64toh(word);
}

/* What is left of an address. */
struct rest {
	uint64_t high, low;
};

static inline struct rest rest_shift(struct rest r, unsigned bits)
{
	/* in two steps, because bits may be 0 */
	return (struct rest){r.high << bits | r.low >> 1 >> (63 - bits), r.low << bits};
}

/* The leaf for an address in one table. *depth grows by the bits before the leaf's node, which are taken from
 * *rest. */
static inline uint32_t leaf_find(const struct poptrie *trie, uint32_t table, struct rest *rest,
				 unsigned *depth)
{
	const struct poproot *root = &trie->roots[table];
	uint32_t entry = root->entries[rest->high >> (64 - root->bits)];
	if (!(entry & ROOT_NODE))
		return entry;

	const struct popnode *node = &trie->nodes[entry & ~ROOT_NODE];
	*rest = rest_shift(*rest, root->bits);
	*depth += root->bits;
	uint64_t bit = (uint64_t)1 << (rest->high >> (64 - STRIDE));
	while (node->inner & bit) {
		node = &trie->nodes[node->children + bits_count(node->inner & (bit - 1))];
		*rest = rest_shift(*rest, STRIDE);
		*depth += STRIDE;
		bit = (uint64_t)1 << (rest->high >> (64 - STRIDE));
	}
	return trie->leaves[node->leaves + bits_count(node->runs & (bit | (bit - 1))) - 1];
}

struct popfound {
	const void *label;
	uint8_t scope;
};

static inline struct popfound poptrie_find(const struct poptrie *trie, const struct addr *client)
{
	struct rest rest = {octets_load(client->octets), octets_load(client->octets + 8)};
	unsigned depth = 0;
	uint32_t leaf = leaf_find(trie, client->family, &rest, &depth);
	while (leaf >> LENGTH_BITS >= LEAF_TABLE) {
		rest = rest_shift(rest, leaf & LENGTH_MASK);
		depth += leaf & LENGTH_MASK;
		leaf = leaf_find(trie, (leaf >> LENGTH_BITS) - LEAF_TABLE, &rest, &depth);
	}
	return (struct popfound){trie->labels[leaf >> LENGTH_BITS], (uint8_t)(depth + (leaf & LENGTH_MASK))};
}

#endif
