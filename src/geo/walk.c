/* SPDX-License-Identifier: ISC */
/* Walking the leaves of a trie as it is served. */
#include "geo/poptrie.h"

struct walk {
	const struct poptrie *trie;
	poptrie_leaf *leaf;
	void *context;
	struct addr at; /* where the walk is */
};

/* Writes `value` to the bits of the address from `from` on to `from + bits`; those beyond its end are zero
 * anyway. */
static void bits_write(struct addr *at, unsigned from, unsigned bits, uint32_t value)
{
	for (unsigned i = 0; i < bits && from + i < addr_bits(at); i++) {
		uint8_t mask = (uint8_t)(0x80 >> (from + i) % 8);
		uint8_t *octet = &at->octets[(from + i) / 8];
		*octet = (uint8_t)(value >> (bits - 1 - i) & 1 ? *octet | mask : *octet & ~mask);
	}
}

static void root_walk(struct walk *w, uint32_t table, unsigned depth);

/* Visits a leaf that is met at `depth`, and returns how many of the 1 << `bits` slots there it takes. */
static unsigned leaf_visit(struct walk *w, uint32_t leaf, unsigned depth, unsigned bits)
{
	unsigned len = leaf & LENGTH_MASK;
	if (entry_is_table(leaf)) {
		root_walk(w, (leaf >> LENGTH_BITS) - LEAF_TABLE, depth + len);
	} else {
		struct prefix prefix = {.addr = w->at, .len = (uint8_t)(depth + len)};
		addr_mask(&prefix.addr, prefix.len);
		w->leaf(w->context, &prefix, label_at(w->trie, leaf));
	}
	return 1u << (bits - len);
}

static void node_walk(struct walk *w, const uint32_t *node, unsigned depth)
{
	uint64_t runs = node_runs(node);
	for (unsigned i = 0; i < SLOTS;) {
		uint32_t entry = node_entry(node, runs, i);
		bits_write(&w->at, depth, STRIDE, i);
		if (entry & ENTRY_NODE) {
			node_walk(w, &w->trie->words[entry & ~ENTRY_NODE], depth + STRIDE);
			i++;
		} else {
			uint32_t len = entry_is_label(entry) ? run_length(runs, i) : 0;
			i += leaf_visit(w, entry | len, depth, STRIDE);
		}
	}
	bits_write(&w->at, depth, STRIDE, 0);
}

static void root_walk(struct walk *w, uint32_t table, unsigned depth)
{
	const struct poproot *root = &w->trie->roots[table];
	for (uint32_t i = 0; i < 1u << root->bits;) {
		bits_write(&w->at, depth, root->bits, i);
		uint32_t entry = root->entries[i];
		if (entry & ENTRY_NODE) {
			node_walk(w, &w->trie->words[entry & ~ENTRY_NODE], depth + root->bits);
			i++;
		} else {
			i += leaf_visit(w, entry, depth, root->bits);
		}
	}
	bits_write(&w->at, depth, root->bits, 0);
}

void poptrie_walk(const struct poptrie *trie, enum family family, poptrie_leaf *leaf, void *context)
{
	struct walk w = {trie, leaf, context, {.family = (uint8_t)family}};
	root_walk(&w, family, 0);
}
