/* SPDX-License-Identifier: ISC */
/* Compiles binary tries to the form in which they are served. */
#include "geo/poptrie.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 2000::/3 */
enum { CLIENTS_BITS = 3 };

struct building {
	const struct trie *trie;
	uint32_t roots[TABLES]; /* TRIE_LEAF: nothing leads to the table */
	uint32_t *words;
	size_t n, cap;
	uint32_t *made; /* trie node that begins a stride -> index of its node's first word, or MEMO_NONE */
};

/* One stride spread out. A slot is a leaf of the served form, or ENTRY_NODE with a trie node that goes on. */
struct spread {
	const struct building *building;
	uint32_t *slots;
	unsigned bits;
	uint32_t top; /* where it begins */
	bool node;    /* of a node, else of a root table */
};

/* What a leaf leads to: the number of a label or that of a table, or ENTRY_NODE if `at` is no leaf. */
static uint32_t leaf_value(const struct spread *s, uint32_t at)
{
	assert(!(at & TRIE_LEAF) || (at & ~TRIE_LEAF) < LEAF_TABLE);
	if (at & TRIE_LEAF)
		return at & ~TRIE_LEAF;
	for (uint32_t table = 0; table < TABLES; table++)
		if (table != FAMILY_V6 && at == s->building->roots[table] && at != s->top)
			return LEAF_TABLE + table;
	return ENTRY_NODE;
}

static void spread_fill(const struct spread *s, uint32_t at, unsigned depth, uint32_t first)
{
	uint32_t width = 1u << (s->bits - depth);
	uint32_t value = leaf_value(s, at);
	if (value != ENTRY_NODE) {
		uint32_t len = s->node && value < LEAF_TABLE ? 0 : depth;
		for (uint32_t i = 0; i < width; i++)
			s->slots[first + i] = value << LENGTH_BITS | len;
	} else if (depth == s->bits) {
		s->slots[first] = ENTRY_NODE | at;
	} else {
		const uint32_t *children = trie_children(s->building->trie, at);
		spread_fill(s, children[0], depth + 1, first);
		spread_fill(s, children[1], depth + 1, first + width / 2);
	}
}

/* The entry for a slot: a node is made with all that is below it, unless it is there. */
static uint32_t make(struct building *b, uint32_t slot)
{
	uint32_t at = slot & ~ENTRY_NODE;
	if (!(slot & ENTRY_NODE))
		return slot;
	if (b->made[at] != MEMO_NONE)
		return ENTRY_NODE | b->made[at];
	uint32_t slots[SLOTS], entries[SLOTS], n = 0;
	uint64_t runs = 0;
	spread_fill(&(struct spread){b, slots, STRIDE, at, true}, at, 0, 0);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (i == 0 || slots[i] != slots[i - 1]) {
			runs |= (uint64_t)1 << i;
			entries[n++] = make(b, slots[i]);
		}
	}
	b->words = mem_grow(b->words, &b->cap, b->n + 2 + n, sizeof(*b->words));
	memcpy(b->words + b->n, &runs, sizeof(runs));
	memcpy(b->words + b->n + 2, entries, n * sizeof(*entries));
	b->made[at] = (uint32_t)b->n;
	b->n += 2 + n;
	return ENTRY_NODE | b->made[at];
}

/* As many first bits by the root table as the trie is worth; more IPv4 networks are of 24 bits than of any
 * other. */
static unsigned root_bits(const struct folded *folded, uint32_t table)
{
	unsigned bits = folded->trie.nodes.n < 1000 ? 6 : folded->trie.nodes.n < 30000 ? 12 : 18;
	return table == FAMILY_V4 ? bits : table == FAMILY_V6 ? CLIENTS_BITS : bits - 2;
}

static struct poproot root_build(struct building *b, uint32_t root, unsigned bits, struct arena *arena)
{
	uint32_t *entries = arena_alloc_aligned(arena, sizeof(*entries) << bits, 64);
	spread_fill(&(struct spread){b, entries, bits, root, false}, root, 0, 0);
	for (uint32_t i = 0; i < 1u << bits; i++)
		entries[i] = make(b, entries[i]);
	return (struct poproot){entries, bits};
}

/* What the trie of IPv6 has at a prefix of 16 bits at most, if that is more than a leaf and not what IPv4
 * has. */
static uint32_t inner_find(const struct folded *folded, unsigned prefix, unsigned len)
{
	uint32_t at = folded->roots[FAMILY_V6];
	for (unsigned bit = 0; bit < len && !(at & TRIE_LEAF); bit++)
		at = trie_children(&folded->trie, at)[prefix >> (15 - bit) & 1];
	return at == folded->roots[FAMILY_V4] ? TRIE_LEAF : at;
}

/* All in as many octets as the longest uses. */
static void labels_build(const struct folded *folded, struct poptrie *trie, struct arena *arena)
{
	const struct intern *labels = &folded->labels;
	size_t longest = 0;
	for (uint32_t i = 0; i < labels->n; i++) {
		size_t used = folded->labeller->used(intern_item(labels, i));
		longest = used > longest ? used : longest;
	}
	trie->label_size = (longest + 3) & ~(size_t)3;
	uint8_t *octets = arena_alloc_aligned(arena, labels->n * trie->label_size, 64);
	for (uint32_t i = 0; i < labels->n; i++)
		memcpy(octets + i * trie->label_size, intern_item(labels, i), trie->label_size);
	trie->labels = octets;
	trie->size += labels->n * trie->label_size;
}

const struct poptrie *poptrie_build(const struct folded *folded, struct arena *arena)
{
	struct building b = {.trie = &folded->trie};
	b.roots[FAMILY_V4] = folded->roots[FAMILY_V4];
	b.roots[FAMILY_V6] = folded->roots[FAMILY_V6];
	b.roots[TABLE_CLIENTS] = inner_find(folded, 0x2000, CLIENTS_BITS);
	b.roots[TABLE_REPEATED] = inner_find(folded, 0x2002, 16);
	b.made = mem_alloc(folded->trie.nodes.n * sizeof(*b.made));
	memset(b.made, 0xff, folded->trie.nodes.n * sizeof(*b.made));

	struct poptrie *trie = arena_alloc(arena, sizeof(*trie));
	trie->size = sizeof(*trie);
	labels_build(folded, trie, arena);
	for (uint32_t table = 0; table < TABLES; table++) {
		if (table != FAMILY_V4 && table != FAMILY_V6 && b.roots[table] & TRIE_LEAF)
			continue;
		unsigned bits = root_bits(folded, table);
		trie->roots[table] = root_build(&b, b.roots[table], bits, arena);
		trie->size += sizeof(uint32_t) << bits;
	}
	trie->words = arena_copy(arena, b.words, b.n * sizeof(*b.words));
	trie->size += b.n * sizeof(*b.words);
	free(b.words);
	free(b.made);
	return trie;
}
