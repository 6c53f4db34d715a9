/* SPDX-License-Identifier: ISC */
/*
 * Compiled locators against the slow truth: every leaf of every trie is walked, and its order compared with
 * what looking the address up in the databases and reading the map line by line gives.
 */
#include "globe.h"
#include "base/random.h"
#include "base/room.h"
#include "geo/locator.h"
#include "geo/survey.h"
#include "random_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { WORLDS = 60 };

struct proof {
	const struct config *config;
	const struct geomap *map; /* NULL: `nearest` */
	const struct databases *databases;
	const struct locator *locator;
	const bool *kept;
	struct random *random;
	size_t every; /* of so many leaves one is looked up; that they cover all and differ is seen of each */
	struct coverage coverage;
};

static bool further(const struct proof *c, const struct place *p, uint16_t a, uint16_t b)
{
	const struct datacenter *x = &c->config->datacenters[a], *y = &c->config->datacenters[b];
	if (!p->located || !x->located || !y->located)
		return p->located && !x->located && y->located;
	return distance_km((double)p->latitude, (double)p->longitude, x->latitude, x->longitude) >
	       distance_km((double)p->latitude, (double)p->longitude, y->latitude, y->longitude);
}

/* The datacenters of a line, by the rules as they are written down. */
static size_t rank(const struct proof *c, const struct geomap_line *line, const struct place *place,
		   uint16_t *out)
{
	size_t named = line->n, n = 0;
	for (; n < named; n++)
		out[n] = line->datacenters[n];
	for (uint16_t d = 0; d < c->config->n_datacenters && (line->nearest || line->rest); d++) {
		size_t i = 0;
		while (i < named && out[i] != d)
			i++;
		if (i < named)
			continue;
		for (i = n++; i > named && further(c, place, out[i - 1], d); i--)
			out[i] = out[i - 1];
		out[i] = d;
	}
	return n;
}

static const struct geomap_line *deciding_line(const struct geomap *map, const struct place *place,
					       const struct addr *addr)
{
	const struct geomap_line *best = NULL;
	unsigned most = 0;
	for (size_t i = 0; i < map->n; i++) {
		unsigned weight = line_rank(&map->lines[i], place, addr);
		best = weight > most ? &map->lines[i] : best;
		most = weight > most ? weight : most;
	}
	return best;
}

/* The order for one address, slowly. */
static size_t truth(const struct proof *c, const struct addr *addr, uint16_t *out)
{
	static const struct geomap_line nearest = {.nearest = true};
	struct place place;
	uint16_t all[CONFIG_DATACENTERS_MAX];
	databases_find(c->databases, addr, &place, NULL);
	const struct geomap_line *line = c->map ? deciding_line(c->map, &place, addr) : &nearest;
	size_t n = rank(c, line, &place, all), kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (c->kept[all[i]])
			out[kept++] = all[i];
	}
	return kept;
}

static void check_address(const struct proof *c, const struct addr *addr, const struct prefix *leaf,
			  const struct order *order)
{
	uint16_t expected[CONFIG_DATACENTERS_MAX];
	char text[ADDR_TEXT_MAX], prefix[ADDR_TEXT_MAX];
	size_t n = truth(c, addr, expected);
	if (order->n != n || memcmp(order->datacenters, expected, n * sizeof(*expected)) != 0)
		fail_msg("%s in %s: not the order of the rules", addr_format(addr, text),
			 prefix_format(leaf, prefix));
	struct located located = locator_find(c->locator, addr);
	if (located.order != order || located.scope != leaf->len)
		fail_msg("%s in %s: looked up with scope %u", addr_format(addr, text),
			 prefix_format(leaf, prefix), located.scope);
}

static void on_leaf(void *context, const struct prefix *prefix, const struct order *order)
{
	struct proof *c = context;
	struct addr addr;
	coverage_leaf(&c->coverage, prefix, order, sizeof(*order) + order->n * sizeof(*order->datacenters));
	if (c->coverage.leaves % c->every != 0)
		return;
	check_address(c, &prefix->addr, prefix, order);
	last_address(prefix, NULL, &addr);
	check_address(c, &addr, prefix, order);
	if (c->random != NULL) {
		last_address(prefix, c->random, &addr);
		check_address(c, &addr, prefix, order);
	}
}

static size_t check_family(struct proof *c, enum family family)
{
	c->coverage = (struct coverage){0};
	locator_walk(c->locator, family, on_leaf, c);
	coverage_end(&c->coverage);
	return c->coverage.leaves;
}

/* Both families, for all datacenters and for some. */
static void check_map(struct proof *c, struct random *random)
{
	struct arena *arena = arena_new();
	struct atlas *atlas = atlas_new(c->config, c->map, c->databases);
	for (unsigned set = 0; set < 3; set++) {
		bool kept[N_DATACENTERS] = {false};
		uint16_t list[N_DATACENTERS];
		size_t n = 0;
		for (uint16_t d = 0; d < N_DATACENTERS; d++) {
			kept[d] = set == 0 || random_next(random) & 1;
			if (kept[d])
				list[n++] = d;
		}
		c->kept = kept;
		c->locator = atlas_locator(atlas, list, n, arena);
		assert_ptr_equal(c->locator, atlas_locator(atlas, list, n, arena));
		size_t v4 = check_family(c, FAMILY_V4), v6 = check_family(c, FAMILY_V6);
		if (c->random == NULL)
			print_message("  %zu of %d datacenters: %zu IPv4 and %zu IPv6 leaves, %zu KiB\n", n,
				      N_DATACENTERS, v4, v6, locator_size(c->locator) / 1024);
	}
	atlas_free(atlas);
	arena_free(arena);
}

/* A random map over the regions, networks and systems that random databases have. */
static void random_map(struct random *r, struct geomap *map, struct geomap_line *lines,
		       uint16_t (*orders)[N_DATACENTERS])
{
	map->lines = lines;
	map->n = 1 + random_below(r, 14);
	for (size_t i = 0; i < map->n; i++) {
		struct geomap_line *line = &lines[i];
		random_line(r, i == 0 ? GEOMAP_DEFAULT : (enum geomap_key)(1 + random_below(r, 5)), line);
		line->nearest = random_below(r, 4) == 0;
		line->rest = !line->nearest && random_below(r, 3) == 0;
		for (uint16_t d = 0; d < N_DATACENTERS && !line->nearest; d++) {
			uint16_t at = (uint16_t)random_below(r, line->n + 1u);
			if (random_next(r) & 1 && line->n > 0)
				continue;
			memmove(&orders[i][at + 1], &orders[i][at], (line->n - at) * sizeof(uint16_t));
			orders[i][at] = d;
			line->n++;
		}
		line->datacenters = orders[i];
	}
}

static void random_worlds_are_steered_by_the_rules(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 20261121);
	for (unsigned world = 0; world < WORLDS; world++) {
		struct random_world w;
		random_world_open(&r, &w);
		struct geomap_line lines[16];
		uint16_t orders[16][N_DATACENTERS];
		struct geomap map;
		random_map(&r, &map, lines, orders);
		struct proof c = {.config = &w.config,
				  .map = world % 6 ? &map : NULL,
				  .databases = w.databases,
				  .random = &r,
				  .every = w.every};
		check_map(&c, &r);
		random_world_close(&w);
	}
}

/* Real databases, where some have been fetched: all together, each in its turn the first. */
static void real_databases_are_steered_by_the_rules(void **state)
{
	(void)state;
	static const char *const files[] = {SOURCE_DIR "/geoip/dbip-country.mmdb",
					    SOURCE_DIR "/geoip/GeoLite2-Country.mmdb"};
	static const uint16_t orders[][N_DATACENTERS] = {{1, 0, 2, 3}, {0, 1}, {2},
							 {1, 2},       {3, 2}, {2, 1, 0}};
	static const struct geomap_line lines[] = {
		{.key = GEOMAP_DEFAULT, .n = 4, .datacenters = orders[0]},
		{.key = GEOMAP_CONTINENT, .continent = "EU", .n = 2, .datacenters = orders[1]},
		{.key = GEOMAP_COUNTRY,
		 .continent = "EU",
		 .country = "FR",
		 .n = 1,
		 .datacenters = orders[2],
		 .rest = true},
		{.key = GEOMAP_COUNTRY, .country = "US", .n = 2, .datacenters = orders[3]},
		{.key = GEOMAP_CONTINENT, .continent = "AS", .n = 2, .datacenters = orders[4]},
		{.key = GEOMAP_CONTINENT, .continent = "AF", .nearest = true},
		{.key = GEOMAP_NETWORK,
		 .network = {{FAMILY_V4, {8, 8}}, 16},
		 .n = 3,
		 .datacenters = orders[5]},
		{.key = GEOMAP_ASN, .asn = 64500, .n = 1, .datacenters = orders[2]},
	};
	static const struct datacenter dcs[] = {
		{.name = "fra", .located = true, .latitude = 50.11, .longitude = 8.68},
		{.name = "iad", .located = true, .latitude = 39.04, .longitude = -77.49},
		{.name = "sin", .located = true, .latitude = 1.35, .longitude = 103.82},
		{.name = "any"}};
	struct config config = {.n_datacenters = N_DATACENTERS, .datacenters = dcs};
	struct geomap map = {.name = "world", .n = sizeof(lines) / sizeof(lines[0]), .lines = lines};
	struct random r;
	bool any = false;
	const char *step = getenv("GSLBD_TEST_EVERY"); /* sanitizers are slow: they see a sample */
	size_t every = step ? strtoul(step, NULL, 10) : 1;
	random_seed_with(&r, 3);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (access(files[i], R_OK) != 0)
			continue;
		struct faults faults = {0};
		struct writer asn;
		writer_init(&asn, 6, 24);
		writer_add_text(&asn, "81.0.0.0/9", "{asn:64500}");
		writer_add_text(&asn, "2a02::/20", "{asn:64500}");
		struct databases *databases =
			databases_open((const char *const[]){files[i], writer_path(&asn)}, NULL, 2, &faults);
		assert_non_null(databases);
		print_message("%s\n", strrchr(files[i], '/') + 1);
		struct proof c = {.config = &config, .map = &map, .databases = databases, .every = every};
		check_map(&c, &r);
		databases_close(databases);
		writer_free(&asn);
		any = true;
	}
	if (!any) {
		print_message("no real database: tools/geoip-fetch country\n");
		skip();
	}
}

/* What it takes is seen as the databases are folded. */
static void without_memory_nothing_is_compiled(void **state)
{
	(void)state;
	static const uint16_t all[N_DATACENTERS] = {0, 1, 2, 3};
	static const struct geomap_line line = {.key = GEOMAP_DEFAULT};
	static const struct geomap map = {.name = "world", .n = 1, .lines = &line};
	struct line_clients clients;
	struct random_world w;
	struct random r;
	random_seed_with(&r, 6);
	random_world_open(&r, &w);
	assert_true(w.n > 0);
	static const struct {
		const char *name;
		struct room_watch room;
		bool built;
	} rows[] = {{"short of it", {.short_of = true}, false},
		    {"seems short once it looks", {.last.octets = UINT64_MAX, .unseen = ROOM_STEPS}, false},
		    {"never needs to look", {.last.octets = 0}, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct room_watch room = rows[i].room;
		struct arena *arena = arena_new();
		databases_watch(w.databases, &room);
		struct atlas *atlas = atlas_new(&w.config, NULL, w.databases);
		print_message("%s\n", rows[i].name);
		assert_int_equal(atlas_locator(atlas, all, N_DATACENTERS, arena) != NULL, rows[i].built);
		assert_int_equal(room.short_of, !rows[i].built);
		room = rows[i].room;
		assert_int_equal(geomap_survey(&map, w.databases, &clients), rows[i].built);
		assert_int_equal(clients.found, rows[i].built);
		atlas_free(atlas);
		arena_free(arena);
	}
	random_world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_nothing_is_compiled),
		cmocka_unit_test(random_worlds_are_steered_by_the_rules),
		cmocka_unit_test(real_databases_are_steered_by_the_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
