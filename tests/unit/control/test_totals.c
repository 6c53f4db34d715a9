/* SPDX-License-Identifier: ISC */
/* Counts by text: none is lost or mixed up while the table grows, and a copy is a copy. */
#include "control/totals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 5000 };

static char *key_of(unsigned i, char *out)
{
	sprintf(out, "q\x1fzone%u.example.\x1fudp", i);
	return out;
}

static void an_empty_one_has_nothing(void **state)
{
	(void)state;
	struct totals *t = totals_new(), *copy = totals_copy(t);
	assert_int_equal(totals_get(t, "x"), 0);
	assert_int_equal(totals_get(copy, ""), 0);
	totals_free(copy);
	totals_free(t);
	totals_free(NULL);
}

struct seen {
	unsigned n;
	bool *keys;
};

static void on_total(void *context, const char *key, uint64_t count)
{
	struct seen *seen = context;
	unsigned i = (unsigned)strtoul(key + 6, NULL, 10);
	assert_true(i < KEYS && !seen->keys[i]);
	assert_int_equal(count, 3 * (uint64_t)i + 1);
	seen->keys[i] = true;
	seen->n++;
}

static void thousands_are_kept_apart_and_walked_once(void **state)
{
	(void)state;
	struct totals *t = totals_new();
	char key[64];
	bool keys[KEYS] = {false};
	struct seen seen = {0, keys};
	for (unsigned i = 0; i < KEYS; i++)
		totals_add(t, key_of(i, key), i);
	for (unsigned i = KEYS; i-- > 0;)
		totals_add(t, key_of(i, key), 2 * (uint64_t)i + 1);
	for (unsigned i = 0; i < KEYS; i++)
		assert_int_equal(totals_get(t, key_of(i, key)), 3 * (uint64_t)i + 1);
	assert_int_equal(totals_get(t, "q"), 0);
	assert_int_equal(totals_get(t, ""), 0);
	totals_walk(t, on_total, &seen);
	assert_int_equal(seen.n, KEYS);
	totals_free(t);
}

static void a_copy_goes_its_own_way(void **state)
{
	(void)state;
	struct totals *t = totals_new();
	totals_add(t, "a", UINT64_MAX - 1);
	totals_add(t, "", 7);
	struct totals *copy = totals_copy(t);
	totals_add(copy, "a", 1);
	totals_add(copy, "b", 5);
	assert_true(totals_get(t, "a") == UINT64_MAX - 1);
	assert_int_equal(totals_get(t, "b"), 0);
	totals_free(t);
	assert_true(totals_get(copy, "a") == UINT64_MAX);
	assert_int_equal(totals_get(copy, "b"), 5);
	assert_int_equal(totals_get(copy, ""), 7);
	totals_free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_has_nothing),
		cmocka_unit_test(thousands_are_kept_apart_and_walked_once),
		cmocka_unit_test(a_copy_goes_its_own_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
