/* SPDX-License-Identifier: ISC */
/*
 * One descent over the trees of all databases and the networks of the map at once. Equal neighbours are
 * joined on the way back, so the unjoined trie never exists.
 */
#include "geo/fold.h"
#include "base/memory.h"
#include "geo/ranking.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 128 };
#define NO_LINE UINT32_MAX

/* The map's networks of one family as a binary trie. Step 0 is nowhere: all ways from there lead there. */
struct step {
	uint32_t children[2];
	uint32_t line; /* NO_LINE: no network ends here */
};

struct folding {
	const struct geomap *map;
	const struct databases *databases;
	struct folded *out;
	struct ranking *ranking;
	struct step *steps;
	uint32_t n_steps;
	size_t cap_steps;
	struct intern places; /* those of the databases, and what they say together */
	struct memo merged;   /* two places -> the first completed by the second */
	struct memo labels;   /* place, line -> order */
	struct memo states;   /* a state whose nodes are met more than once -> its trie */
	uint16_t *order;      /* scratch: an item of out->orders */

	/*
	 * A state is where the descent is: a cursor of each database, the step among the networks, and the
	 * line of the longest network so far. Two for each depth.
	 */
	uint32_t *states_of;
	size_t width;
};

static uint32_t step_add(struct folding *f)
{
	f->steps = mem_grow(f->steps, &f->cap_steps, f->n_steps + 1, sizeof(*f->steps));
	f->steps[f->n_steps] = (struct step){.line = NO_LINE};
	return f->n_steps++;
}

static void steps_build(struct folding *f, enum family family)
{
	f->n_steps = 0;
	step_add(f);
	step_add(f);
	for (uint32_t i = 0; i < f->map->n; i++) {
		const struct geomap_line *line = &f->map->lines[i];
		if (line->key != GEOMAP_NETWORK || line->network.addr.family != family)
			continue;
		uint32_t at = 1;
		for (unsigned bit = 0; bit < line->network.len; bit++) {
			unsigned side = line->network.addr.octets[bit / 8] >> (7 - bit % 8) & 1;
			if (f->steps[at].children[side] == 0) {
				uint32_t child = step_add(f);
				f->steps[at].children[side] = child;
			}
			at = f->steps[at].children[side];
		}
		if (f->steps[at].line == NO_LINE)
			f->steps[at].line = i;
	}
}

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
	}
	return *held;
}

static uint32_t order_of(struct folding *f, uint32_t number, uint32_t line)
{
	struct place place = *(const struct place *)intern_item(&f->places, number);
	place_finish(&place);
	if (line == NO_LINE)
		line = (uint32_t)geomap_place_line(f->map, &place);
	memset(f->order, 0, f->out->orders.size);
	f->order[0] = ranking_order(f->ranking, &f->map->lines[line], &place, f->order + 1);
	return intern_add(&f->out->orders, f->order);
}

/* The leaf for a state in which there is nowhere to go. */
static uint32_t leaf(struct folding *f, const uint32_t *state)
{
	size_t n = f->databases->n;
	uint32_t key[2] = {0, state[n + 1]};
	for (size_t i = 0; i < n; i++)
		key[0] = places_merge(f, key[0], state[i] & ~CURSOR_LEAF);
	uint32_t *held = memo_at(&f->labels, key);
	if (*held == MEMO_NONE)
		*held = order_of(f, key[0], key[1]);
	return TRIE_LEAF | *held;
}

/* The states of both halves below `state`. */
static void halve(const struct folding *f, const uint32_t *state, uint32_t *left, uint32_t *right)
{
	size_t n = f->databases->n;
	for (size_t i = 0; i < n; i++) {
		uint32_t children[2] = {state[i], state[i]};
		if (!(state[i] & CURSOR_LEAF))
			database_children(f->databases->list[i], state[i], children);
		left[i] = children[0];
		right[i] = children[1];
	}
	const struct step *step = &f->steps[state[n]];
	left[n] = step->children[0];
	right[n] = step->children[1];
	left[n + 1] = f->steps[left[n]].line != NO_LINE ? f->steps[left[n]].line : state[n + 1];
	right[n + 1] = f->steps[right[n]].line != NO_LINE ? f->steps[right[n]].line : state[n + 1];
}

static uint32_t descend(struct folding *f, const uint32_t *state, unsigned depth)
{
	size_t n = f->databases->n;
	const struct step *step = &f->steps[state[n]];
	bool end = step->children[0] == 0 && step->children[1] == 0, shared = false;
	for (size_t i = 0; i < n; i++)
		if (!(state[i] & CURSOR_LEAF)) {
			end = false;
			shared = shared || database_shared(f->databases->list[i], state[i]);
		}
	if (end)
		return leaf(f, state);
	uint32_t held = shared ? *memo_at(&f->states, state) : MEMO_NONE;
	if (held != MEMO_NONE)
		return held;

	uint32_t *left = f->states_of + depth * 2 * f->width, *right = left + f->width;
	halve(f, state, left, right);
	uint32_t low = descend(f, left, depth + 1);
	uint32_t trie = trie_join(&f->out->trie, low, descend(f, right, depth + 1));
	if (shared)
		*memo_at(&f->states, state) = trie;
	return trie;
}

static uint32_t fold_family(struct folding *f, enum family family)
{
	size_t n = f->databases->n;
	steps_build(f, family);
	memo_init(&f->states, f->width * sizeof(uint32_t));
	uint32_t *state = f->states_of + (size_t)DEPTH_MAX * 2 * f->width;
	for (size_t i = 0; i < n; i++)
		state[i] = database_root(f->databases->list[i], family);
	state[n] = 1;
	state[n + 1] = f->steps[1].line;
	uint32_t root = descend(f, state, 0);
	memo_free(&f->states);
	return root;
}

static void places_copy(struct intern *to, const struct intern *from)
{
	places_init(to);
	for (uint32_t i = 1; i < from->n; i++)
		intern_add(to, intern_item(from, i));
}

void fold(const struct config *config, const struct geomap *map, const struct databases *databases,
	  struct folded *out)
{
	struct folding f = {.map = map, .databases = databases, .out = out, .width = databases->n + 2};
	trie_init(&out->trie);
	intern_init(&out->orders, (config->n_datacenters / 2 + 1) * 2 * sizeof(uint16_t));
	f.ranking = ranking_new(config);
	f.order = mem_alloc(out->orders.size);
	f.states_of = mem_alloc((size_t)(DEPTH_MAX * 2 + 1) * f.width * sizeof(uint32_t));
	places_copy(&f.places, &databases->places);
	memo_init(&f.merged, 2 * sizeof(uint32_t));
	memo_init(&f.labels, 2 * sizeof(uint32_t));

	out->roots[FAMILY_NONE] = TRIE_LEAF;
	out->roots[FAMILY_V4] = fold_family(&f, FAMILY_V4);
	out->roots[FAMILY_V6] = fold_family(&f, FAMILY_V6);

	ranking_free(f.ranking);
	intern_free(&f.places);
	memo_free(&f.merged);
	memo_free(&f.labels);
	free(f.order);
	free(f.states_of);
	free(f.steps);
}

/* The numbers that the orders of `from` have in `out` when only those kept are left. */
static uint32_t *orders_project(const struct folded *from, const bool *kept, struct folded *out)
{
	uint32_t *numbers = mem_alloc(from->orders.n * sizeof(*numbers));
	uint16_t *order = mem_alloc(from->orders.size);
	for (uint32_t i = 0; i < from->orders.n; i++) {
		const uint16_t *whole = intern_item(&from->orders, i);
		memset(order, 0, from->orders.size);
		for (uint16_t k = 1; k <= whole[0]; k++)
			if (kept[whole[k]])
				order[++order[0]] = whole[k];
		numbers[i] = intern_add(&out->orders, order);
	}
	free(order);
	return numbers;
}

void folded_project(const struct folded *from, const bool *kept, struct folded *out)
{
	trie_init(&out->trie);
	intern_init(&out->orders, from->orders.size);
	uint32_t *orders = orders_project(from, kept, out);
	uint32_t *tries = mem_alloc(from->trie.nodes.n * sizeof(*tries));
	for (uint32_t i = 0; i < from->trie.nodes.n; i++) {
		uint32_t halves[2];
		for (int side = 0; side < 2; side++) {
			uint32_t half = trie_children(&from->trie, i)[side];
			halves[side] = half & TRIE_LEAF ? TRIE_LEAF | orders[half & ~TRIE_LEAF] : tries[half];
		}
		tries[i] = trie_join(&out->trie, halves[0], halves[1]);
	}
	for (int family = 0; family < 3; family++) {
		uint32_t root = from->roots[family];
		out->roots[family] = root & TRIE_LEAF ? TRIE_LEAF | orders[root & ~TRIE_LEAF] : tries[root];
	}
	free(tries);
	free(orders);
}

void folded_free(struct folded *folded)
{
	trie_free(&folded->trie);
	intern_free(&folded->orders);
}
