/* SPDX-License-Identifier: ISC */
/* A zone out of a text, for tests. */
#ifndef ZONE_BUILDER_H
#define ZONE_BUILDER_H

#include "zone/steerings.h"
#include "zone/zone.h"

#include <stdlib.h>
#include <string.h>

struct built_zone {
	struct config *config;
	struct roster *roster;
	struct arena *arena;
	struct faults faults;
	struct zones *zones; /* NULL where a zone had an error */
};

/* Zones for the config's `zone` lines, each out of its text. */
static inline void zones_build(const char *conf, const char *const *texts, struct built_zone *out)
{
	*out = (struct built_zone){.arena = arena_new()};
	out->config = config_read_text("conf", conf, strlen(conf), &out->faults);
	out->roster = roster_new(out->config);
	struct steerings *steerings = steerings_new();
	struct zone_context context = {out->config, out->roster, out->arena, &out->faults,
				       7,           steerings,   NULL,       NULL};
	struct zone *list[8];
	size_t n = 0;
	for (size_t i = 0; i < out->config->n_zones; i++) {
		list[n] = zone_load_text(&context, &out->config->zones[i], texts[i], strlen(texts[i]));
		n += list[n] != NULL;
	}
	struct zones *zones = zones_new(list, n, 7, out->arena);
	zones_link(&context, zones);
	steerings_free(steerings);
	if (out->faults.errors == 0)
		out->zones = zones;
}

static inline void zones_discard(struct built_zone *b)
{
	faults_free(&b->faults);
	roster_free(b->roster);
	arena_free(b->arena);
	config_free(b->config);
}

#endif
