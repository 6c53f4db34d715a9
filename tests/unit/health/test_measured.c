/* SPDX-License-Identifier: ISC */
/* Measured round trips: what is averaged, what is published, who is forgotten. */
#include "measured_feed.h"
#include "base/random.h"

#include <stdio.h>

static const struct measured_limits defaults;

/* Samples in milliseconds from one client, and what is published in the end, in microseconds. */
static void samples_lead_to_what_is_published(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned samples[24]; /* 0 ends */
		uint32_t published;
	} rows[] = {
		{"nothing", {0}, 0},
		{"fewer than min_samples", {50, 50, 50, 50}, 0},
		{"min_samples of one", {50, 50, 50, 50, 50}, 50000},
		{"the first ones count alike", {10, 20, 30, 40, 50}, 30000},
		{"off by 10 % stays", {100, 100, 100, 100, 100, 160}, 100000},
		{"off by more follows", {100, 100, 100, 100, 100, 161}, 110167},
		{"downwards too", {100, 100, 100, 100, 100, 39}, 89833},
		{"after eight a sample counts an eighth",
		 {100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 200},
		 112500},
		{"an eighth within the deadband",
		 {100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 180},
		 100000},
		{"small steps add up to one that is followed",
		 {100, 100, 100, 100, 100, 100, 100, 100, 140, 140, 140},
		 113203},
		{"2 ms is nothing, whatever the share", {1, 1, 1, 1, 1, 13}, 1000},
		{"more than 2 ms is something", {1, 1, 1, 1, 1, 14}, 3167},
		{"the longest", {60000, 60000, 60000, 60000, 60000, 60000, 60000, 60000, 60000}, 60000000},
	};
	struct addr client = addr_of("192.0.2.1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct measured *m = measured_new(&defaults);
		for (size_t j = 0; rows[i].samples[j] != 0; j++)
			assert_true(feed(m, &client, "fra", rows[i].samples[j] * 1000, j));
		uint32_t us = published(m, &client, FRA);
		if (us != rows[i].published)
			fail_msg("%s: %u, expected %u", rows[i].name, us, rows[i].published);
		measured_free(m);
	}
}

static void what_is_no_measurement_is_refused(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1"), none = {0};
	static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567890123";
	const struct {
		const struct addr *client;
		const char *datacenter;
		uint32_t us;
		bool ok;
	} rows[] = {
		{&client, "fra", 1, true},
		{&client, "fra", MEASURED_US_MAX, true},
		{&client, "fra", 0, false},
		{&client, "fra", MEASURED_US_MAX + 1, false},
		{&client, "fra", UINT32_MAX, false},
		{&none, "fra", 1, false},
		{&client, "", 1, false},
		{&client, "a b", 1, false},
		{&client, "a\nb", 1, false},
		{&client, long_name, 1, false},
		{&client, long_name + 1, 1, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct measured *m = measured_new(&defaults);
		if (feed(m, rows[i].client, rows[i].datacenter, rows[i].us, 0) != rows[i].ok)
			fail_msg("row %zu", i);
		assert_int_equal(measured_prefixes(m), rows[i].ok);
		measured_free(m);
	}
}

static void clients_of_one_grain_share_a_figure(void **state)
{
	(void)state;
	static const struct {
		uint8_t v4, v6; /* 0: default */
		const char *fed, *asked;
		bool same;
	} rows[] = {
		{0, 0, "192.0.2.1", "192.0.2.255", true},
		{0, 0, "192.0.2.1", "192.0.3.1", false},
		{16, 0, "192.0.2.1", "192.0.3.1", true},
		{32, 0, "192.0.2.1", "192.0.2.1", true},
		{32, 0, "192.0.2.1", "192.0.2.2", false},
		{1, 1, "192.0.2.1", "255.0.0.1", true},
		{1, 1, "192.0.2.1", "127.0.0.1", false},
		{0, 0, "2001:db8:1::1", "2001:db8:1:ffff::1", true},
		{0, 0, "2001:db8:1::1", "2001:db8:2::1", false},
		{0, 64, "2001:db8:1:1::1", "2001:db8:1:1:ffff::1", true},
		{0, 64, "2001:db8:1:1::1", "2001:db8:1:2::1", false},
		{0, 0, "::ffff:192.0.2.1", "192.0.2.9", true},
		{0, 0, "192.0.2.1", "::ffff:192.0.2.9", true},
		{32, 64, "0.0.0.1", "0:0:0:1::", false},
		{32, 64, "0:0:0:1::", "0.0.0.1", false},
		{0, 0, "::", "0.0.0.0", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct measured_limits limits = {.grain_v4 = rows[i].v4, .grain_v6 = rows[i].v6};
		struct measured *m = measured_new(&limits);
		struct addr fed = addr_of(rows[i].fed), asked = addr_of(rows[i].asked);
		feed_all(m, &fed, "fra", 5000, 0);
		assert_int_equal(published(m, &fed, FRA), 5000);
		if (published(m, &asked, FRA) != (rows[i].same ? 5000 : 0))
			fail_msg("%s and %s", rows[i].fed, rows[i].asked);
		measured_free(m);
	}
}

static void countries_and_continents_roll_up(void **state)
{
	(void)state;
	struct measured *m = measured_new(&defaults);
	for (uint32_t i = 0; i < 10; i++) {
		struct addr client = addr_number(i << 8);
		struct measurement sample = {&client, i < 5 ? "fra" : "iad", 10000, (uint16_t)(i < 5 ? 7 : 9),
					     7};
		assert_true(measured_add(m, &sample, 0));
	}
	struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
	struct addr client = addr_number(0);
	assert_null(measurements_find(s, &client));
	assert_int_equal(measurements_prefixes(s), 0);
	assert_memory_equal(measurements_country(s, 7), ((uint32_t[]){10000, 0, 0}), 12);
	assert_memory_equal(measurements_country(s, 9), ((uint32_t[]){0, 10000, 0}), 12);
	assert_memory_equal(measurements_continent(s, 7), ((uint32_t[]){10000, 10000, 0}), 12);
	assert_null(measurements_country(s, 8));
	assert_null(measurements_country(s, 0));
	assert_null(measurements_continent(s, 0));
	assert_null(measurements_continent(s, 9));
	measurements_free(s);
	measured_free(m);
}

static void a_snapshot_outlives_the_store_unchanged(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1"), other = addr_of("198.51.100.1");
	struct measured *m = measured_new(&(struct measured_limits){.grain_v4 = 20, .grain_v6 = 40});
	assert_false(measured_changed(m));
	feed_all(m, &client, "fra", 5000, 0);
	assert_true(measured_changed(m));
	struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
	assert_false(measured_changed(m));
	feed_all(m, &client, "fra", 500000, 0);
	feed_all(m, &other, "iad", 500000, 0);
	assert_true(measured_changed(m));
	measured_free(m);
	assert_memory_equal(measurements_find(s, &client), ((uint32_t[]){5000, 0, 0}), 12);
	assert_null(measurements_find(s, &other));
	assert_int_equal(measurements_prefixes(s), 1);
	assert_int_equal(measurements_grain(s, FAMILY_V4), 20);
	assert_int_equal(measurements_grain(s, FAMILY_V6), 40);
	assert_int_equal(measurements_grain(s, FAMILY_NONE), 0);
	measurements_free(s);
}

static void a_snapshot_is_by_the_order_of_the_names_given(void **state)
{
	(void)state;
	static const char *const orders[][3] = {{"sin", "new", "fra"}, {"new", "old", "other"}};
	struct addr client = addr_of("192.0.2.1");
	struct measured *m = measured_new(&defaults);
	feed_all(m, &client, "fra", 5000, 0);
	feed_all(m, &client, "iad", 6000, 0);
	feed_all(m, &client, "sin", 7000, 0);
	struct measurements *s = measurements_snapshot(m, orders[0], 3);
	assert_memory_equal(measurements_find(s, &client), ((uint32_t[]){7000, 0, 5000}), 12);
	measurements_free(s);
	s = measurements_snapshot(m, orders[1], 3);
	assert_null(measurements_find(s, &client));
	assert_int_equal(measurements_prefixes(s), 0);
	measurements_free(s);
	s = measurements_snapshot(m, NULL, 0);
	assert_null(measurements_find(s, &client));
	measurements_free(s);
	measured_free(m);
}

static void only_what_is_published_is_a_change(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1");
	struct measured *m = measured_new(&(struct measured_limits){.max_age_ms = 1000});
	for (int i = 0; i < 4; i++)
		assert_true(feed(m, &client, "fra", 100000, 0));
	assert_false(measured_changed(m));
	feed(m, &client, "fra", 100000, 0);
	assert_true(measured_changed(m));
	published(m, &client, FRA);
	for (int i = 0; i < 20; i++)
		feed(m, &client, "fra", 109000, 0);
	assert_false(measured_changed(m));
	measured_sweep(m, 1000);
	assert_false(measured_changed(m));
	measured_sweep(m, 1001);
	assert_true(measured_changed(m));
	assert_int_equal(measured_prefixes(m), 0);
	measured_free(m);
}

static void a_figure_too_old_starts_anew(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1");
	struct measured *m = measured_new(&(struct measured_limits){.max_age_ms = 1000});
	feed_all(m, &client, "fra", 100000, 5000);
	feed_all(m, &client, "iad", 100000, 5500);
	feed(m, &client, "fra", 2000, 6001);
	assert_int_equal(published(m, &client, FRA), 0);
	assert_int_equal(published(m, &client, IAD), 100000);
	for (int i = 0; i < 4; i++)
		feed(m, &client, "fra", 2000, 6001);
	assert_int_equal(published(m, &client, FRA), 2000);
	measured_sweep(m, 6501);
	assert_int_equal(published(m, &client, FRA), 2000);
	assert_int_equal(published(m, &client, IAD), 0);
	measured_free(m);
}

static void a_full_store_forgets_the_oldest_first(void **state)
{
	(void)state;
	struct measured *m = measured_new(&(struct measured_limits){.prefixes = 1000});
	for (uint32_t i = 0; i < 2000; i++) {
		struct addr client = addr_number(i);
		feed_all(m, &client, "fra", 5000, 0);
		assert_in_range(measured_prefixes(m), 1, 1000);
	}
	uint32_t old = 0, young = 0;
	for (uint32_t i = 0; i < 400; i++) {
		struct addr first = addr_number(i), last = addr_number(1600 + i);
		old += published(m, &first, FRA) > 0;
		young += published(m, &last, FRA) > 0;
	}
	assert_in_range(old, 0, 40);
	assert_in_range(young, 360, 400);
	measured_free(m);
}

/* All at one time, as in one request. */
static void a_flood_of_addresses_leaves_those_that_are_fed(void **state)
{
	(void)state;
	enum { FED = 200, FLOOD = 100000 };
	struct random r;
	random_seed_with(&r, 1);
	struct measured *m = measured_new(&(struct measured_limits){.prefixes = 1000});
	for (uint32_t i = 0; i < FED; i++) {
		struct addr client = addr_number(i);
		feed_all(m, &client, "fra", 5000, 7);
	}
	for (uint32_t i = 0; i < FLOOD; i++) {
		struct addr hostile = addr_number((1 << 23) + random_below(&r, 1 << 23));
		struct addr client = addr_number(i / 10 % FED);
		assert_true(feed(m, &hostile, "iad", 1000, 7));
		if (i % 10 == 0) /* each once in 2000 of the flood, twice what the store holds */
			assert_true(feed(m, &client, "fra", 5000, 7));
	}
	uint32_t left = 0;
	for (uint32_t i = 0; i < FED; i++) {
		struct addr client = addr_number(i);
		left += published(m, &client, FRA) > 0;
	}
	assert_in_range(left, FED * 95 / 100, FED);
	measured_free(m);
}

static void feed_named(struct measured *m, const struct addr *client, unsigned number, bool ok)
{
	char name[16];
	snprintf(name, sizeof(name), "dc-%u", number);
	struct measurement sample = {client, name, 5000, 1, 0};
	if (measured_add(m, &sample, 0) != ok)
		fail_msg("%s is %s", name, ok ? "refused" : "accepted");
}

static void names_are_bounded_and_come_free(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1");
	struct measured *m = measured_new(&defaults);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MEASURED_DATACENTERS_MAX; i++)
			feed_named(m, &client, round * 500 + i, true);
		feed_named(m, &client, 9999, false);
		feed_named(m, &client, round * 500 + 7, true);
		measured_sweep(m, UINT32_MAX);
		assert_int_equal(measured_prefixes(m), 0);
	}
	measured_free(m);
}

static void figures_are_bounded_whatever_the_datacenters(void **state)
{
	(void)state;
	struct measured *m = measured_new(&(struct measured_limits){.prefixes = 4});
	for (unsigned i = 0; i < 20000; i++) {
		struct addr client = addr_number(i % 3);
		char name[16];
		snprintf(name, sizeof(name), "dc-%u", i % 1000);
		struct measurement sample = {&client, name, 5000, (uint16_t)(1 + i % 2), 0};
		assert_true(measured_add(m, &sample, 0));
		assert_in_range(measured_prefixes(m), 1, 4);
	}
	measured_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_lead_to_what_is_published),
		cmocka_unit_test(what_is_no_measurement_is_refused),
		cmocka_unit_test(clients_of_one_grain_share_a_figure),
		cmocka_unit_test(countries_and_continents_roll_up),
		cmocka_unit_test(a_snapshot_outlives_the_store_unchanged),
		cmocka_unit_test(a_snapshot_is_by_the_order_of_the_names_given),
		cmocka_unit_test(only_what_is_published_is_a_change),
		cmocka_unit_test(a_figure_too_old_starts_anew),
		cmocka_unit_test(a_full_store_forgets_the_oldest_first),
		cmocka_unit_test(a_flood_of_addresses_leaves_those_that_are_fed),
		cmocka_unit_test(names_are_bounded_and_come_free),
		cmocka_unit_test(figures_are_bounded_whatever_the_datacenters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
