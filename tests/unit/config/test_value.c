/* SPDX-License-Identifier: ISC */
/* Durations and suggestions. */
#include "config/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static void durations_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ttl_s, ms; /* -1: refused */
	} rows[] = {
		{"30", 30, 30000},
		{"90s", 90, 90000},
		{"1h30m", 5400, 5400000},
		{"1H30M", 5400, 5400000},
		{"250ms", -1, 250},
		{"1s500ms", -1, 1500},
		{"2w", 1209600, 1209600000},
		{"0", 0, 0},
		{"", -1, -1},
		{"s", -1, -1},
		{"5x", -1, -1},
		{"30m1h", -1, -1},
		{"1h1h", -1, -1},
		{"-1", -1, -1},
		{"1 h", -1, -1},
		{"1h30", -1, -1},
		{"2147483647", 2147483647, -1},
		{"2147483648", -1, -1},
		{"99999999999", -1, -1},
		{"1.5s", -1, -1},
	};
	for (size_t i = 0; i < N(rows); i++) {
		uint32_t ttl, ms;
		int64_t got_ttl = value_ttl(rows[i].text, strlen(rows[i].text), &ttl) ? (int64_t)ttl : -1;
		int64_t got_ms =
			value_duration_ms(rows[i].text, strlen(rows[i].text), &ms) ? (int64_t)ms : -1;
		if (got_ttl != rows[i].ttl_s || got_ms != rows[i].ms)
			fail_msg("%s: %ld s, %ld ms", rows[i].text, (long)got_ttl, (long)got_ms);
	}
}

static void numbers_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool right;
		uint64_t value;
	} rows[] = {
		{"0", true, 0},
		{"007", true, 7},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999999", false, 0},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{"1 ", false, 0},
		{"0x1", false, 0},
	};
	for (size_t i = 0; i < N(rows); i++) {
		uint64_t value = 0;
		bool right = value_number(rows[i].text, strlen(rows[i].text), &value);
		if (right != rows[i].right || (right && value != rows[i].value))
			fail_msg("%s", rows[i].text);
	}
}

static void the_nearest_word_is_meant(void **state)
{
	(void)state;
	static const char *const words[] = {"listen", "workers", "datacenter", "geomap", "zone"};
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"lisen", "listen"},
		{"LISTEN", "listen"},
		{"datacentre", "datacenter"},
		{"zoen", "zone"},
		{"gemoap", "geomap"},
		{"x", NULL},
		{"server", NULL},
		{"", NULL},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
	};
	for (size_t i = 0; i < N(rows); i++) {
		const char *got = value_nearest(rows[i].text, strlen(rows[i].text), words, N(words));
		if ((got == NULL) != (rows[i].expected == NULL) ||
		    (got != NULL && strcmp(got, rows[i].expected) != 0))
			fail_msg("%s: %s", rows[i].text, got ? got : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_read),
					   cmocka_unit_test(durations_are_read),
					   cmocka_unit_test(the_nearest_word_is_meant)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
