/* SPDX-License-Identifier: ISC */
/* Building the world from the files. */
#include "world/world.h"
#include "base/memory.h"
#include "geo/locator.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A set of datacenters, and what all candidates that are in just these share. */
struct group {
	uint16_t n;
	const uint16_t *datacenters;
	const uint8_t *column;
};

struct completion {
	struct world *world;
	struct atlas **atlases; /* by geomap; behind them the one for `nearest` */
	size_t n_groups, cap_groups;
	struct group *groups;
};

static const uint8_t *column_for(struct completion *c, const struct steering *s)
{
	for (size_t i = 0; i < c->n_groups; i++) {
		struct group *g = &c->groups[i];
		if (g->n == s->n_datacenters &&
		    memcmp(g->datacenters, s->datacenters, g->n * sizeof(*g->datacenters)) == 0)
			return g->column;
	}
	uint8_t *column = arena_alloc(c->world->arena, c->world->config->n_datacenters);
	memset(column, NO_COLUMN, c->world->config->n_datacenters);
	for (unsigned i = 0; i < s->n_datacenters; i++)
		column[s->datacenters[i]] = (uint8_t)i;
	c->groups = mem_grow(c->groups, &c->cap_groups, c->n_groups + 1, sizeof(*c->groups));
	c->groups[c->n_groups++] = (struct group){s->n_datacenters, s->datacenters, column};
	return column;
}

static struct atlas *atlas_for(struct completion *c, const struct steering *s,
			       const struct databases *databases)
{
	const struct config *config = c->world->config;
	bool nearest = s->policy.method == METHOD_NEAREST;
	size_t at = nearest ? config->n_geomaps : (size_t)s->policy.geomap;
	if (c->atlases[at] == NULL)
		c->atlases[at] = atlas_new(config, nearest ? NULL : &config->geomaps[at], databases);
	return c->atlases[at];
}

/* The datacenters that the policy lets take part; all that have candidates, but where it lists some. */
static size_t taking_part(const struct steering *s, uint16_t *out)
{
	size_t n = 0;
	for (unsigned i = 0; i < s->n_datacenters; i++) {
		for (unsigned j = 0; j < s->order->n; j++) {
			if (s->order->datacenters[j] == s->datacenters[i])
				out[n++] = s->datacenters[i];
		}
	}
	return n;
}

static void complete(struct completion *c, struct steering *s, const struct databases *databases)
{
	uint16_t datacenters[CANDIDATES_MAX];
	s->column = column_for(c, s);
	if (s->policy.method != METHOD_GEO && s->policy.method != METHOD_NEAREST)
		return;
	size_t n = taking_part(s, datacenters);
	s->locator = atlas_locator(atlas_for(c, s, databases), datacenters, n, c->world->arena);
}

static void complete_all(struct world *world, const struct databases *databases)
{
	struct completion c = {.world = world};
	size_t n_atlases = world->config->n_geomaps + 1;
	c.atlases = mem_alloc(n_atlases * sizeof(struct atlas *));
	for (size_t i = 0; i < world->zones->n; i++) {
		const struct zone *zone = world->zones->list[i];
		for (size_t j = 0; j < zone->n_steerings; j++)
			complete(&c, zone->steerings[j], databases);
	}
	for (size_t i = 0; i < n_atlases; i++)
		atlas_free(c.atlases[i]);
	free(c.atlases);
	free(c.groups);
}

static void load_zones(struct world *world, struct faults *faults)
{
	const struct config *config = world->config;
	struct zone_context context = {
		.config = config, .roster = world->roster, .arena = world->arena, .faults = faults};
	if (getrandom(&context.seed, sizeof(context.seed), 0) != (ssize_t)sizeof(context.seed))
		abort();
	struct zone **list = mem_alloc(config->n_zones * sizeof(struct zone *));
	size_t n = 0;
	for (size_t i = 0; i < config->n_zones; i++) {
		list[n] = zone_load(&context, &config->zones[i]);
		n += list[n] != NULL;
	}
	world->zones = zones_new(list, n, context.seed, world->arena);
	free(list);
}

struct world *world_load(const char *path, bool keep_databases, struct faults *faults)
{
	size_t errors = faults->errors;
	struct config *config = config_read(path, faults);
	if (config == NULL)
		return NULL;
	struct world *world = mem_alloc(sizeof(*world));
	world->config = config;
	world->arena = arena_new();
	world->roster = roster_new(config);
	struct databases *databases = databases_open(config->geoips, config->n_geoips, faults);
	load_zones(world, faults); /* even after errors: all of a run are told */

	bool sound = faults->errors == errors;
	if (sound)
		complete_all(world, databases);
	if (sound && keep_databases)
		world->databases = databases;
	else
		databases_close(databases);
	if (sound)
		return world;
	world_free(world);
	return NULL;
}

void world_free(struct world *world)
{
	if (world == NULL)
		return;
	databases_close(world->databases);
	roster_free(world->roster);
	arena_free(world->arena);
	config_free(world->config);
	free(world);
}
