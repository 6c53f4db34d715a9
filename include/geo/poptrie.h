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
#include "geo/locator.h"

enum { STRIDE = 6, SLOTS = 1 << STRIDE, LENGTH_BITS = 5, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

/*
 * A table for each family, and one for what IPv6 has at 2002::/16 (RFC 3056) where that is not what IPv4 has.
 * In place of an order's number, LEAF_TABLE + table: that table begins behind the leaf's prefix.
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

struct locator {
	struct poproot roots[TABLES];
	const struct popnode *nodes;
	const uint32_t *leaves; /* number of the order << LENGTH_BITS | bits of the prefix within the node */
	const struct order *const *orders;
	size_t size; /* octets */
};

/* Allocated in the arena whole; `folded` is not needed any more. */
const struct locator *poptrie_build(const struct folded *folded, struct arena *arena);

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

#endif
