/* SPDX-License-Identifier: ISC */
/* Building the world from the files. */
#include "world/world.h"
#include "base/memory.h"
#include "base/room.h"
#include "config/bearer.h"
#include "geo/locator.h"
#include "geo/times.h"
#include "world/certificates.h"
#include "world/trusted.h"
#include "zone/steerings.h"

#include <inttypes.h>
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
	const struct databases *databases;
	struct atlas **atlases; /* by geomap; behind them the one for `nearest` */
	struct times_atlas *times;
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

static struct atlas *atlas_for(struct completion *c, const struct steering *s)
{
	const struct config *config = c->world->config;
	bool nearest = s->policy.method == METHOD_NEAREST;
	size_t at = nearest ? config->n_geomaps : (size_t)s->policy.geomap;
	if (c->atlases[at] == NULL)
		c->atlases[at] = atlas_new(config, nearest ? NULL : &config->geomaps[at], c->databases);
	return c->atlases[at];
}

/*
 * The datacenters whose place in the order matters. One that has backups only has none; but a geomap's line
 * also says whether it may be used at all.
 */
static size_t ordered(const struct steering *s, uint16_t *out)
{
	size_t n = 0;
	for (unsigned i = 0; i < s->n_datacenters; i++) {
		if (s->in_datacenter[i] != 0 || s->policy.method == METHOD_GEO)
			out[n++] = s->datacenters[i];
	}
	return n;
}

static void complete_latency(struct completion *c, struct steering *s, const uint16_t *datacenters, size_t n)
{
	struct world *world = c->world;
	bool measured = world->config->admin.given;
	uint16_t all[CONFIG_DATACENTERS_MAX];
	if (c->times == NULL)
		c->times = times_atlas_new(world->config, c->databases);
	s->times = times_atlas_locator(c->times, datacenters, n, measured, world->arena);
	if (!measured || world->times != NULL)
		return;
	for (size_t i = 0; i < world->config->n_datacenters; i++)
		all[i] = (uint16_t)i;
	world->times = times_atlas_locator(c->times, all, world->config->n_datacenters, true, world->arena);
}

/* Steerings are shared: one that has its column is complete. */
static void complete(struct completion *c, struct steering *s)
{
	if (s->column != NULL)
		return;
	uint16_t datacenters[CANDIDATES_MAX];
	size_t n = ordered(s, datacenters);
	s->column = column_for(c, s);
	switch (s->policy.method) {
	case METHOD_GEO:
	case METHOD_NEAREST:
		s->locator = atlas_locator(atlas_for(c, s), datacenters, n, c->world->arena);
		s->own_orders = atlas_has(atlas_for(c, s), datacenters, n);
		return;
	case METHOD_LATENCY: complete_latency(c, s, datacenters, n); return;
	case METHOD_FAILOVER:
	case METHOD_POOL: s->own_orders = true; return;
	}
}

static void complete_all(struct world *world, const struct databases *databases,
			 const struct room_watch *room)
{
	struct completion c = {.world = world, .databases = databases};
	size_t n_atlases = world->config->n_geomaps + 1;
	c.atlases = mem_alloc(n_atlases * sizeof(struct atlas *));
	for (size_t i = 0; i < world->zones->n; i++) {
		const struct zone *zone = world->zones->list[i];
		for (size_t j = 0; j < zone->n_steered && !room->short_of; j++)
			complete(&c, (struct steering *)(uintptr_t)zone->steered[j]->steered->how);
	}
	for (size_t i = 0; i < n_atlases; i++)
		atlas_free(c.atlases[i]);
	if (c.times != NULL)
		times_atlas_free(c.times);
	free(c.atlases);
	free(c.groups);
}

/* What places take is known only as they are folded. False: there is too little memory for them. */
static bool complete_places(struct world *world, struct databases *databases, struct faults *faults)
{
	const struct config *config = world->config;
	struct room_watch room = {.last = room_left()};
	databases_watch(databases, &room);
	complete_all(world, databases, &room);
	databases_watch(databases, NULL);
	if (room.short_of)
		fault_add(faults,
			  config->n_geoips > 0 ? config->geoip_spots[0] : (struct spot){.file = "geomap"},
			  "there is too little memory to compile the databases: %" PRIu64
			  " MiB are left by %s",
			  room.last.octets >> 20, room.last.by);
	return !room.short_of;
}

static void load_zones(struct world *world, struct faults *faults)
{
	const struct config *config = world->config;
	struct room_watch room = {.last = room_left()};
	struct zone_context context = {.config = config,
				       .roster = world->roster,
				       .arena = world->arena,
				       .faults = faults,
				       .steerings = steerings_new(),
				       .room = &room,
				       .loader = loader_new(faults)};
	if (getrandom(&context.seed, sizeof(context.seed), 0) != (ssize_t)sizeof(context.seed))
		abort();
	struct zone **list = mem_alloc(config->n_zones * sizeof(struct zone *));
	size_t n = 0;
	for (size_t i = 0; i < config->n_zones; i++) {
		list[n] = zone_load(&context, &config->zones[i]);
		n += list[n] != NULL;
	}
	loader_free(context.loader);
	context.loader = NULL;
	world->zones = zones_new(list, n, context.seed, world->arena);
	zones_link(&context, world->zones);
	steerings_free(context.steerings);
	for (size_t i = 0; i < n && faults->errors == 0; i++)
		list[i]->digest = zone_digest(list[i], config);
	free(list);
}

/* Whose the file may be depends on who this process is: as long as the config is faulty, it is not yet that.
 */
static void read_bearer(struct world *world, struct faults *faults)
{
	const struct admin_listen *admin = &world->config->admin;
	if (admin->token_file == NULL || faults->errors > 0)
		return;
	struct bearer *bearer = arena_alloc(world->arena, sizeof(*bearer));
	bearer_read(admin->token_file, admin->token_at, true, bearer, faults);
	world->bearer = bearer;
}

struct world *world_load(const char *path, bool explains, struct faults *faults)
{
	struct config *config = config_read(path, faults);
	return config ? world_build(config, explains, faults) : NULL;
}

struct world *world_build(struct config *config, bool explains, struct faults *faults)
{
	struct world *world = mem_alloc(sizeof(*world));
	world->config = config;
	world->arena = arena_new();
	world->roster = roster_new(config);
	if (!explains)
		read_bearer(world, faults);
	struct databases *databases =
		databases_open(config->geoips, config->geoip_spots, config->n_geoips, faults);
	trusted_check(config, faults);
	world->certificates = certificates_read(config, faults);
	load_zones(world, faults); /* even after errors: all of a run are told */

	bool sound = faults->errors == 0 && complete_places(world, databases, faults);
	if (sound && explains)
		world->databases = databases;
	else
		databases_close(databases);
	mem_trim();
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
	certificates_free(world->certificates);
	roster_free(world->roster);
	arena_free(world->arena);
	config_free(world->config);
	free(world);
	mem_trim();
}
