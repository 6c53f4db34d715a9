/* SPDX-License-Identifier: ISC */
/* A third question to the fold: which line decides. */
#include "geo/survey.h"
#include "base/memory.h"
#include "geo/fold.h"

#include <math.h>
#include <stdlib.h>

struct surveyor {
	const struct folded *folded;
	struct line_clients *out;
	struct prefix at; /* where the walk is */
};

/* The label is the deciding line's index + 1. */
static void make(struct labeller *labeller, const struct place *place, const uint32_t *lines, size_t n,
		 void *label)
{
	(void)labeller;
	(void)place;
	*(uint32_t *)label = n > 0 ? lines[0] + 1 : 0;
}

static void note_leaf(struct surveyor *s, uint32_t label)
{
	uint32_t line = *(const uint32_t *)intern_item(&s->folded->labels, label);
	if (line == 0)
		return;
	struct line_clients *clients = &s->out[line - 1];
	bool v4 = s->at.addr.family == FAMILY_V4;
	if (!clients->found ||
	    (clients->network.addr.family == s->at.addr.family && s->at.len < clients->network.len))
		clients->network = s->at;
	clients->found = true;
	clients->share += v4 ? ldexp(1, -s->at.len) : 0;
}

static void walk(struct surveyor *s, uint32_t node)
{
	if (node & TRIE_LEAF) {
		note_leaf(s, node & ~TRIE_LEAF);
		return;
	}
	unsigned bit = s->at.len++;
	uint8_t *octet = &s->at.addr.octets[bit / 8], mask = (uint8_t)(0x80u >> bit % 8);
	walk(s, trie_children(&s->folded->trie, node)[0]);
	*octet |= mask;
	walk(s, trie_children(&s->folded->trie, node)[1]);
	*octet = (uint8_t)(*octet & ~mask);
	s->at.len--;
}

void geomap_survey(const struct geomap *map, const struct databases *databases, struct line_clients *out)
{
	const struct geomap_line **list = mem_alloc(map->n * sizeof(*list));
	struct labeller labeller = {.size = sizeof(uint32_t), .make = make};
	struct folded folded;
	for (size_t i = 0; i < map->n; i++) {
		list[i] = &map->lines[i];
		out[i] = (struct line_clients){0};
	}
	lines_init(&labeller.lines, list, map->n);
	fold(&labeller, databases, &folded);
	for (enum family family = FAMILY_V4; family <= FAMILY_V6; family++) {
		struct surveyor s = {.folded = &folded, .out = out, .at.addr.family = (uint8_t)family};
		walk(&s, folded.roots[family]);
	}
	folded_free(&folded);
	lines_free(&labeller.lines);
	free(list);
}
