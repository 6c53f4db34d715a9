/* SPDX-License-Identifier: ISC */
/* A third question to the fold: which line decides. */
#include "geo/survey.h"
#include "base/memory.h"
#include "base/room.h"
#include "geo/databases.h"
#include "geo/poptrie.h"

#include <math.h>
#include <stdlib.h>

/* The label is the deciding line's index + 1. */
static void make(struct labeller *labeller, const struct place *place, const uint32_t *lines, size_t n,
		 void *label)
{
	(void)labeller;
	(void)place;
	*(uint32_t *)label = n > 0 ? lines[0] + 1 : 0;
}

static size_t used(const void *label)
{
	(void)label;
	return sizeof(uint32_t);
}

static void note_leaf(void *context, const struct prefix *prefix, const void *label)
{
	struct line_clients *out = context;
	uint32_t line = *(const uint32_t *)label;
	if (line == 0)
		return;
	struct line_clients *clients = &out[line - 1];
	if (!clients->found ||
	    (clients->network.addr.family == prefix->addr.family && prefix->len < clients->network.len))
		clients->network = *prefix;
	clients->found = true;
	clients->share += prefix->addr.family == FAMILY_V4 ? ldexp(1, -prefix->len) : 0;
}

bool geomap_survey(const struct geomap *map, const struct databases *databases, struct line_clients *out)
{
	const struct geomap_line **list = mem_alloc(map->n * sizeof(*list));
	struct labeller labeller = {.size = sizeof(uint32_t), .make = make, .used = used};
	struct folded folded;
	for (size_t i = 0; i < map->n; i++) {
		list[i] = &map->lines[i];
		out[i] = (struct line_clients){0};
	}
	lines_init(&labeller.lines, list, map->n);
	fold(&labeller, databases, &folded);
	bool whole = databases->room == NULL || !databases->room->short_of;
	struct arena *arena = arena_new();
	const struct poptrie *trie = whole ? poptrie_build(&folded, NULL, arena) : NULL;
	for (enum family family = FAMILY_V4; whole && family <= FAMILY_V6; family++)
		poptrie_walk(trie, family, note_leaf, out);
	arena_free(arena);
	folded_free(&folded);
	lines_free(&labeller.lines);
	free(list);
	return whole;
}
