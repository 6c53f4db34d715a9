/* SPDX-License-Identifier: ISC */
/* The table of countries, and distances. */
#include "base/country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

static void every_country_is_listed_once_in_order_and_makes_sense(void **state)
{
	(void)state;
	size_t n;
	const struct country *list = country_list(&n);
	assert_int_equal(n, 249 + 1); /* ISO 3166-1, and XK */
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			assert_true(strcmp(list[i - 1].code, list[i].code) < 0);
		assert_int_equal(strlen(list[i].code), 2);
		assert_int_equal(strlen(list[i].continent), 2);
		assert_non_null(strstr("AF AN AS EU NA OC SA", list[i].continent));
		assert_true(fabsf(list[i].latitude) <= 90 && fabsf(list[i].longitude) <= 180);
		assert_ptr_equal(country_find(list[i].code), &list[i]);
	}
}

static void continents_are_those_of_the_databases(void **state)
{
	(void)state;
	static const char *const known[][2] = {
		{"CY", "EU"}, {"TR", "AS"}, {"RU", "EU"}, {"KZ", "AS"}, {"GE", "AS"}, {"AM", "AS"},
		{"AZ", "AS"}, {"EG", "AF"}, {"TL", "OC"}, {"ID", "AS"}, {"MX", "NA"}, {"PA", "NA"},
		{"CO", "SA"}, {"TT", "NA"}, {"GL", "NA"}, {"IS", "EU"}, {"NZ", "OC"}, {"AQ", "AN"},
		{"XK", "EU"}, {"IL", "AS"}, {"MU", "AF"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct country *c = country_find(known[i][0]);
		assert_non_null(c);
		assert_string_equal(c->continent, known[i][1]);
	}
}

static void what_is_no_country_is_not_found(void **state)
{
	(void)state;
	static const char *const none[] = {"", "D", "de", "ZZ", "EU", "AP", "DEU", "AA", "99"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(country_find(none[i]));
}

static void distances_are_great_circles(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_country_is_listed_once_in_order_and_makes_sense),
		cmocka_unit_test(continents_are_those_of_the_databases),
		cmocka_unit_test(what_is_no_country_is_not_found),
		cmocka_unit_test(distances_are_great_circles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
