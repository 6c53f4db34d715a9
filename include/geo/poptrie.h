/* SPDX-License-Identifier: ISC */
/*
 * The tries as they are served: a table for the first bits of the address, then nodes of 64 slots for each 6
 * bits more (after Asai and Ohara, "Poptrie", SIGCOMM 2015). Neighbouring slots that lead to the same are a
 * run, and a node is a bitmap in which a run begins where, and an entry for each run, one behind the other:
 *
 *   root ──┬─ leaf             ┌──────────────┬─────────┬─────────┬───
 *          └─ node ─┬─ leaf    │ runs, 64 bit │ entry 0 │ entry 1 │ …
 *                   └─ node …  └──────────────┴─────────┴─────────┴───
 *
 * Nothing in a node says where it is in the trie, so equal subtries are one wherever they are. The length of
 * a leaf's prefix is that of the largest block of slots around the one asked for that is inside of its run.
 * Databases of IPv6 repeat IPv4 in several places (::/96, 2002::/16 …): there the trie has a leaf that says
 * so, and the way goes on in another table with the bits that are left. IPv6 clients have a table likewise.
 */
#ifndef GEO_POPTRIE_H
#define GEO_POPTRIE_H

#include "base/arena.h"
#include "geo/fold.h"

#include <endian.h>
#include <string.h>

enum { STRIDE = 6, SLOTS = 1 << STRIDE, LENGTH_BITS = 5, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

/*
 * A table for each family; one for what IPv6 has at 2000::/3, where all clients are (RFC 4291 §2.4), and one
 * for 2002::/16 (RFC 3056) where that is not what IPv4 has. In place of a label's number, LEAF_TABLE + table:
 * that table begins behind the leaf's prefix.
 */
enum { TABLE_REPEATED = FAMILY_NONE, TABLE_CLIENTS = 3, TABLES };
#define LEAF_TABLE ((1u << 26) - TABLES)

/*
 * An entry, of a root table or a node: with ENTRY_NODE the index of a node's first word, else a leaf, the
 * number of a label << LENGTH_BITS | bits of its prefix behind the beginning of the table or node. In nodes
 * those bits are 0 where there is a label, so that runs are long; leaf_find() puts them in.
 */
#define ENTRY_NODE 0x80000000u

struct poproot {
	const uint32_t *entries; /* 1 << bits; NULL: nothing leads to this table */
	unsigned bits;           /* 1..18 */
};

struct poptrie {
	struct poproot roots[TABLES];
	const uint32_t *words; /* nodes: two words of runs, then the entries */
	const uint8_t *labels; /* by number, label_size octets each */
	size_t label_size;
	size_t size; /* octets of all */
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

/* The bits set. The build does not assume an instruction for it, though nearly every processor has one. */
static inline unsigned bits_count(uint64_t x)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("popcnt")) {
		__asm__("popcnt %0, %0" : "+r"(x) : : "cc");
		return (unsigned)x;
	}
#endif
	/* Warren, "Hacker's Delight": the compilers' fallback is a call */
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

static inline uint64_t node_runs(const uint32_t *node)
{
	uint64_t runs;
	memcpy(&runs, node, sizeof(runs));
	return runs;
}

/* The entry for a slot, 0..63: that of the last run which begins there or before. */
static inline uint32_t node_entry(const uint32_t *node, uint64_t runs, unsigned slot)
{
	return node[1 + bits_count(runs << (SLOTS - 1 - slot))];
}

/*
 * The bits of the prefix that a slot's run has around it. A block of 2^n slots holds this slot and another if
 * the numbers of the two differ in the last n bits only: the largest that holds neither the slot before the
 * run nor the one behind it.
 */
static inline unsigned run_length(uint64_t runs, unsigned slot)
{
	uint64_t later = runs >> slot >> 1;
	unsigned before = slot - 1 - (unsigned)__builtin_clzll(runs << (SLOTS - 1 - slot));
	unsigned behind = later ? slot + 1 + (unsigned)__builtin_ctzll(later) : SLOTS;
	unsigned to_before = slot ^ before, to_behind = slot ^ behind;
	unsigned least = to_before < to_behind ? to_before : to_behind;
	return STRIDE - (31 - (unsigned)__builtin_clz(least));
}

/* The leaf for an address in one table. *depth grows by the bits before the leaf's node, which are taken from
 * *rest. */
static inline uint32_t leaf_find(const struct poptrie *trie, uint32_t table, struct rest *rest,
				 unsigned *depth)
{
	const struct poproot *root = &trie->roots[table];
	uint32_t entry = root->entries[rest->high >> (64 - root->bits)];
	if (!(entry & ENTRY_NODE))
		return entry;

	unsigned bits = root->bits, slot;
	uint64_t runs;
	do {
		const uint32_t *node = &trie->words[entry & ~ENTRY_NODE];
		*rest = rest_shift(*rest, bits);
		*depth += bits;
		bits = STRIDE;
		slot = (unsigned)(rest->high >> (64 - STRIDE));
		runs = node_runs(node);
		entry = node_entry(node, runs, slot);
	} while (entry & ENTRY_NODE);
	return entry >> LENGTH_BITS >= LEAF_TABLE ? entry : entry | run_length(runs, slot);
}

static inline const void *label_at(const struct poptrie *trie, uint32_t leaf)
{
	return trie->labels + (leaf >> LENGTH_BITS) * trie->label_size;
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
	return (struct popfound){label_at(trie, leaf), (uint8_t)(depth + (leaf & LENGTH_MASK))};
}

#endif
