/* SPDX-License-Identifier: ISC */
/* One map folded once, and the locators made from it: one for each set of datacenters that names have records
 * in. */
#include "base/memory.h"
#include "geo/fold.h"
#include "geo/locator.h"
#include "geo/poptrie.h"

#include <stdlib.h>
#include <string.h>

struct made {
	bool *kept; /* a datacenter each */
	const struct locator *locator;
};

struct atlas {
	const struct config *config;
	struct folded folded;
	struct made made[LOCATORS_MAX + 1]; /* one more for all datacenters */
	size_t n;
};

struct atlas *atlas_new(const struct config *config, const struct geomap *map,
			const struct databases *databases)
{
	static const struct geomap_line nearest = {.key = GEOMAP_DEFAULT, .nearest = true};
	static const struct geomap map_nearest = {.name = "nearest", .n = 1, .lines = &nearest};
	struct atlas *atlas = mem_alloc(sizeof(*atlas));
	atlas->config = config;
	fold(config, map ? map : &map_nearest, databases, &atlas->folded);
	return atlas;
}

void atlas_free(struct atlas *atlas)
{
	if (atlas == NULL)
		return;
	for (size_t i = 0; i < atlas->n; i++)
		free(atlas->made[i].kept);
	folded_free(&atlas->folded);
	free(atlas);
}

static const struct locator *made_find(const struct atlas *atlas, const bool *kept)
{
	for (size_t i = 0; i < atlas->n; i++)
		if (memcmp(atlas->made[i].kept, kept, atlas->config->n_datacenters * sizeof(*kept)) == 0)
			return atlas->made[i].locator;
	return NULL;
}

const struct locator *atlas_locator(struct atlas *atlas, const uint16_t *datacenters, size_t n,
				    struct arena *arena)
{
	bool *kept = mem_alloc(atlas->config->n_datacenters * sizeof(*kept));
	for (size_t i = 0; i < n; i++)
		kept[datacenters[i]] = true;
	const struct locator *locator = made_find(atlas, kept);
	if (locator == NULL && atlas->n >= LOCATORS_MAX) {
		memset(kept, true, atlas->config->n_datacenters * sizeof(*kept));
		locator = made_find(atlas, kept);
	}
	if (locator != NULL) {
		free(kept);
		return locator;
	}
	if (memchr(kept, false, atlas->config->n_datacenters) == NULL) {
		locator = poptrie_build(&atlas->folded, arena);
	} else {
		struct folded projected;
		folded_project(&atlas->folded, kept, &projected);
		locator = poptrie_build(&projected, arena);
		folded_free(&projected);
	}
	atlas->made[atlas->n++] = (struct made){kept, locator};
	return locator;
}
