/* SPDX-License-Identifier: ISC */
/*
 * The nodes of tries: each for 6 bits of an address, as they are built, stored once if equal, and served.
 * Neighbouring slots that lead to the same are a run; a node is a bitmap of where runs begin, and an entry
 * for each, one behind the other:
 *
 *   ┌──────────────┬─────────┬─────────┬───
 *   │ runs, 64 bit │ entry 0 │ entry 1 │ …         (after Asai and Ohara, "Poptrie", SIGCOMM 2015)
 *   └──────────────┴─────────┴─────────┴───
 *
 * Nothing in a node says where it is in a trie, so equal subtries are one wherever they are. The length of a
 * leaf's prefix is that of the largest block of slots around the one asked for that is inside of its run.
 */
#ifndef GEO_NODES_H
#define GEO_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { STRIDE = 6, SLOTS = 1 << STRIDE, LENGTH_BITS = 5, LENGTH_MASK = (1 << LENGTH_BITS) - 1 };

/*
 * An entry, of a node or of a table that stands for several: with ENTRY_NODE the index of a node's first
 * word; else a leaf, the number of a label << LENGTH_BITS | the bits of its prefix behind the beginning of
 * the node or table. In nodes those bits are 0, so that runs are long, and in tables while they are built.
 */
#define ENTRY_NODE 0x80000000u

/*
 * In place of a label's number, LEAF_TABLE + table: behind that prefix, whose bits are always given, the way
 * goes on in a table.
 */
enum { TABLES = 8 };
#define LEAF_TABLE ((1u << 26) - TABLES)

static inline bool entry_is_label(uint32_t entry)
{
	return entry < LEAF_TABLE << LENGTH_BITS;
}

static inline bool entry_is_table(uint32_t entry)
{
	return !(entry & ENTRY_NODE) && !entry_is_label(entry);
}

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

/* A growing set of them, in which a node's children come before it. */
struct nodes {
	uint32_t *words; /* owned; moves when a node is added */
	size_t n, cap;
	uint64_t *places; /* by hash: hash << 32 | index of a node + 1; 0: free */
	uint32_t mask;
	size_t held; /* nodes */
};

void nodes_init(struct nodes *nodes);
void nodes_free(struct nodes *nodes);

/* Frees what only nodes_add() needs. */
void nodes_finish(struct nodes *nodes);

/* The entry that leads to a node of these slots; if all are one label, its leaf. */
uint32_t nodes_add(struct nodes *nodes, const uint32_t slots[SLOTS]);

/* How many words a node has. */
static inline size_t node_size(const uint32_t *node)
{
	return 2 + bits_count(node_runs(node));
}

#endif
