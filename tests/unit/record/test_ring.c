/* SPDX-License-Identifier: ISC */
/* The ring: pieces come out whole and in order, whatever their lengths; a full one refuses and goes on. */
#include "record/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { ROOM = 4096, PIECES = 200000, LONGEST = 600 };

static bool put(struct ring *ring, size_t most, size_t len, uint8_t fill)
{
	uint8_t *p = ring_begin(ring, most);
	if (p == NULL)
		return false;
	memset(p, fill, len);
	ring_end(ring, len);
	return true;
}

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 7, 8, 9, 100, 1000, 1024};
	struct ring ring;
	struct span piece;
	ring_init(&ring, ROOM);
	assert_false(ring_next(&ring, &piece));
	for (unsigned i = 0; i < 1000; i++) {
		size_t len = lengths[i % 8];
		assert_true(put(&ring, 1024, len, (uint8_t)i));
		assert_true(ring_next(&ring, &piece));
		assert_int_equal(piece.len, len);
		assert_int_equal((uintptr_t)piece.octets % 8, 0);
		for (size_t k = 0; k < len; k++)
			assert_int_equal(piece.octets[k], (uint8_t)i);
		ring_drop(&ring, &piece);
		assert_false(ring_next(&ring, &piece));
	}
	ring_free(&ring);
}

static void what_is_begun_but_not_ended_does_not_count(void **state)
{
	(void)state;
	struct ring ring;
	struct span piece;
	ring_init(&ring, ROOM);
	assert_non_null(ring_begin(&ring, 100));
	assert_false(ring_next(&ring, &piece));
	assert_true(put(&ring, 10, 10, 1));
	assert_true(ring_next(&ring, &piece));
	assert_int_equal(piece.len, 10);
	ring_free(&ring);
}

static void a_full_one_refuses_until_something_is_taken(void **state)
{
	(void)state;
	struct ring ring;
	struct span piece;
	unsigned n = 0;
	ring_init(&ring, ROOM);
	while (put(&ring, 100, 100, (uint8_t)n))
		n++;
	assert_int_equal(n, ROOM / (8 + 104));
	assert_false(put(&ring, 100, 100, 0));
	for (unsigned i = 0; i < 3 * n; i++) { /* round its end, too */
		assert_true(ring_next(&ring, &piece));
		assert_int_equal(piece.octets[99], (uint8_t)i);
		ring_drop(&ring, &piece);
		put(&ring, 100, 100, (uint8_t)(i + n));
		if (i == 2 * n)
			break;
	}
	ring_free(&ring);
}

/* Piece number i has a length that follows from it, and its number in every octet. */
static size_t length_of(unsigned i)
{
	return 4 + i * 2654435761u % LONGEST;
}

static void *write_all(void *argument)
{
	struct ring *ring = argument;
	for (unsigned i = 0; i < PIECES;) {
		uint8_t *p = ring_begin(ring, LONGEST + 4);
		if (p == NULL) {
			sched_yield();
			continue;
		}
		memset(p, (int)(uint8_t)i, length_of(i));
		memcpy(p, &i, sizeof(i));
		ring_end(ring, length_of(i));
		i++;
	}
	return NULL;
}

static void what_one_thread_puts_another_takes_in_order(void **state)
{
	(void)state;
	struct ring ring;
	struct span piece;
	pthread_t writer;
	ring_init(&ring, ROOM);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &ring), 0);
	for (unsigned i = 0; i < PIECES; i++) {
		unsigned number;
		while (!ring_next(&ring, &piece))
			sched_yield();
		memcpy(&number, piece.octets, sizeof(number));
		if (number != i || piece.len != length_of(i))
			fail_msg("piece %u: %u, of %zu octets", i, number, piece.len);
		for (size_t k = sizeof(number); k < piece.len; k++) {
			if (piece.octets[k] != (uint8_t)i)
				fail_msg("piece %u is torn at %zu", i, k);
		}
		ring_drop(&ring, &piece);
	}
	pthread_join(writer, NULL);
	assert_false(ring_next(&ring, &piece));
	ring_free(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(what_is_begun_but_not_ended_does_not_count),
		cmocka_unit_test(a_full_one_refuses_until_something_is_taken),
		cmocka_unit_test(what_one_thread_puts_another_takes_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
