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

static inline const void *label_at(const struct poptrie *trie, uint32_t leaf)
{
	return trie->labels + (leaf >> LENGTH_BITS) * trie->label_size;
}

struct popfound {
	const void *label;
	uint8_t scope;
};

/* The same for an address whose first bits do not have a leaf yet. */
__attribute__((noinline)) struct popfound poptrie_find_below(const struct poptrie *trie,
							     const struct addr *client);

/* The entry for the first bits of the address. */
static inline const uint32_t *poptrie_entry(const struct poptrie *trie, const struct addr *client)
{
	const struct poproot *root = &trie->roots[client->family];
	return &root->entries[octets_load(client->octets) >> (64 - root->bits)];
}

/* Asks memory for what poptrie_find() will read first. */
static inline void poptrie_expect(const struct poptrie *trie, const struct addr *client)
{
	__builtin_prefetch(poptrie_entry(trie, client));
}

static inline struct popfound poptrie_find(const struct poptrie *trie, const struct addr *client)
{
	uint32_t entry = *poptrie_entry(trie, client);
	if (entry_is_label(entry))
		return (struct popfound){label_at(trie, entry), entry & LENGTH_MASK};
	return poptrie_find_below(trie, client);
}

#endif
