/* SPDX-License-Identifier: ISC */
/*
 * The tries as they are served: a table for the first bits of the address, then nodes (geo/nodes.h).
 *
 *   table ──┬─ leaf
 *           └─ node ─┬─ leaf
 *                    └─ node …
 *
 * Databases of IPv6 repeat IPv4 in several places (::/96, 2002::/16 …): there the trie has a leaf that says
 * so, and the way goes on in another table with the bits that are left. IPv6 clients have a table likewise.
 */
#ifndef GEO_POPTRIE_H
#define GEO_POPTRIE_H

#include "base/arena.h"
#include "geo/fold.h"

#include <endian.h>

struct poproot {
	const uint32_t *entries; /* 1 << bits; NULL: nothing leads to this table */
	unsigned bits;           /* 3..18 */
};

struct poptrie {
	struct poproot roots[TABLES]; /* by enum table */
	const uint32_t *words;        /* nodes */
	const uint8_t *labels;        /* by number, label_size octets each */
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

/*
 * What is wanted of the labels, NULL for all of it; networks that don't differ any more are one. Allocated in
 * the arena whole; `folded` is not needed any more.
 */
const struct poptrie *poptrie_build(const struct folded *folded, const struct wanted *wanted,
				    struct arena *arena);

/* Calls `leaf` for each leaf of a family in address order. */
typedef void poptrie_leaf(void *context, const struct prefix *prefix, const void *label);
void poptrie_walk(const struct poptrie *trie, enum family family, poptrie_leaf *leaf, void *context);

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
	return entry_is_label(entry) ? entry | run_length(runs, slot) : entry;
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
	while (!entry_is_label(leaf)) {
		rest = rest_shift(rest, leaf & LENGTH_MASK);
		depth += leaf & LENGTH_MASK;
		leaf = leaf_find(trie, (leaf >> LENGTH_BITS) - LEAF_TABLE, &rest, &depth);
	}
	return (struct popfound){label_at(trie, leaf), (uint8_t)(depth + (leaf & LENGTH_MASK))};
}

#endif
