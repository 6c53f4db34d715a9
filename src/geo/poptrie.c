/* SPDX-License-Identifier: ISC */
/* From what was folded to the form in which it is served: what isn't wanted left out, equal networks joined.
 */
#include "geo/poptrie.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

struct building {
	const struct folded *from;
	uint32_t *labels;   /* number in `from` -> number here */
	struct intern kept; /* the labels here */
	struct nodes nodes; /* likewise */
	uint32_t *moved;    /* index of a node in `from` -> entry here */
	bool ready[TABLES];
	uint32_t whole[TABLES]; /* as in `from`; of tables that are ready */
	struct table_entries tables[TABLES];
};

static void labels_project(struct building *b, const struct wanted *wanted)
{
	const struct folded *from = b->from;
	void *label = mem_alloc(from->labels.size);
	b->labels = mem_alloc(from->labels.n * sizeof(*b->labels));
	intern_init(&b->kept, from->labels.size);
	for (uint32_t i = 0; i < from->labels.n; i++) {
		const void *whole = intern_item(&from->labels, i);
		memset(label, 0, from->labels.size);
		if (wanted != NULL)
			from->labeller->narrow(whole, wanted, label);
		b->labels[i] = intern_add(&b->kept, wanted != NULL ? label : whole);
	}
	assert(b->kept.n < LEAF_TABLE);
	free(label);
}

static uint32_t table_project(struct building *b, uint32_t table);

static uint32_t entry_project(struct building *b, uint32_t entry)
{
	if (entry & ENTRY_NODE)
		return b->moved[entry & ~ENTRY_NODE];
	if (entry_is_label(entry))
		return b->labels[entry >> LENGTH_BITS] << LENGTH_BITS;
	uint32_t value = table_project(b, (entry >> LENGTH_BITS) - LEAF_TABLE);
	return entry_is_table(value) ? value | (entry & LENGTH_MASK) : value;
}

/* What is to lead to a table. All of its nodes must have been moved. */
static uint32_t table_project(struct building *b, uint32_t table)
{
	const struct table_entries *from = &b->from->tables[table];
	if (b->ready[table])
		return b->whole[table];
	b->ready[table] = true;
	b->whole[table] = b->from->whole[table];
	if (from->entries == NULL)
		return b->whole[table] = entry_project(b, b->whole[table]);
	size_t n = (size_t)1 << from->bits;
	struct table_entries *to = &b->tables[table];
	*to = (struct table_entries){mem_alloc(n * sizeof(*to->entries)), from->bits};
	for (size_t i = 0; i < n; i++)
		to->entries[i] = entry_project(b, from->entries[i]);
	if (!entries_agree(to->entries, n))
		return b->whole[table];
	b->whole[table] = to->entries[0];
	free(to->entries);
	to->entries = NULL;
	return b->whole[table];
}

/* Children before parents, as they come, and tables before nodes that lead to them. */
static void nodes_project(struct building *b)
{
	const struct nodes *from = &b->from->nodes;
	b->moved = mem_alloc(from->n * sizeof(*b->moved));
	for (size_t at = 0; at < from->n; at += node_size(from->words + at)) {
		uint32_t slots[SLOTS];
		const uint32_t *next = from->words + at + 2;
		uint64_t runs = node_runs(from->words + at);
		for (unsigned i = 0; i < SLOTS; i++)
			slots[i] = runs >> i & 1 ? entry_project(b, *next++) : slots[i - 1];
		b->moved[at] = nodes_add(&b->nodes, slots);
	}
}

/* The last 6 bits of a table become nodes. */
static void table_shrink(struct building *b, struct table_entries *t)
{
	unsigned bits = t->bits - STRIDE;
	for (size_t i = 0; i < (size_t)1 << bits; i++) {
		uint32_t slots[SLOTS];
		memcpy(slots, t->entries + i * SLOTS, sizeof(slots));
		bool around = entry_is_table(slots[0]) && (slots[0] & LENGTH_MASK) <= bits;
		for (unsigned slot = 0; slot < SLOTS; slot++)
			slots[slot] -= entry_is_table(slots[slot]) ? bits : 0;
		t->entries[i] = around ? t->entries[i * SLOTS] : nodes_add(&b->nodes, slots);
	}
	t->bits = bits;
}

/* Gives the leaves of a table their lengths. True: all is one leaf, which is left to the caller. */
static bool table_measure(uint32_t *entries, size_t n, unsigned depth)
{
	if (n == 1)
		return entry_is_label(*entries);
	uint32_t *halves[2] = {entries, entries + n / 2};
	bool one[2] = {table_measure(halves[0], n / 2, depth + 1),
		       table_measure(halves[1], n / 2, depth + 1)};
	if (one[0] && one[1] && *halves[0] == *halves[1])
		return true;
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < n / 2 && one[side]; i++)
			halves[side][i] |= depth + 1;
	return false;
}

/* A table with as many first bits as the trie is worth. */
static struct poproot root_build(struct building *b, uint32_t table, struct arena *arena)
{
	struct table_entries *t = &b->tables[table];
	unsigned worth = b->nodes.n < 2000 ? STRIDE : b->nodes.n < 40000 ? 2 * STRIDE : 3 * STRIDE;
	while (t->bits > worth)
		table_shrink(b, t);
	size_t n = (size_t)1 << t->bits;
	table_measure(t->entries, n, 0);
	uint32_t *entries = arena_alloc_aligned(arena, n * sizeof(*entries), 64);
	memcpy(entries, t->entries, n * sizeof(*entries));
	return (struct poproot){entries, t->bits};
}

/* A family that is one leaf has a table still. */
static void root_widen(struct building *b, uint32_t table)
{
	struct table_entries *t = &b->tables[table];
	if (t->entries != NULL)
		return;
	*t = (struct table_entries){mem_alloc(sizeof(*t->entries) << CLIENTS_BITS), CLIENTS_BITS};
	for (size_t i = 0; i < 1 << CLIENTS_BITS; i++)
		t->entries[i] = b->whole[table];
}

/* All in as many octets as the longest uses. */
static void labels_place(const struct building *b, struct poptrie *trie, struct arena *arena)
{
	const struct intern *labels = &b->kept;
	size_t longest = 0;
	for (uint32_t i = 0; i < labels->n; i++) {
		size_t used = b->from->labeller->used(intern_item(labels, i));
		longest = used > longest ? used : longest;
	}
	trie->label_size = (longest + 3) & ~(size_t)3;
	uint8_t *octets = arena_alloc_aligned(arena, labels->n * trie->label_size, 64);
	for (uint32_t i = 0; i < labels->n; i++)
		memcpy(octets + i * trie->label_size, intern_item(labels, i), trie->label_size);
	trie->labels = octets;
	trie->size += labels->n * trie->label_size;
}

const struct poptrie *poptrie_build(const struct folded *folded, const struct wanted *wanted,
				    struct arena *arena)
{
	struct building b = {.from = folded};
	struct poptrie *trie = arena_alloc(arena, sizeof(*trie));
	trie->size = sizeof(*trie);
	nodes_init(&b.nodes);
	labels_project(&b, wanted);
	labels_place(&b, trie, arena);
	nodes_project(&b);
	for (uint32_t table = 0; table < TABLES; table++)
		table_project(&b, table);
	root_widen(&b, TABLE_V4);
	root_widen(&b, TABLE_V6);
	for (uint32_t table = 0; table < TABLES; table++) {
		if (b.tables[table].entries == NULL)
			continue;
		trie->roots[table] = root_build(&b, table, arena);
		trie->size += sizeof(uint32_t) << trie->roots[table].bits;
		free(b.tables[table].entries);
	}
	nodes_finish(&b.nodes);
	free(b.moved);
	trie->words = arena_copy(arena, b.nodes.words, b.nodes.n * sizeof(*b.nodes.words));
	trie->size += b.nodes.n * sizeof(*b.nodes.words);
	nodes_free(&b.nodes);
	intern_free(&b.kept);
	free(b.labels);
	return trie;
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

struct popfound poptrie_find_below(const struct poptrie *trie, const struct addr *client)
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
