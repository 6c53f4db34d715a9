/* SPDX-License-Identifier: ISC */
/* One question folded once, and the locators made from it: one for each set of datacenters that names have
 * records in. */
#include "base/memory.h"
#include "base/room.h"
#include "geo/fold.h"
#include "geo/locator.h"
#include "geo/poptrie.h"
#include "geo/ranking.h"
#include "geo/times.h"
#include "geo/timing.h"

#include <stdlib.h>
#include <string.h>

struct made {
	bool *datacenters; /* for each whether it was kept */
	bool regions;
	const struct poptrie *trie;
};

struct atlas {
	size_t n_datacenters;
	struct labeller *labeller;
	struct folded folded;
	struct room_watch *room;            /* NULL: whatever it takes is there */
	struct made made[LOCATORS_MAX + 2]; /* two more for all datacenters, with regions and without */
	size_t n;
};

struct times_atlas {
	struct atlas atlas;
};

static void atlas_init(struct atlas *atlas, const struct config *config, struct labeller *labeller,
		       const struct databases *databases)
{
	atlas->n_datacenters = config->n_datacenters;
	atlas->labeller = labeller;
	atlas->room = databases->room;
	fold(labeller, databases, &atlas->folded);
}

struct atlas *atlas_new(const struct config *config, const struct geomap *map,
			const struct databases *databases)
{
	static const struct geomap_line nearest = {.key = GEOMAP_DEFAULT, .nearest = true};
	static const struct geomap map_nearest = {.name = "nearest", .n = 1, .lines = &nearest};
	struct atlas *atlas = mem_alloc(sizeof(*atlas));
	atlas_init(atlas, config, ranking_new(config, map ? map : &map_nearest), databases);
	return atlas;
}

struct times_atlas *times_atlas_new(const struct config *config, const struct databases *databases)
{
	struct times_atlas *atlas = mem_alloc(sizeof(*atlas));
	atlas_init(&atlas->atlas, config, timing_new(config), databases);
	return atlas;
}

void atlas_free(struct atlas *atlas)
{
	if (atlas == NULL)
		return;
	for (size_t i = 0; i < atlas->n; i++)
		free(atlas->made[i].datacenters);
	folded_free(&atlas->folded);
	atlas->labeller->free(atlas->labeller);
	free(atlas);
}

void times_atlas_free(struct times_atlas *atlas)
{
	atlas_free((struct atlas *)atlas);
}

static const struct poptrie *made_find(const struct atlas *atlas, const struct wanted *wanted)
{
	for (size_t i = 0; i < atlas->n; i++) {
		const struct made *made = &atlas->made[i];
		if (made->regions == wanted->regions &&
		    memcmp(made->datacenters, wanted->datacenters, atlas->n_datacenters * sizeof(bool)) == 0)
			return made->trie;
	}
	return NULL;
}

/* NULL: there is too little memory. */
static const struct poptrie *make(const struct atlas *atlas, const struct wanted *wanted, struct arena *arena)
{
	struct room_watch *room = atlas->room;
	bool all = wanted->regions && memchr(wanted->datacenters, false, atlas->n_datacenters) == NULL;
	if (room != NULL && room->short_of)
		return NULL;
	const struct poptrie *trie = poptrie_build(&atlas->folded, all ? NULL : wanted, arena);
	if (room != NULL)
		room_suffices(room, trie->size / ROOM_STEP_OCTETS, room->last.octets);
	return trie;
}

static const struct poptrie *atlas_trie(struct atlas *atlas, const uint16_t *datacenters, size_t n,
					bool regions, struct arena *arena)
{
	bool *kept = mem_alloc(atlas->n_datacenters * sizeof(*kept));
	struct wanted wanted = {kept, regions};
	for (size_t i = 0; i < n; i++)
		kept[datacenters[i]] = true;
	const struct poptrie *trie = made_find(atlas, &wanted);
	if (trie == NULL && atlas->n >= LOCATORS_MAX) {
		memset(kept, true, atlas->n_datacenters * sizeof(*kept));
		trie = made_find(atlas, &wanted);
	}
	if (trie != NULL) {
		free(kept);
		return trie;
	}
	trie = make(atlas, &wanted, arena);
	atlas->made[atlas->n++] = (struct made){kept, regions, trie};
	return trie;
}

bool atlas_has(const struct atlas *atlas, const uint16_t *datacenters, size_t n)
{
	bool *kept = mem_alloc(atlas->n_datacenters * sizeof(*kept));
	for (size_t i = 0; i < n; i++)
		kept[datacenters[i]] = true;
	bool has = made_find(atlas, &(struct wanted){kept, true}) != NULL;
	free(kept);
	return has;
}

const struct locator *atlas_locator(struct atlas *atlas, const uint16_t *datacenters, size_t n,
				    struct arena *arena)
{
	/* orders have no regions: with them is whole */
	return (const struct locator *)atlas_trie(atlas, datacenters, n, true, arena);
}

const struct times_locator *times_atlas_locator(struct times_atlas *atlas, const uint16_t *datacenters,
						size_t n, bool with_regions, struct arena *arena)
{
	return (const struct times_locator *)atlas_trie(&atlas->atlas, datacenters, n, with_regions, arena);
}
