/* SPDX-License-Identifier: ISC */
/*
 * One descent over the trees of all databases and the networks of the lines at once. Equal neighbours are
 * joined on the way back, 6 bits at a time, so the unjoined trie never exists.
 */
#include "geo/fold.h"
#include "base/memory.h"
#include "base/room.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 128 };

struct folding {
	struct labeller *labeller;
	const struct databases *databases;
	struct folded *out;
	struct intern places; /* those of the databases, and what they say together */
	struct memo merged;   /* two places -> the first completed by the second */
	struct memo labels;   /* place, mark -> label */
	uint32_t *plain;      /* place -> label where the mark is 0, or MEMO_NONE */
	size_t n_plain, cap_plain;
	struct memo states; /* a state with a node that is met more than once -> its entry */
	void *label;        /* scratch */
	uint32_t *holding;  /* scratch: lines */

	/*
	 * A state is where the descent is: a cursor of each database, the step among the networks of the
	 * lines, and the mark, which stands for all networks so far. Behind them it is noted whether a node
	 * since the last stride is met more than once. Two for each depth.
	 */
	uint32_t *states_of;
	size_t width;
	uint32_t *ipv4;     /* the state where IPv4 begins */
	uint32_t *repeated; /* that of each table from TABLE_REPEATED on */
	uint32_t n_repeated;

	uint64_t before; /* what was left */
	uint64_t steps;  /* since room was looked at */
};

/* Slots to be filled, of a node or a table. */
struct spread {
	uint32_t *slots;
	unsigned bits;
	unsigned depth; /* where it begins */
};

static uint32_t places_merge(struct folding *f, uint32_t first, uint32_t second)
{
	if (first == 0 || second == 0)
		return first + second;
	uint32_t key[2] = {first, second};
	uint32_t *held = memo_at(&f->merged, key);
	if (*held == MEMO_NONE) {
		struct place place = *(const struct place *)intern_item(&f->places, first);
		place_merge(&place, intern_item(&f->places, second));
		*held = places_add(&f->places, &place);
		f->steps++;
	}
	return *held;
}

static uint32_t label_of(struct folding *f, uint32_t number, uint32_t mark)
{
	struct place place = *(const struct place *)intern_item(&f->places, number);
	place_finish(&place);
	size_t n = lines_find(&f->labeller->lines, mark, &place, f->holding);
	f->steps += 1 + f->labeller->size / ROOM_STEP_OCTETS;
	memset(f->label, 0, f->labeller->size);
	f->labeller->make(f->labeller, &place, f->holding, n, f->label);
	return intern_add(&f->out->labels, f->label);
}

bool entries_agree(const uint32_t *entries, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (entries[i] != entries[0])
			return false;
	return entry_is_label(entries[0]);
}

/* The label of all that is at a place where no network was met. */
static uint32_t plain_label(struct folding *f, uint32_t number)
{
	f->plain = mem_grow(f->plain, &f->cap_plain, (size_t)number + 1, sizeof(*f->plain));
	for (; f->n_plain <= number; f->n_plain++)
		f->plain[f->n_plain] = MEMO_NONE;
	if (f->plain[number] == MEMO_NONE)
		f->plain[number] = label_of(f, number, 0);
	return f->plain[number];
}

/* The leaf for a state in which there is nowhere to go. */
static uint32_t leaf(struct folding *f, const uint32_t *state)
{
	size_t n = f->databases->n;
	uint32_t key[2] = {0, state[n + 1]};
	for (size_t i = 0; i < n; i++)
		key[0] = places_merge(f, key[0], state[i] & ~CURSOR_LEAF);
	if (key[1] == 0)
		return plain_label(f, key[0]) << LENGTH_BITS;
	uint32_t *held = memo_at(&f->labels, key);
	if (*held == MEMO_NONE)
		*held = label_of(f, key[0], key[1]);
	return *held << LENGTH_BITS;
}

/* The states of both halves below `state`. */
static void halve(const struct folding *f, const uint32_t *state, uint32_t *left, uint32_t *right)
{
	size_t n = f->databases->n;
	left[n + 2] = right[n + 2] = state[n + 2];
	for (size_t i = 0; i < n; i++) {
		uint32_t children[2] = {state[i], state[i]};
		if (!(state[i] & CURSOR_LEAF))
			database_children(f->databases->list[i], state[i], children);
		left[i] = children[0];
		right[i] = children[1];
		left[n + 2] |= database_shared(f->databases->list[i], children[0]);
		right[n + 2] |= database_shared(f->databases->list[i], children[1]);
	}
	const struct step *steps = f->labeller->lines.steps, *step = &steps[state[n]];
	left[n] = step->children[0];
	right[n] = step->children[1];
	left[n + 1] = steps[left[n]].line ? left[n] : state[n + 1];
	right[n + 1] = steps[right[n]].line ? right[n] : state[n + 1];
}

static bool is_end(const struct folding *f, const uint32_t *state)
{
	size_t n = f->databases->n;
	const struct step *step = &f->labeller->lines.steps[state[n]];
	bool end = step->children[0] == 0 && step->children[1] == 0;
	for (size_t i = 0; i < n && end; i++)
		end = state[i] & CURSOR_LEAF;
	return end;
}

static void fill(struct folding *f, const struct spread *s, uint32_t *state, unsigned depth, uint32_t first);

/* Folds a table, and returns what is to lead to it. */
static uint32_t table_fold(struct folding *f, enum table table, uint32_t *state, unsigned depth)
{
	struct table_entries *t = &f->out->tables[table];
	size_t n = (size_t)1 << t->bits;
	t->entries = mem_alloc(n * sizeof(*t->entries));
	state[f->databases->n + 2] = false;
	fill(f, &(struct spread){t->entries, t->bits, depth}, state, depth, 0);
	if (!entries_agree(t->entries, n))
		return f->out->whole[table] = (LEAF_TABLE + table) << LENGTH_BITS;
	f->out->whole[table] = t->entries[0];
	free(t->entries);
	t->entries = NULL;
	return f->out->whole[table];
}

static bool same_state(const struct folding *f, const uint32_t *a, const uint32_t *b)
{
	return memcmp(a, b, (f->databases->n + 2) * sizeof(*a)) == 0;
}

/* Does IPv4 begin here, in any of the databases? Then what leads to the table for it, if there is room. */
static bool repeats(struct folding *f, uint32_t *state, unsigned depth, uint32_t *value)
{
	size_t n = f->databases->n;
	bool any = false;
	for (size_t i = 0; i < n; i++)
		any = any || (!(state[i] & CURSOR_LEAF) && state[i] == f->ipv4[i]);
	if (!any)
		return false;
	uint32_t table = TABLE_V4;
	if (!same_state(f, state, f->ipv4))
		for (table = TABLE_REPEATED; table < TABLE_REPEATED + f->n_repeated; table++)
			if (same_state(f, state, f->repeated + (table - TABLE_REPEATED) * f->width))
				break;
	if (table == TABLES)
		return false;
	if (table == TABLE_REPEATED + f->n_repeated) {
		memcpy(f->repeated + f->n_repeated++ * f->width, state, f->width * sizeof(*state));
		table_fold(f, (enum table)table, state, depth);
	}
	*value = f->out->whole[table];
	return true;
}

/* Is there memory to go on with, and to build tries at the end? */
static bool has_room(struct folding *f)
{
	uint64_t steps = f->steps + 1;
	f->steps = 0;
	return f->databases->room == NULL || room_suffices(f->databases->room, steps, f->before);
}

static uint32_t stride(struct folding *f, uint32_t *state, unsigned depth)
{
	if (!has_room(f))
		return plain_label(f, 0) << LENGTH_BITS;
	bool shared = state[f->databases->n + 2];
	uint32_t held = shared ? *memo_at(&f->states, state) : MEMO_NONE;
	if (held != MEMO_NONE)
		return held;
	uint32_t slots[SLOTS];
	state[f->databases->n + 2] = false;
	fill(f, &(struct spread){slots, STRIDE, depth}, state, depth, 0);
	uint32_t entry = nodes_add(&f->out->nodes, slots);
	if (shared)
		*memo_at(&f->states, state) = entry;
	return entry;
}

/* Fills those slots, from the first on, that are in `state`. */
static void fill(struct folding *f, const struct spread *s, uint32_t *state, unsigned depth, uint32_t first)
{
	unsigned within = depth - s->depth;
	uint32_t width = 1u << (s->bits - within), value;
	if (is_end(f, state)) {
		value = leaf(f, state);
	} else if (within > 0 && repeats(f, state, depth, &value)) {
		value |= entry_is_table(value) ? within : 0;
	} else if (width == 1) {
		bool clients = s->bits == CLIENTS_BITS && first == CLIENTS;
		value = clients ? table_fold(f, TABLE_CLIENTS, state, depth) : stride(f, state, depth);
		value |= entry_is_table(value) ? within : 0;
	} else {
		uint32_t *left = f->states_of + depth * 2 * f->width, *right = left + f->width;
		halve(f, state, left, right);
		fill(f, s, left, depth + 1, first);
		fill(f, s, right, depth + 1, first + width / 2);
		return;
	}
	for (uint32_t i = 0; i < width; i++)
		s->slots[first + i] = value;
}

/* The state where a family begins, behind those of all depths. */
static uint32_t *family_begin(struct folding *f, enum family family)
{
	size_t n = f->databases->n;
	const struct step *step = &f->labeller->lines.steps[family];
	bool networks = step->line != 0 || step->children[0] != 0 || step->children[1] != 0;
	uint32_t *state = f->states_of + (size_t)DEPTH_MAX * 2 * f->width;
	for (size_t i = 0; i < n; i++)
		state[i] = database_root(f->databases->list[i], family);
	state[n] = networks ? family : 0;
	state[n + 1] = step->line ? family : 0;
	state[n + 2] = false;
	return state;
}

/* As many first bits in tables as the databases are worth; more IPv4 networks are of 24 bits than of any
 * other. */
static void tables_size(const struct databases *databases, struct folded *out)
{
	size_t nodes = 0;
	for (size_t i = 0; i < databases->n; i++)
		nodes += database_nodes(databases->list[i]);
	unsigned bits = nodes < 30000 ? 2 * STRIDE : 3 * STRIDE;
	out->tables[TABLE_V4].bits = bits;
	out->tables[TABLE_V6].bits = CLIENTS_BITS;
	out->tables[TABLE_CLIENTS].bits = bits;
	for (int table = TABLE_REPEATED; table < TABLES; table++)
		out->tables[table].bits = 2 * STRIDE;
}

static void places_copy(struct intern *to, const struct intern *from)
{
	places_init(to);
	for (uint32_t i = 1; i < from->n; i++)
		intern_add(to, intern_item(from, i));
}

static void folding_init(struct folding *f)
{
	f->width = f->databases->n + 3;
	f->label = mem_alloc(f->labeller->size);
	f->holding = mem_alloc(f->labeller->lines.n * sizeof(*f->holding));
	f->states_of = mem_alloc((size_t)(DEPTH_MAX * 2 + 1) * f->width * sizeof(uint32_t));
	f->ipv4 = mem_alloc(f->width * sizeof(uint32_t));
	f->repeated = mem_alloc((TABLES - TABLE_REPEATED) * f->width * sizeof(uint32_t));
	places_copy(&f->places, &f->databases->places);
	memo_init(&f->merged, 2 * sizeof(uint32_t));
	memo_init(&f->labels, 2 * sizeof(uint32_t));
	memo_init(&f->states, (f->databases->n + 2) * sizeof(uint32_t));
}

static void folding_free(struct folding *f)
{
	intern_free(&f->places);
	memo_free(&f->merged);
	memo_free(&f->labels);
	memo_free(&f->states);
	free(f->plain);
	free(f->label);
	free(f->holding);
	free(f->states_of);
	free(f->ipv4);
	free(f->repeated);
}

void fold(struct labeller *labeller, const struct databases *databases, struct folded *out)
{
	struct folding f = {.labeller = labeller, .databases = databases, .out = out};
	if (databases->room != NULL)
		f.before = databases->room->last.octets;
	*out = (struct folded){.labeller = labeller};
	nodes_init(&out->nodes);
	intern_init(&out->labels, labeller->size);
	tables_size(databases, out);
	folding_init(&f);

	uint32_t *begin = family_begin(&f, FAMILY_V4);
	table_fold(&f, TABLE_V4, begin, 0);
	memcpy(f.ipv4, begin, f.width * sizeof(*begin));
	table_fold(&f, TABLE_V6, family_begin(&f, FAMILY_V6), 0);

	nodes_finish(&out->nodes);
	folding_free(&f);
}

void folded_free(struct folded *folded)
{
	nodes_free(&folded->nodes);
	intern_free(&folded->labels);
	for (int table = 0; table < TABLES; table++)
		free(folded->tables[table].entries);
}
