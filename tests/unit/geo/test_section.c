/* SPDX-License-Identifier: ISC */
/* What bounds a record of a database. */
#include "geo/section.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format off */
#define OCTETS(text) (const uint8_t *)(text), sizeof(text) - 1
/* clang-format on */

/*
 * Arrays are \xNN\x04 (of \xNN items), pointers \x20\xNN, maps \xeN, \x42.. are strings of 2 octets, \xa0 is
 * a number of none.
 */
static const struct {
	const char *name;
	const uint8_t *octets;
	size_t len, at;
	uint32_t most;
	bool bounded;
} rows[] = {
	{"a number", OCTETS("\xa0"), 0, 0, true},
	{"as many items as there may be", OCTETS("\x02\x04\xa0\xa0"), 0, 2, true},
	{"one too many", OCTETS("\x03\x04\xa0\xa0\xa0"), 0, 2, false},
	{"keys count as values do", OCTETS("\xe1\x42xy\xa0"), 0, 1, false},
	{"the items of items count", OCTETS("\x02\x04\x01\x04\xa0\xa0"), 0, 2, false},
	{"what pointers point to counts each time", OCTETS("\x02\x04\xa0\xa0\x02\x04\x20\x00\x20\x00"), 4, 5,
	 false},
	{"and no more than that", OCTETS("\x02\x04\xa0\xa0\x02\x04\x20\x00\x20\x00"), 4, 6, true},
	{"a record that is a pointer", OCTETS("\x02\x04\xa0\xa0\x20\x00"), 4, 2, true},
	{"a record that is a pointer to too many", OCTETS("\x02\x04\xa0\xa0\x20\x00\xa0\xa0"), 4, 1, false},
	{"what follows such a pointer is none of it", OCTETS("\x02\x04\x01\x04\xa0\xa0\x20\x00\xa0\xa0"), 6,
	 2, false},
	{"a pointer to a pointer", OCTETS("\x20\x02\x20\x04\xa0"), 0, 9, false},
	{"a pointer to itself", OCTETS("\x20\x00"), 0, 9, false},
	{"an array that has itself", OCTETS("\x01\x04\x20\x00"), 0, 1000, false},
	{"a key that is a number", OCTETS("\xe1\xa0\xa0"), 0, 9, false},
	{"an item too few", OCTETS("\x02\x04\xa0"), 0, 9, false},
};

static void records_are_bounded_with_all_that_they_point_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct section section = {rows[i].octets, rows[i].len};
		if (section_bounded(&section, rows[i].at, rows[i].most) != rows[i].bounded)
			fail_msg("%s", rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_bounded_with_all_that_they_point_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
