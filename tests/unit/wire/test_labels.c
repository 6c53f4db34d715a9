/* SPDX-License-Identifier: ISC */
/* Where labels begin: every mixture of lengths, read from memory of exactly that and what follows. */
#include "wire/labels.h"
#include "wire/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct labels {
	uint8_t at[NAME_LABELS_MAX + 1];
	int root; /* its index; -1: it is no name */
};

/* Label by label. */
static struct labels expect(const uint8_t *name, size_t limit)
{
	struct labels out = {.root = -1};
	size_t at = 0;
	for (int i = 0; at < limit && name[at] <= LABEL_OCTETS_MAX; i++) {
		out.at[i] = (uint8_t)at;
		if (name[at] == 0) {
			out.root = i;
			break;
		}
		at += name[at] + 1u;
	}
	return out;
}

static void check(const char *what, const uint8_t *name, size_t len)
{
	size_t limit = len < NAME_OCTETS_MAX ? len : NAME_OCTETS_MAX;
	struct labels expected = expect(name, limit);
	uint8_t *copy = malloc(limit + LABELS_BEHIND), *found = malloc(NAME_LABELS_MAX + 1);
	memcpy(copy, name, limit);
	memset(copy + limit, 1, LABELS_BEHIND);
	const uint8_t *root = labels_read(copy, limit, 0, found);
	int labels = root ? (int)(root - found) : -1;
	if (labels != expected.root || memcmp(found, expected.at, (size_t)(labels + 1)) != 0)
		fail_msg("%s: %d labels instead of %d, or elsewhere", what, labels, expected.root);
	free(copy);
	free(found);
}

/* Labels of these lengths again and again, as many as there is room for, and the root. */
static size_t name_of(const char *lengths, size_t room, uint8_t *out)
{
	size_t at = 0;
	for (const char *l = lengths;; l = l[1] ? l + 1 : lengths) {
		size_t len = (size_t)(*l - '0');
		if (at + len + 2 > room)
			break;
		out[at] = (uint8_t)len;
		memset(out + at + 1, 1, len); /* what is in labels looks like lengths */
		at += len + 1;
	}
	out[at] = 0;
	return at + 1;
}

static void labels_begin_where_the_one_before_ends(void **state)
{
	(void)state;
	static const char *const rows[] = {"1",         "2",   "3",          "12",
					   "21",        "112", "1111111112", "11111111111111112",
					   "311111111", "9",   "1119",       "11111111111111111111111111119"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t room = 1; room <= NAME_OCTETS_MAX + 20; room++) {
			uint8_t name[NAME_OCTETS_MAX + 20];
			size_t len = name_of(rows[i], room, name);
			check(rows[i], name, len);
			check("without a root", name, len - (len > 1));
		}
	}
}

static void what_is_no_label_is_no_name(void **state)
{
	(void)state;
	static const uint8_t wrong[] = {LABEL_OCTETS_MAX + 1, 0x80, 0xc0, 0xff};
	uint8_t name[NAME_OCTETS_MAX];
	size_t len = name_of("1", NAME_OCTETS_MAX, name);
	assert_int_equal(len, NAME_OCTETS_MAX);
	assert_int_equal(expect(name, len).root, NAME_LABELS_MAX);
	for (size_t i = 0; i < sizeof(wrong); i++) {
		for (size_t at = 0; at < len; at++) {
			uint8_t before = name[at];
			name[at] = wrong[i];
			check("wrong", name, len);
			name[at] = before;
		}
	}
}

static void random_octets_are_read_as_label_by_label(void **state)
{
	(void)state;
	uint64_t random = 1;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t name[300];
		size_t len = 1 + i % sizeof(name);
		for (size_t at = 0; at < len; at++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			name[at] = (uint8_t)(random >> 60 > 1 ? 1 : random >> 56); /* mostly ones */
		}
		check("random", name, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_begin_where_the_one_before_ends),
		cmocka_unit_test(what_is_no_label_is_no_name),
		cmocka_unit_test(random_octets_are_read_as_label_by_label),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
