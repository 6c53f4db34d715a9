/* SPDX-License-Identifier: ISC */
/*
 * Compiled times against the slow truth: every leaf is walked, and its times compared with what looking the
 * address up in the databases and reading the table row by row gives.
 */
#include "geo/times.h"
#include "base/country.h"
#include "globe.h"
#include "geo/locator.h"
#include "random_world.h"

#include <math.h>

enum { WORLDS = 120, ROWS_MAX = 40 };

struct proof {
	const struct config *config;
	const struct databases *databases;
	const struct times_locator *locator;
	const bool *kept;
	bool regions;
	struct random *random;
	size_t every; /* of so many leaves one is looked up */
	struct coverage coverage;
};

/* Is it the step of an eighth of an octave nearest to that distance? Where it is between two, either. */
static bool is_estimate(uint32_t us, double km)
{
	double exact = 8 * log2((5 + km / 66) / 5), step = 8 * log2(us / 5000.0);
	return fabs(step - nearbyint(step)) < 0.002 && fabs(exact - nearbyint(step)) < 0.502;
}

static const struct latency_row *deciding_row(const struct config *config, uint16_t datacenter,
					      const struct place *place, const struct addr *addr)
{
	const struct latency_row *best = NULL;
	unsigned most = 0;
	for (size_t i = 0; i < config->n_latencies; i++) {
		const struct latency_row *row = &config->latencies[i];
		unsigned rank = row->datacenter == datacenter ? line_rank(&row->from, place, addr) : 0;
		best = rank > most ? row : best;
		most = rank > most ? rank : most;
	}
	return best;
}

static bool is_time(const struct proof *c, const struct time_to *to, const struct place *place,
		    const struct addr *addr)
{
	const struct latency_row *row = deciding_row(c->config, to->datacenter, place, addr);
	const struct datacenter *dc = &c->config->datacenters[to->datacenter];
	if (row != NULL)
		return to->source == TIME_TABLE && to->us == row->us;
	if (!place->located || !dc->located)
		return to->source == TIME_UNKNOWN && to->us == 0;
	return to->source == TIME_DISTANCE &&
	       is_estimate(to->us, distance_km((double)place->latitude, (double)place->longitude,
					       dc->latitude, dc->longitude));
}

static void check_address(const struct proof *c, const struct addr *addr, const struct prefix *leaf,
			  const struct times *times)
{
	char text[ADDR_TEXT_MAX], prefix[ADDR_TEXT_MAX];
	struct place place;
	databases_find(c->databases, addr, &place, NULL);
	bool right = times->country == (c->regions ? country_number(place.country) : 0) &&
		     times->continent == (c->regions ? continent_number(place.continent) : 0);
	uint16_t n = 0;
	for (uint16_t d = 0; d < c->config->n_datacenters && right; d++) {
		if (!c->kept[d])
			continue;
		right = n < times->n && times->list[n].datacenter == d &&
			is_time(c, &times->list[n], &place, addr);
		n++;
	}
	if (!right || n != times->n)
		fail_msg("%s in %s: not the times of the rules", addr_format(addr, text),
			 prefix_format(leaf, prefix));
	struct times_found found = times_find(c->locator, addr);
	if (found.times != times || found.scope != leaf->len)
		fail_msg("%s in %s: looked up with scope %u", addr_format(addr, text),
			 prefix_format(leaf, prefix), found.scope);
}

static void on_leaf(void *context, const struct prefix *prefix, const struct times *times)
{
	struct proof *c = context;
	struct addr addr;
	coverage_leaf(&c->coverage, prefix, times, sizeof(*times) + times->n * sizeof(*times->list));
	if (c->coverage.leaves % c->every != 0)
		return;
	check_address(c, &prefix->addr, prefix, times);
	last_address(prefix, NULL, &addr);
	check_address(c, &addr, prefix, times);
	last_address(prefix, c->random, &addr);
	check_address(c, &addr, prefix, times);
}

static size_t check_family(struct proof *c, enum family family)
{
	c->coverage = (struct coverage){0};
	times_walk(c->locator, family, on_leaf, c);
	coverage_end(&c->coverage);
	return c->coverage.leaves;
}

/* Both families, for all datacenters and for some, with regions and without. */
static void check_times(struct proof *c, bool tell)
{
	struct arena *arena = arena_new();
	struct times_atlas *atlas = times_atlas_new(c->config, c->databases);
	for (unsigned set = 0; set < 4; set++) {
		bool kept[N_DATACENTERS] = {false};
		uint16_t list[N_DATACENTERS];
		size_t n = 0;
		for (uint16_t d = 0; d < N_DATACENTERS; d++) {
			kept[d] = set < 2 || random_next(c->random) & 1;
			if (kept[d])
				list[n++] = d;
		}
		c->kept = kept;
		c->regions = set % 2 == 0;
		c->locator = times_atlas_locator(atlas, list, n, c->regions, arena);
		assert_ptr_equal(c->locator, times_atlas_locator(atlas, list, n, c->regions, arena));
		size_t v4 = check_family(c, FAMILY_V4), v6 = check_family(c, FAMILY_V6);
		if (tell)
			print_message("  %zu of %d datacenters%s: %zu IPv4 and %zu IPv6 leaves, %zu KiB\n", n,
				      N_DATACENTERS, c->regions ? " and regions" : "", v4, v6,
				      times_size(c->locator) / 1024);
	}
	times_atlas_free(atlas);
	arena_free(arena);
}

/* Half of the networks are inside of another or around it. */
static void random_table(struct random *r, struct latency_row *rows, struct config *config)
{
	const struct prefix *before = NULL;
	config->latencies = rows;
	config->n_latencies = random_below(r, ROWS_MAX + 1);
	for (size_t i = 0; i < config->n_latencies; i++) {
		rows[i] = (struct latency_row){.datacenter = (uint16_t)random_below(r, N_DATACENTERS),
					       .us = (1 + random_below(r, 3)) * 10000};
		struct prefix *network = &rows[i].from.network;
		random_line(r, (enum geomap_key)random_below(r, 6), &rows[i].from);
		if (rows[i].from.key != GEOMAP_NETWORK)
			continue;
		if (before != NULL && random_next(r) & 1) {
			network->addr = before->addr;
			network->len = (uint8_t)random_below(r, before->len + 8u);
			if (network->len > addr_bits(&network->addr))
				network->len = 0;
			addr_mask(&network->addr, network->len);
		}
		before = network;
	}
}

static void random_worlds_are_timed_by_the_rules(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 20261122);
	for (unsigned world = 0; world < WORLDS; world++) {
		struct random_world w;
		struct latency_row rows[ROWS_MAX];
		random_world_open(&r, &w);
		random_table(&r, rows, &w.config);
		struct proof c = {
			.config = &w.config, .databases = w.databases, .random = &r, .every = w.every};
		check_times(&c, false);
		random_world_close(&w);
	}
}

/* Real databases, where some have been fetched. */
static void real_databases_are_timed_by_the_rules(void **state)
{
	(void)state;
	static const char *const files[] = {SOURCE_DIR "/geoip/dbip-country.mmdb",
					    SOURCE_DIR "/geoip/GeoLite2-Country.mmdb"};
	static const struct latency_row rows[] = {
		{{.key = GEOMAP_DEFAULT}, 3, 90000},
		{{.key = GEOMAP_CONTINENT, .continent = "EU"}, 0, 20000},
		{{.key = GEOMAP_COUNTRY, .country = "DE"}, 0, 8000},
		{{.key = GEOMAP_COUNTRY, .country = "US"}, 1, 15000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {8, 8}}, 16}}, 1, 1000},
	};
	static const struct datacenter dcs[] = {
		{.name = "fra", .located = true, .latitude = 50.11, .longitude = 8.68},
		{.name = "iad", .located = true, .latitude = 39.04, .longitude = -77.49},
		{.name = "sin", .located = true, .latitude = 1.35, .longitude = 103.82},
		{.name = "any"}};
	struct config config = {.n_datacenters = N_DATACENTERS,
				.datacenters = dcs,
				.n_latencies = sizeof(rows) / sizeof(rows[0]),
				.latencies = rows};
	const char *step = getenv("GSLBD_TEST_EVERY"); /* sanitizers are slow: they see a sample */
	struct random r;
	bool any = false;
	random_seed_with(&r, 4);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (access(files[i], R_OK) != 0)
			continue;
		struct faults faults = {0};
		struct databases *databases = databases_open(&files[i], NULL, 1, &faults);
		assert_non_null(databases);
		print_message("%s\n", strrchr(files[i], '/') + 1);
		struct proof c = {.config = &config,
				  .databases = databases,
				  .random = &r,
				  .every = 8 * (step ? strtoul(step, NULL, 10) : 1)};
		check_times(&c, true);
		databases_close(databases);
		any = true;
	}
	if (!any) {
		print_message("no real database: tools/geoip-fetch country\n");
		skip();
	}
}

static struct databases *none(void)
{
	struct faults faults = {0};
	return databases_open(NULL, NULL, 0, &faults);
}

static void each_datacenter_has_its_own_most_specific_row(void **state)
{
	(void)state;
	static const struct latency_row rows[] = {
		{{.key = GEOMAP_DEFAULT}, 0, 70000},
		{{.key = GEOMAP_DEFAULT}, 1, 80000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10}}, 8}}, 1, 30000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10, 1}}, 16}}, 0, 20000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10, 1, 1}}, 24}}, 0, 10000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10, 1, 1}}, 24}}, 2, 5000},
	};
	static const struct {
		const char *client;
		uint32_t us[3];
		uint8_t scope;
	} expected[] = {
		{"10.1.1.1", {10000, 30000, 5000}, 24}, {"10.1.2.1", {20000, 30000, 0}, 23},
		{"10.1.128.1", {20000, 30000, 0}, 17},  {"10.2.0.1", {70000, 30000, 0}, 15},
		{"11.0.0.1", {70000, 80000, 0}, 8},     {"2001:db8::1", {70000, 80000, 0}, 0},
	};
	static const struct datacenter dcs[3];
	struct config config = {.n_datacenters = 3,
				.datacenters = dcs,
				.n_latencies = sizeof(rows) / sizeof(rows[0]),
				.latencies = rows};
	struct databases *databases = none();
	struct arena *arena = arena_new();
	struct times_atlas *atlas = times_atlas_new(&config, databases);
	const struct times_locator *l =
		times_atlas_locator(atlas, (const uint16_t[]){0, 1, 2}, 3, false, arena);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct prefix client = prefix_of(expected[i].client);
		struct times_found found = times_find(l, &client.addr);
		assert_int_equal(found.scope, expected[i].scope);
		assert_int_equal(found.times->n, 3);
		for (unsigned d = 0; d < 3; d++) {
			assert_int_equal(found.times->list[d].us, expected[i].us[d]);
			assert_int_equal(found.times->list[d].source,
					 expected[i].us[d] ? TIME_TABLE : TIME_UNKNOWN);
		}
	}
	times_atlas_free(atlas);
	arena_free(arena);
	databases_close(databases);
}

/* Many different requests are answered with the one for all. */
static void locators_are_shared_and_not_too_many(void **state)
{
	(void)state;
	enum { N = 7 };
	static const struct datacenter dcs[N];
	struct config config = {.n_datacenters = N, .datacenters = dcs};
	struct databases *databases = none();
	struct arena *arena = arena_new();
	struct times_atlas *atlas = times_atlas_new(&config, databases);
	const struct times_locator *made[1 << N] = {NULL};
	struct addr client = prefix_of("192.0.2.1").addr;
	for (unsigned set = 1; set < 1 << N; set++) {
		uint16_t list[N], n = 0;
		for (uint16_t d = 0; d < N; d++)
			if (set >> d & 1)
				list[n++] = d;
		made[set] = times_atlas_locator(atlas, list, n, false, arena);
		assert_ptr_equal(made[set], times_atlas_locator(atlas, list, n, false, arena));
		assert_int_equal(times_find(made[set], &client).times->n, set <= LOCATORS_MAX ? n : N);
		assert_true(set <= LOCATORS_MAX + 1 || made[set] == made[LOCATORS_MAX + 1]);
		assert_true(set > LOCATORS_MAX || made[set] != made[set - 1]);
	}
	const struct times_locator *regions = times_atlas_locator(atlas, (uint16_t[]){1}, 1, true, arena);
	assert_ptr_not_equal(regions, made[LOCATORS_MAX + 1]);
	assert_ptr_equal(regions, times_atlas_locator(atlas, (uint16_t[]){2}, 1, true, arena));
	times_atlas_free(atlas);
	arena_free(arena);
	databases_close(databases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_datacenter_has_its_own_most_specific_row),
		cmocka_unit_test(locators_are_shared_and_not_too_many),
		cmocka_unit_test(random_worlds_are_timed_by_the_rules),
		cmocka_unit_test(real_databases_are_timed_by_the_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
