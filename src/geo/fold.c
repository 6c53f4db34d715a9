/* SPDX-License-Identifier: ISC */
/*
 * One descent over the trees of all databases and the networks of the lines at once. Equal neighbours are
 * joined on the way back, so the unjoined trie never exists.
 */
#include "geo/fold.h"
#include "base/memory.h"

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
	struct memo states;   /* a state whose nodes are met more than once -> its trie */
	void *label;          /* scratch */
	uint32_t *holding;    /* scratch: lines */

	/*
	 * A state is where the descent is: a cursor of each database, the step among the networks of the
	 * lines, and the mark, which stands for all networks so far. Two for each depth.
	 */
	uint32_t *states_of;
	size_t width;
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
	}
	return *held;
}

static uint32_t label_of(struct folding *f, uint32_t number, uint32_t mark)
{
	struct place place = *(const struct place *)intern_item(&f->places, number);
	place_finish(&place);
	size_t n = lines_find(&f->labeller->lines, mark, &place, f->holding);
	memset(f->label, 0, f->labeller->size);
	f->labeller->make(f->labeller, &place, f->holding, n, f->label);
	return intern_add(&f->out->labels, f->label);
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
		*held = label_of(f, key[0], key[1]);
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
	const struct step *steps = f->labeller->lines.steps, *step = &steps[state[n]];
	left[n] = step->children[0];
	right[n] = step->children[1];
	left[n + 1] = steps[left[n]].line ? left[n] : state[n + 1];
	right[n + 1] = steps[right[n]].line ? right[n] : state[n + 1];
}

static uint32_t descend(struct folding *f, const uint32_t *state, unsigned depth)
{
	size_t n = f->databases->n;
	const struct step *step = &f->labeller->lines.steps[state[n]];
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
	memo_init(&f->states, f->width * sizeof(uint32_t));
	uint32_t *state = f->states_of + (size_t)DEPTH_MAX * 2 * f->width;
	for (size_t i = 0; i < n; i++)
		state[i] = database_root(f->databases->list[i], family);
	state[n] = family;
	state[n + 1] = f->labeller->lines.steps[family].line ? family : 0;
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

void fold(struct labeller *labeller, const struct databases *databases, struct folded *out)
{
	struct folding f = {
		.labeller = labeller, .databases = databases, .out = out, .width = databases->n + 2};
	out->labeller = labeller;
	trie_init(&out->trie);
	intern_init(&out->labels, labeller->size);
	f.label = mem_alloc(labeller->size);
	f.holding = mem_alloc(labeller->lines.n * sizeof(*f.holding));
	f.states_of = mem_alloc((size_t)(DEPTH_MAX * 2 + 1) * f.width * sizeof(uint32_t));
	places_copy(&f.places, &databases->places);
	memo_init(&f.merged, 2 * sizeof(uint32_t));
	memo_init(&f.labels, 2 * sizeof(uint32_t));

	out->roots[FAMILY_NONE] = TRIE_LEAF;
	out->roots[FAMILY_V4] = fold_family(&f, FAMILY_V4);
	out->roots[FAMILY_V6] = fold_family(&f, FAMILY_V6);

	intern_free(&f.places);
	memo_free(&f.merged);
	memo_free(&f.labels);
	free(f.label);
	free(f.holding);
	free(f.states_of);
}

/* The numbers that the labels of `from` have in `out` when only what is wanted is left of them. */
static uint32_t *labels_project(const struct folded *from, const struct wanted *wanted, struct folded *out)
{
	uint32_t *numbers = mem_alloc(from->labels.n * sizeof(*numbers));
	void *label = mem_alloc(from->labels.size);
	for (uint32_t i = 0; i < from->labels.n; i++) {
		memset(label, 0, from->labels.size);
		from->labeller->narrow(intern_item(&from->labels, i), wanted, label);
		numbers[i] = intern_add(&out->labels, label);
	}
	free(label);
	return numbers;
}

void folded_project(const struct folded *from, const struct wanted *wanted, struct folded *out)
{
	out->labeller = from->labeller;
	trie_init(&out->trie);
	intern_init(&out->labels, from->labels.size);
	uint32_t *labels = labels_project(from, wanted, out);
	uint32_t *tries = mem_alloc(from->trie.nodes.n * sizeof(*tries));
	for (uint32_t i = 0; i < from->trie.nodes.n; i++) {
		uint32_t halves[2];
		for (int side = 0; side < 2; side++) {
			uint32_t half = trie_children(&from->trie, i)[side];
			halves[side] = half & TRIE_LEAF ? TRIE_LEAF | labels[half & ~TRIE_LEAF] : tries[half];
		}
		tries[i] = trie_join(&out->trie, halves[0], halves[1]);
	}
	for (int family = 0; family < 3; family++) {
		uint32_t root = from->roots[family];
		out->roots[family] = root & TRIE_LEAF ? TRIE_LEAF | labels[root & ~TRIE_LEAF] : tries[root];
	}
	free(tries);
	free(labels);
}

void folded_free(struct folded *folded)
{
	trie_free(&folded->trie);
	intern_free(&folded->labels);
}
