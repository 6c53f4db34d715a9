/* SPDX-License-Identifier: ISC */
/* Estimated round-trip times: the very numbers, which must be the same everywhere, and how close they are. */
#include "geo/estimate.h"
#include "base/random.h"
#include "globe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static uint32_t between(const double a[2], const double b[2])
{
	struct ladder ladder;
	ladder_init(&ladder);
	struct point from = point_at(a[0], a[1]), to = point_at(b[0], b[1]);
	return estimate_us(&ladder, &from, &to);
}

static void the_oracle_knows_great_circles(void **state)
{
	(void)state;
	static const struct {
		double from[2], to[2], km, within;
	} rows[] = {
		{{0, 0}, {0, 0}, 0, 0.001},
		{{0, 0}, {0, 90}, 10007.5, 1},
		{{90, 0}, {-90, 0}, 20015.1, 1},
		{{0, 179}, {0, -179}, 222.4, 0.1},
		{{50.11, 8.68}, {39.04, -77.49}, 6560, 30},
		{{51.5, -0.1}, {48.9, 2.4}, 343, 10},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double km = distance_km(rows[i].from[0], rows[i].from[1], rows[i].to[0], rows[i].to[1]);
		assert_true(fabs(km - rows[i].km) <= rows[i].within);
	}
}

static void known_places_are_known_times_apart(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double a[2], b[2];
		uint32_t us;
	} rows[] = {
		{"the same place", {50.11, 8.68}, {50.11, 8.68}, 5000},
		{"the same pole", {90, 10}, {90, -170}, 5000},
		{"the same meridian", {20, 180}, {20, -180}, 5000},
		{"a suburb", {50.11, 8.68}, {50.11, 8.78}, 5000},
		{"London, Paris", {51.5, -0.1}, {48.9, 2.4}, 10000},
		{"Frankfurt, Ashburn", {50.11, 8.68}, {39.04, -77.49}, 103744},
		{"Frankfurt, Singapore", {50.11, 8.68}, {1.35, 103.82}, 160000},
		{"antipodes", {50.11, 8.68}, {-50.11, -171.32}, 320000},
		{"poles", {90, 0}, {-90, 0}, 320000},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t us = between(rows[i].a, rows[i].b), back = between(rows[i].b, rows[i].a);
		if (us != rows[i].us || back != us)
			fail_msg("%s: %u µs, and back %u", rows[i].name, us, back);
	}
}

static void a_step_is_the_nearest_of_eighths_of_octaves(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 5);
	for (unsigned i = 0; i < 200000; i++) {
		double a[2], b[2];
		for (unsigned k = 0; k < 2; k++) {
			a[k] = ((double)random_below(&r, 1800001) / 10000 - 90) * (k + 1);
			b[k] = ((double)random_below(&r, 1800001) / 10000 - 90) * (k + 1);
		}
		if (i % 4 == 0) { /* near, too */
			b[0] = a[0] / 1.01;
			b[1] = a[1];
		}
		double exact = 8 * log2((5 + distance_km(a[0], a[1], b[0], b[1]) / 66) / 5);
		double step = 8 * log2(between(a, b) / 5000.0);
		if (fabs(step - nearbyint(step)) > 0.002 ||
		    fabs(exact - nearbyint(step)) > 0.502) /* a step is of four digits */
			fail_msg("%f %f and %f %f: step %f for %f", a[0], a[1], b[0], b[1], step, exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oracle_knows_great_circles),
		cmocka_unit_test(known_places_are_known_times_apart),
		cmocka_unit_test(a_step_is_the_nearest_of_eighths_of_octaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
