/* SPDX-License-Identifier: ISC */
/* Memory of an arena: zeroed, aligned, apart, and kept until the end. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static void all_of_it_is_zero_and_aligned(void **state)
{
	(void)state;
	static const struct {
		size_t size, align;
	} rows[] = {
		{0, 1},
		{1, 1},
		{3, 1},
		{8, 8},
		{1, 64},
		{64, 64},
		{65, 2},
		{7, 16},
		{65536, 1},
		{65537, 64},
		{1000000, 32},
		{5000000, 64},
		{16, sizeof(void *)},
	};
	/* the second one is likely to get back from the system what the first has filled */
	for (int twice = 0; twice < 2; twice++) {
		struct arena *arena = arena_new();
		for (size_t i = 0; i < 20 * N(rows); i++) {
			size_t size = rows[i % N(rows)].size, align = rows[i % N(rows)].align;
			uint8_t *got = arena_alloc_aligned(arena, size, align);
			assert_non_null(got);
			assert_int_equal((uintptr_t)got % align, 0);
			for (size_t j = 0; j < size; j++) {
				if (got[j] != 0)
					fail_msg("octet %zu of %zu", j, size);
			}
			memset(got, 0xff, size);
			assert_int_equal((uintptr_t)arena_alloc(arena, 1) % _Alignof(max_align_t), 0);
		}
		arena_free(arena);
	}
}

/* Each piece is filled with its own octet; none may be another's when all are there. */
static void pieces_never_overlap(void **state)
{
	(void)state;
	enum { PIECES = 3000 };
	static uint8_t *pieces[PIECES];
	struct arena *arena = arena_new();
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = arena_alloc_aligned(arena, i % 211, (size_t)1 << i % 7);
		memset(pieces[i], (int)(i % 251), i % 211);
	}
	for (size_t i = 0; i < PIECES; i++) {
		for (size_t j = 0; j < i % 211; j++)
			assert_int_equal(pieces[i][j], i % 251);
	}
	arena_free(arena);
}

static void copies_are_their_own(void **state)
{
	(void)state;
	char text[] = "abcdef";
	struct arena *arena = arena_new();
	char *data = arena_copy(arena, text, sizeof(text));
	char *start = arena_copy_text(arena, text, 3), *empty = arena_copy_text(arena, NULL, 0);
	assert_non_null(arena_copy(arena, NULL, 0));
	memset(text, 'x', sizeof(text));
	assert_string_equal(data, "abcdef");
	assert_string_equal(start, "abc");
	assert_string_equal(empty, "");
	arena_free(arena);
}

static void it_holds_little_more_than_it_was_asked_for(void **state)
{
	(void)state;
	enum { PIECE = 1000, PIECES = 20000, SLACK = 64 * 1024 };
	struct arena *arena = arena_new();
	assert_int_equal(arena_size(arena), 0);
	arena_alloc(arena, 1);
	assert_in_range(arena_size(arena), 1, 2 * SLACK);
	for (size_t i = 1; i <= PIECES; i++) {
		arena_alloc(arena, PIECE);
		size_t size = arena_size(arena), asked = i * PIECE;
		if (size < asked || size > asked + asked / 4 + 2 * SLACK)
			fail_msg("%zu asked for, %zu held", asked, size);
	}
	arena_free(arena);
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_zero_and_aligned),
		cmocka_unit_test(pieces_never_overlap),
		cmocka_unit_test(copies_are_their_own),
		cmocka_unit_test(it_holds_little_more_than_it_was_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
