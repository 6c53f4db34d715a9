/* SPDX-License-Identifier: ISC */
/* The decision, as tables: who is left after each step, whatever the pick. */
#include "base/memory.h"
#include "steer/choose.h"
#include "steering_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Datacenters: 0 fra, 1 iad, 2 sin. The set is fra fra iad sin * backup(*), bits 0 to 5. */
static const struct member_row the_members[] = {
	{0, 3, false}, {0, 1, false}, {1, 1, false}, {2, 1, false}, {ANYWHERE, 1, false}, {ANYWHERE, 1, true},
};

static struct choice choose(const struct steer_entry *policy, const struct member_row *members, unsigned n,
			    struct set_state masks)
{
	static const uint16_t order[] = {0, 1, 2};
	struct built *b = build(policy, members, n, order, N(order));
	b->board->sets[0] = masks;
	struct addr client = {.family = FAMILY_V4};
	struct choice choice;
	steer_choose(&b->steered, b->board, &client, &b->picker, &choice);
	built_free(b);
	return choice;
}

static void the_first_tier_with_somebody_left_answers(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum method method;
		uint64_t usable, fast, tier;
	} rows[] = {
		{"all is well", METHOD_FAILOVER, 0x3f, 0x3f, 0x03},
		{"one of two in fra", METHOD_FAILOVER, 0x3e, 0x3e, 0x02},
		{"fra is down", METHOD_FAILOVER, 0x3c, 0x3c, 0x04},
		{"fra and iad are down", METHOD_FAILOVER, 0x38, 0x38, 0x08},
		{"only AT * is left", METHOD_FAILOVER, 0x30, 0x30, 0x10},
		{"only the backup is left", METHOD_FAILOVER, 0x20, 0x20, 0x20},
		{"fra is slow", METHOD_FAILOVER, 0x3f, 0x3c, 0x04},
		{"all are slow", METHOD_FAILOVER, 0x0f, 0x00, 0x03},
		{"all are slow but the backup", METHOD_FAILOVER, 0x2f, 0x20, 0x03},
		{"fra is down and iad is slow", METHOD_FAILOVER, 0x3c, 0x38, 0x08},
		{"a pool has one tier, AT * in it", METHOD_POOL, 0x3f, 0x3f, 0x1f},
		{"a pool's slow ones", METHOD_POOL, 0x3f, 0x3c, 0x1c},
		{"a pool's backup", METHOD_POOL, 0x20, 0x20, 0x20},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {.method = rows[i].method, .answers = 1};
		struct choice c = choose(&policy, the_members, 6,
					 (struct set_state){rows[i].usable, rows[i].fast, NULL});
		if (c.left[STEP_TIER] != rows[i].tier)
			fail_msg("%s: tier %#lx", rows[i].name, c.left[STEP_TIER]);
		assert_int_equal(c.outcome, CHOICE_ANSWER);
		assert_int_equal(c.n, 1);
		assert_false(c.all_down);
		assert_int_equal(choice_left(&c, STEP_PICK) & ~c.left[STEP_TIER], 0);
		assert_int_equal(c.records[0], c.picked[0] * 100);
	}
}

static void min_up_passes_a_weak_tier_over(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t min_up;
		uint64_t usable, tier;
	} rows[] = {
		{"0 takes any", 0, 0x3e, 0x02},
		{"25 of 100 is enough", 25, 0x3e, 0x02},
		{"26 is not", 26, 0x3e, 0x04},
		{"75 of 100 is enough", 75, 0x3d, 0x01},
		{"76 is not", 76, 0x3d, 0x04},
		{"100 with all up", 100, 0x3f, 0x03},
		{"nobody has enough: all-down decides", 100, 0x02, 0x03},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {
			.method = METHOD_FAILOVER, .answers = 1, .min_up_percent = rows[i].min_up};
		struct choice c = choose(&policy, the_members, 6,
					 (struct set_state){rows[i].usable, rows[i].usable, NULL});
		if (c.left[STEP_TIER] != rows[i].tier)
			fail_msg("%s: tier %#lx", rows[i].name, c.left[STEP_TIER]);
	}
}

static void all_down_decides_when_nobody_is_left(void **state)
{
	(void)state;
	static const struct {
		enum all_down all_down;
		enum choice_outcome outcome;
		uint64_t tier;
		unsigned n;
	} rows[] = {
		{ALL_DOWN_FIRST, CHOICE_ANSWER, 0x03, 1},
		{ALL_DOWN_ALL, CHOICE_ANSWER, 0x3f, 6},
		{ALL_DOWN_NODATA, CHOICE_NODATA, 0, 0},
		{ALL_DOWN_SERVFAIL, CHOICE_SERVFAIL, 0, 0},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {
			.method = METHOD_FAILOVER, .answers = 1, .all_down = rows[i].all_down};
		struct choice c = choose(&policy, the_members, 6, (struct set_state){0, 0, NULL});
		assert_true(c.all_down);
		assert_int_equal(c.outcome, rows[i].outcome);
		assert_int_equal(c.left[STEP_TIER], rows[i].tier);
		assert_int_equal(c.n, rows[i].n);
	}
}

static void a_datacenter_outside_of_the_order_is_never_answered(void **state)
{
	(void)state;
	static const struct member_row members[] = {{3, 1, false}};
	static const enum all_down forms[] = {ALL_DOWN_FIRST, ALL_DOWN_ALL, ALL_DOWN_NODATA};
	for (size_t i = 0; i < N(forms); i++) {
		struct steer_entry policy = {.method = METHOD_FAILOVER, .answers = 1, .all_down = forms[i]};
		struct choice c = choose(&policy, members, 1, (struct set_state){1, 1, NULL});
		assert_int_equal(c.left[STEP_CANDIDATES], 0);
		assert_int_equal(c.outcome, CHOICE_NODATA);
	}
}

static void the_lowest_ttl_of_those_answered_counts(void **state)
{
	(void)state;
	struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_ALL, .answers = 1};
	struct choice c = choose(&policy, the_members, 6, (struct set_state){0x1c, 0x1c, NULL});
	assert_int_equal(c.n, 3);
	assert_int_equal(c.ttl_s, 62); /* the builder gives member i the TTL 60 + i */
}

static void sixty_four_candidates_are_answered(void **state)
{
	(void)state;
	struct member_row members[64];
	for (size_t i = 0; i < 64; i++)
		members[i] = (struct member_row){ANYWHERE, UINT16_MAX, false};
	static const enum pick picks[] = {PICK_WEIGHTED, PICK_ROUND_ROBIN, PICK_RANDOM, PICK_HASH, PICK_ALL};
	for (size_t i = 0; i < N(picks); i++) {
		struct steer_entry policy = {.method = METHOD_POOL, .pick = picks[i], .answers = ANSWERS_ALL};
		struct choice c =
			choose(&policy, members, 64, (struct set_state){UINT64_MAX, UINT64_MAX, NULL});
		assert_int_equal(c.n, 64);
		assert_true(choice_left(&c, STEP_PICK) == UINT64_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_tier_with_somebody_left_answers),
		cmocka_unit_test(min_up_passes_a_weak_tier_over),
		cmocka_unit_test(all_down_decides_when_nobody_is_left),
		cmocka_unit_test(a_datacenter_outside_of_the_order_is_never_answered),
		cmocka_unit_test(the_lowest_ttl_of_those_answered_counts),
		cmocka_unit_test(sixty_four_candidates_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
