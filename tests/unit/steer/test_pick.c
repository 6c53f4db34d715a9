/* SPDX-License-Identifier: ISC */
/* Picks over many queries: proportions, turns, and who is never picked. */
#include "steer/pick.h"
#include "steering_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { QUERIES = 100000, MEMBERS = 4 };

static void count(enum pick pick, const uint16_t *weights, uint64_t pool, unsigned answers, unsigned *counts)
{
	struct member_row rows[MEMBERS];
	struct steer_entry policy = {.method = METHOD_POOL, .pick = pick};
	for (size_t i = 0; i < MEMBERS; i++)
		rows[i] = (struct member_row){ANYWHERE, weights[i], false};
	struct built *b = build(&policy, rows, MEMBERS, NULL, 0);
	memset(counts, 0, MEMBERS * sizeof(*counts));
	for (int i = 0; i < QUERIES; i++) {
		uint8_t picked[CANDIDATES_MAX];
		unsigned n = pick_from(b, pool, answers, picked);
		uint64_t seen = 0;
		for (unsigned j = 0; j < n; j++) {
			counts[picked[j]]++;
			assert_int_equal(seen >> picked[j] & 1, 0); /* nobody twice in one answer */
			seen |= (uint64_t)1 << picked[j];
		}
	}
	built_free(b);
}

/* The share within five standard deviations, which one run in millions misses; the seed is fixed besides. */
static void assert_share(unsigned got, double share)
{
	double expected = QUERIES * share, deviation = expected * (1 - share), off = got - expected;
	if (off * off > 25 * deviation + 1)
		fail_msg("%u of %d, expected %.0f", got, QUERIES, expected);
}

static void weights_are_proportional(void **state)
{
	(void)state;
	static const struct {
		uint16_t weights[MEMBERS];
		uint64_t pool;
		double shares[MEMBERS];
	} rows[] = {
		{{3, 1, 1, 1}, 0xf, {0.5, 1 / 6.0, 1 / 6.0, 1 / 6.0}},
		{{3, 1, 1, 1}, 0x3, {0.75, 0.25, 0, 0}},
		{{65535, 65535, 65535, 1}, 0x9, {65535 / 65536.0, 0, 0, 1 / 65536.0}},
		{{0, 1, 0, 3}, 0xf, {0, 0.25, 0, 0.75}},
		{{0, 1, 0, 3}, 0x5, {0.5, 0, 0.5, 0}},
		{{95, 5, 0, 0}, 0x3, {0.95, 0.05, 0, 0}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned counts[MEMBERS];
		count(PICK_WEIGHTED, rows[i].weights, rows[i].pool, 1, counts);
		for (size_t j = 0; j < MEMBERS; j++)
			assert_share(counts[j], rows[i].shares[j]);
	}
}

static void random_does_not_look_at_weights_but_zero(void **state)
{
	(void)state;
	unsigned counts[MEMBERS];
	count(PICK_RANDOM, (uint16_t[]){100, 1, 1, 0}, 0xf, 1, counts);
	for (size_t i = 0; i < 3; i++)
		assert_share(counts[i], 1 / 3.0);
	assert_int_equal(counts[3], 0);
}

static void round_robin_is_exact_over_each_cycle(void **state)
{
	(void)state;
	static const struct {
		uint16_t weights[MEMBERS];
		unsigned cycle;
		unsigned counts[MEMBERS];
	} rows[] = {
		{{1, 1, 1, 1}, 4, {1, 1, 1, 1}}, {{7, 7, 7, 7}, 4, {1, 1, 1, 1}},
		{{3, 1, 0, 0}, 4, {3, 1, 0, 0}}, {{10, 20, 30, 40}, 100, {10, 20, 30, 40}},
		{{0, 0, 0, 0}, 4, {1, 1, 1, 1}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct member_row members[MEMBERS];
		struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_ROUND_ROBIN};
		for (size_t j = 0; j < MEMBERS; j++)
			members[j] = (struct member_row){ANYWHERE, rows[i].weights[j], false};
		struct built *b = build(&policy, members, MEMBERS, NULL, 0);
		for (unsigned cycle = 0; cycle < 50; cycle++) {
			unsigned counts[MEMBERS] = {0};
			for (unsigned turn = 0; turn < rows[i].cycle; turn++) {
				uint8_t picked[CANDIDATES_MAX];
				pick_from(b, 0xf, 1, picked);
				counts[picked[0]]++;
			}
			assert_memory_equal(counts, rows[i].counts, sizeof(counts));
		}
		built_free(b);
	}
}

static void round_robin_spreads_a_heavy_member(void **state)
{
	(void)state;
	struct member_row members[] = {{ANYWHERE, 50, false}, {ANYWHERE, 50, false}, {ANYWHERE, 1, false}};
	struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_ROUND_ROBIN};
	struct built *b = build(&policy, members, 3, NULL, 0);
	unsigned run = 0;
	uint8_t before = 255;
	for (int i = 0; i < 1000; i++) {
		uint8_t picked[CANDIDATES_MAX];
		pick_from(b, 7, 1, picked);
		run = picked[0] == before ? run + 1 : 1;
		before = picked[0];
		assert_true(run <= 3);
	}
	built_free(b);
}

static void turns_go_in_order_and_an_answer_of_several_follows_it(void **state)
{
	(void)state;
	struct member_row members[] = {{ANYWHERE, 1, false}, {ANYWHERE, 1, false}, {ANYWHERE, 1, false}};
	struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_ROUND_ROBIN};
	struct built *b = build(&policy, members, 3, NULL, 0);
	unsigned before = 0;
	for (unsigned i = 0; i < 9; i++) {
		uint8_t picked[CANDIDATES_MAX];
		assert_int_equal(pick_from(b, 7, 2, picked), 2);
		if (i > 0)
			assert_int_equal(picked[0], (before + 1) % 3);
		assert_int_equal(picked[1], (picked[0] + 1) % 3);
		before = picked[0];
	}
	built_free(b);
}

static void all_are_picked_but_weight_zero(void **state)
{
	(void)state;
	unsigned counts[MEMBERS];
	count(PICK_ALL, (uint16_t[]){1, 0, 5, 1}, 0xf, CANDIDATES_MAX, counts);
	assert_memory_equal(counts, ((unsigned[]){QUERIES, 0, QUERIES, QUERIES}), sizeof(counts));
	count(PICK_ALL, (uint16_t[]){1, 0, 5, 1}, 0x2, CANDIDATES_MAX, counts);
	assert_memory_equal(counts, ((unsigned[]){0, QUERIES, 0, 0}), sizeof(counts));
}

static void several_answers_draw_without_putting_back(void **state)
{
	(void)state;
	unsigned counts[MEMBERS];
	count(PICK_WEIGHTED, (uint16_t[]){1, 1, 1, 1}, 0xf, 2, counts);
	for (size_t i = 0; i < MEMBERS; i++)
		assert_share(counts[i], 0.5);
	count(PICK_WEIGHTED, (uint16_t[]){1, 1, 1, 1}, 0x7, 10, counts);
	assert_memory_equal(counts, ((unsigned[]){QUERIES, QUERIES, QUERIES, 0}), sizeof(counts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_proportional),
		cmocka_unit_test(random_does_not_look_at_weights_but_zero),
		cmocka_unit_test(round_robin_is_exact_over_each_cycle),
		cmocka_unit_test(round_robin_spreads_a_heavy_member),
		cmocka_unit_test(turns_go_in_order_and_an_answer_of_several_follows_it),
		cmocka_unit_test(all_are_picked_but_weight_zero),
		cmocka_unit_test(several_answers_draw_without_putting_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
