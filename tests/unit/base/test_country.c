/* SPDX-License-Identifier: ISC */
/* The table of countries. */
#include "base/country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

static void every_country_is_found_and_makes_sense(void **state)
{
	(void)state;
	unsigned n = 0;
	for (unsigned i = 0; i < 26 * 26; i++) {
		const char code[] = {(char)('A' + i / 26), (char)('A' + i % 26), '\0'};
		const struct country *c = country_find(code);
		if (c == NULL)
			continue;
		n++;
		assert_string_equal(c->code, code);
		assert_int_equal(strlen(c->continent), 2);
		assert_non_null(strstr("AF AN AS EU NA OC SA", c->continent));
		assert_true(fabsf(c->latitude) <= 90 && fabsf(c->longitude) <= 180);
	}
	assert_int_equal(n, 249 + 1); /* ISO 3166-1, and XK */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_country_is_found_and_makes_sense),
		cmocka_unit_test(continents_are_those_of_the_databases),
		cmocka_unit_test(what_is_no_country_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
