/* SPDX-License-Identifier: ISC */
/* Sets of equal items, and what is noted by item. */
#include "geo/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { KEYS = 1 << 18 };

/* Keys of one word are told apart by their hashes alone: small, large and scattered ones. */
static uint32_t key_of(uint32_t i)
{
	return i % 3 == 0 ? i : i % 3 == 1 ? i << 13 : i * 0x01000193u;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void words_are_one_only_if_equal(void **state)
{
	(void)state;
	static uint32_t keys[KEYS];
	struct intern set;
	size_t distinct = 1;
	intern_init(&set, sizeof(uint32_t));
	for (uint32_t i = 0; i < KEYS; i++) {
		keys[i] = key_of(i);
		uint32_t number = intern_add(&set, &keys[i]);
		assert_memory_equal(intern_item(&set, number), &keys[i], sizeof(keys[i]));
	}
	qsort(keys, KEYS, sizeof(*keys), by_value);
	for (size_t i = 1; i < KEYS; i++)
		distinct += keys[i] != keys[i - 1];
	assert_int_equal(set.n, distinct);
	intern_free(&set);
}

static void a_memo_gives_what_was_noted_of_a_key(void **state)
{
	(void)state;
	struct memo memo;
	memo_init(&memo, sizeof(uint32_t));
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t key = i * 7, *held = memo_at(&memo, &key);
		assert_int_equal(*held, MEMO_NONE);
		*held = i + 1;
	}
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t key = i * 7, unknown = key + 1;
		assert_int_equal(memo_get(&memo, &key), i + 1);
		assert_int_equal(memo_get(&memo, &unknown), 0);
	}
	memo_free(&memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_one_only_if_equal),
		cmocka_unit_test(a_memo_gives_what_was_noted_of_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
