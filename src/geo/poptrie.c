/* SPDX-License-Identifier: ISC */
/* Compiles binary tries to the form in which they are served. */
#include "geo/poptrie.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct building {
	const struct trie *trie;
	uint32_t roots[TABLES]; /* TRIE_LEAF: nothing leads to the table */
	struct popnode *nodes;
	size_t n_nodes, cap_nodes;
	uint32_t *leaves;
	size_t n_leaves, cap_leaves;
	struct popnode
		*made; /* for each trie node that begins a stride, until it is placed beside its siblings */
	size_t n_made, cap_made;
	uint32_t *made_of; /* trie node -> index into made, or MEMO_NONE */
};

/* One stride spread out. A slot is a leaf of the served form, or ROOT_NODE with a trie node that goes on. */
struct spread {
	const struct building *building;
	uint32_t *slots;
	unsigned bits;
	uint32_t top; /* where it begins */
};

/* What a leaf leads to: the number of a label or that of a table, or ROOT_NODE if `at` is no leaf. */
static uint32_t leaf_value(const struct spread *s, uint32_t at)
{
	assert(!(at & TRIE_LEAF) || (at & ~TRIE_LEAF) < LEAF_TABLE);
	if (at & TRIE_LEAF)
		return at & ~TRIE_LEAF;
	for (uint32_t table = TABLE_REPEATED; table <= FAMILY_V4; table++)
		if (at == s->building->roots[table] && at != s->top)
			return LEAF_TABLE + table;
	return ROOT_NODE;
}

static void spread_fill(const struct spread *s, uint32_t at, unsigned depth, uint32_t first)
{
	uint32_t width = 1u << (s->bits - depth);
	uint32_t value = leaf_value(s, at);
	if (value != ROOT_NODE) {
		for (uint32_t i = 0; i < width; i++)
			s->slots[first + i] = value << LENGTH_BITS | depth;
	} else if (depth == s->bits) {
		s->slots[first] = ROOT_NODE | at;
	} else {
		const uint32_t *children = trie_children(s->building->trie, at);
		spread_fill(s, children[0], depth + 1, first);
		spread_fill(s, children[1], depth + 1, first + width / 2);
	}
}

static void leaf_add(struct building *b, uint32_t leaf)
{
	b->leaves = mem_grow(b->leaves, &b->cap_leaves, b->n_leaves + 1, sizeof(*b->leaves));
	b->leaves[b->n_leaves++] = leaf;
}

/* The index into `made` of the node for a trie node, and of all that is below it. */
static uint32_t make(struct building *b, uint32_t at)
{
	if (b->made_of[at] != MEMO_NONE)
		return b->made_of[at];
	uint32_t slots[SLOTS], children[SLOTS], n = 0;
	struct spread s = {b, slots, STRIDE, at};
	spread_fill(&s, at, 0, 0);

	struct popnode node = {.leaves = (uint32_t)b->n_leaves};
	bool any = false;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (slots[i] & ROOT_NODE) {
			node.inner |= (uint64_t)1 << i;
		} else if (!any || b->leaves[b->n_leaves - 1] != slots[i]) {
			node.runs |= (uint64_t)1 << i;
			leaf_add(b, slots[i]);
			any = true;
		}
	}
	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i] & ROOT_NODE)
			children[n++] = make(b, slots[i] & ~ROOT_NODE);
	node.children = (uint32_t)b->n_nodes;
	b->nodes = mem_grow(b->nodes, &b->cap_nodes, b->n_nodes + n, sizeof(*b->nodes));
	for (uint32_t i = 0; i < n; i++)
		b->nodes[b->n_nodes++] = b->made[children[i]];

	b->made = mem_grow(b->made, &b->cap_made, b->n_made + 1, sizeof(*b->made));
	b->made[b->n_made] = node;
	b->made_of[at] = (uint32_t)b->n_made;
	return (uint32_t)b->n_made++;
}

/* As many first bits by the root table as the trie is worth; more IPv4 networks are of 24 bits than of any
 * other. */
static unsigned root_bits(const struct folded *folded, uint32_t table)
{
	unsigned bits = folded->trie.nodes.n < 1000 ? 6 : folded->trie.nodes.n < 30000 ? 12 : 18;
	return table == FAMILY_V4 ? bits : bits - 2;
}

static struct poproot root_build(struct building *b, uint32_t root, unsigned bits, struct arena *arena)
{
	uint32_t *entries = arena_alloc_aligned(arena, sizeof(*entries) << bits, 64);
	struct spread s = {b, entries, bits, root};
	spread_fill(&s, root, 0, 0);
	for (uint32_t i = 0; i < 1u << bits; i++) {
		if (!(entries[i] & ROOT_NODE))
			continue;
		uint32_t made = make(b, entries[i] & ~ROOT_NODE);
		b->nodes = mem_grow(b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof(*b->nodes));
		b->nodes[b->n_nodes] = b->made[made];
		entries[i] = ROOT_NODE | (uint32_t)b->n_nodes++;
	}
	return (struct poproot){entries, bits};
}

/* What the trie of IPv6 has at 2002::/16, if that is more than a leaf and not what IPv4 has. */
static uint32_t repeated_find(const struct folded *folded)
{
	uint32_t at = folded->roots[FAMILY_V6];
	for (unsigned bit = 0; bit < 16 && !(at & TRIE_LEAF); bit++)
		at = trie_children(&folded->trie, at)[0x2002 >> (15 - bit) & 1];
	return at == folded->roots[FAMILY_V4] ? TRIE_LEAF : at;
}

static const void *const *labels_build(const struct folded *folded, struct arena *arena, size_t *size)
{
	const struct intern *labels = &folded->labels;
	const void **list = arena_alloc(arena, labels->n * sizeof(*list));
	*size += labels->n * sizeof(*list);
	for (uint32_t i = 0; i < labels->n; i++) {
		const void *label = intern_item(labels, i);
		size_t used = folded->labeller->used(label);
		list[i] = memcpy(arena_alloc_aligned(arena, used, sizeof(uint32_t)), label, used);
		*size += used;
	}
	return list;
}

const struct poptrie *poptrie_build(const struct folded *folded, struct arena *arena)
{
	struct building b = {.trie = &folded->trie};
	b.roots[FAMILY_V4] = folded->roots[FAMILY_V4];
	b.roots[FAMILY_V6] = folded->roots[FAMILY_V6];
	b.roots[TABLE_REPEATED] = repeated_find(folded);
	b.made_of = mem_alloc(folded->trie.nodes.n * sizeof(*b.made_of));
	memset(b.made_of, 0xff, folded->trie.nodes.n * sizeof(*b.made_of));

	struct poptrie *trie = arena_alloc(arena, sizeof(*trie));
	trie->size = sizeof(*trie);
	trie->labels = labels_build(folded, arena, &trie->size);
	for (uint32_t table = 0; table < TABLES; table++) {
		if (table == TABLE_REPEATED && b.roots[table] & TRIE_LEAF)
			continue;
		unsigned bits = root_bits(folded, table);
		trie->roots[table] = root_build(&b, b.roots[table], bits, arena);
		trie->size += sizeof(uint32_t) << bits;
	}
	struct popnode *nodes = arena_alloc_aligned(arena, b.n_nodes * sizeof(*nodes), 64);
	if (b.n_nodes > 0)
		memcpy(nodes, b.nodes, b.n_nodes * sizeof(*nodes));
	trie->nodes = nodes;
	trie->leaves = arena_copy(arena, b.leaves, b.n_leaves * sizeof(*b.leaves));
	trie->size += b.n_nodes * sizeof(*nodes) + b.n_leaves * sizeof(*b.leaves);
	free(b.nodes);
	free(b.leaves);
	free(b.made);
	free(b.made_of);
	return trie;
}
