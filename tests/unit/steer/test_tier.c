/* SPDX-License-Identifier: ISC */
/* Tiers: what each method makes of the candidates, and which is good enough. */
#include "steer/tier.h"
#include "steering_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Bits 0 to 6: two in 0, one in 1, one in 2, one AT *, and backups in 3 and AT *. */
static const struct member_row the_members[] = {
	{0, 3, false},        {0, 1, false}, {1, 2, false},       {2, 0, false},
	{ANYWHERE, 1, false}, {3, 1, true},  {ANYWHERE, 1, true},
};
enum { ALL = 0x7f };

struct row {
	const char *name;
	enum method method;
	uint16_t n;
	uint16_t order[N_DATACENTERS];
	uint64_t tiers[6]; /* 0 ends */
};

static void check_tiers(const struct tiers *got, const uint64_t *expected, const char *name)
{
	uint64_t all = 0;
	unsigned n = 0;
	for (; expected[n] != 0; n++) {
		if (n >= got->n || got->list[n] != expected[n])
			fail_msg("%s: tier %u is %#lx", name, n, n < got->n ? got->list[n] : 0);
		all |= expected[n];
	}
	assert_int_equal(got->n, n);
	assert_int_equal(got->all, all);
}

static void methods_make_tiers(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"failover", METHOD_FAILOVER, 3, {0, 1, 2}, {0x03, 0x04, 0x08, 0x10, 0x60}},
		{"in another order", METHOD_FAILOVER, 3, {2, 0, 1}, {0x08, 0x03, 0x04, 0x10, 0x60}},
		{"some of them", METHOD_FAILOVER, 1, {1}, {0x04, 0x10, 0x60}},
		{"none of them", METHOD_FAILOVER, 0, {0}, {0x10, 0x60}},
		{"a line of a geomap", METHOD_GEO, 2, {1, 0}, {0x04, 0x03, 0x10, 0x40}},
		{"a line that names the backup's", METHOD_GEO, 2, {1, 3}, {0x04, 0x10, 0x60}},
		{"a pool", METHOD_POOL, 3, {0, 1, 2}, {0x1f, 0x60}},
		{"a pool of some", METHOD_POOL, 1, {2}, {0x18, 0x60}},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {.method = rows[i].method};
		struct built *b = build(&policy, the_members, N(the_members), rows[i].order, rows[i].n);
		struct tiers tiers;
		tiers_build(b->steering, b->order, &tiers);
		check_tiers(&tiers, rows[i].tiers, rows[i].name);
		built_free(b);
	}
}

static void those_within_the_margin_of_the_best_share_its_tier(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t margin;
		struct timed timed;
		uint64_t tiers[6];
	} rows[] = {
		{"far apart",
		 20,
		 {0, 3, {{1, 0, 10}, {0, 0, 100}, {2, 0, 1000}}},
		 {0x04, 0x03, 0x08, 0x10, 0x60}},
		{"just within",
		 20,
		 {0, 3, {{1, 0, 100}, {0, 0, 120}, {2, 0, 121}}},
		 {0x07, 0x08, 0x10, 0x60}},
		{"of the best, not of each other",
		 20,
		 {0, 3, {{1, 0, 100}, {0, 0, 115}, {2, 0, 130}}},
		 {0x07, 0x08, 0x10, 0x60}},
		{"the next tier has a best of its own",
		 20,
		 {0, 3, {{1, 0, 100}, {0, 0, 200}, {2, 0, 240}}},
		 {0x04, 0x0b, 0x10, 0x60}},
		{"no margin", 0, {0, 3, {{1, 0, 100}, {0, 0, 100}, {2, 0, 101}}}, {0x07, 0x08, 0x10, 0x60}},
		{"twice the best", 100, {0, 3, {{1, 0, 1}, {0, 0, 2}, {2, 0, 3}}}, {0x07, 0x08, 0x10, 0x60}},
		{"unknown ones are equal",
		 0,
		 {0, 3, {{1, 0, 1}, {0, 0, UINT32_MAX}, {2, 0, UINT32_MAX}}},
		 {0x04, 0x0b, 0x10, 0x60}},
		{"the longest times",
		 100,
		 {0, 2, {{1, 0, UINT32_MAX - 1}, {0, 0, UINT32_MAX}}},
		 {0x07, 0x10, 0x60}},
		{"nobody", 20, {0, 0, {{0}}}, {0x10, 0x60}},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {.method = METHOD_LATENCY, .margin_percent = rows[i].margin};
		struct built *b = build(&policy, the_members, N(the_members), NULL, 0);
		struct tiers tiers;
		tiers_build_timed(b->steering, &rows[i].timed, &tiers);
		check_tiers(&tiers, rows[i].tiers, rows[i].name);
		built_free(b);
	}
}

static void the_first_that_is_good_enough(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t min_up;
		uint64_t left, usable, tier;
	} rows[] = {
		{"all", 0, ALL, ALL, 0x03},
		{"one of the first", 0, 0x7e, 0x7e, 0x02},
		{"a quarter is enough", 25, 0x7e, 0x7e, 0x02},
		{"a quarter is not enough", 26, 0x7e, 0x7e, 0x04},
		{"weightless ones count heads", 100, 0x08, 0x08, 0x08},
		{"over max-latency is usable all the same", 100, 0x7e, ALL, 0x02},
		{"usable, but nobody of it is left", 0, 0x78, ALL, 0x08},
		{"nobody at all", 0, 0, 0, 0},
		{"nobody is enough", 100, 0x02, 0x02, 0},
	};
	static const uint16_t order[] = {0, 1, 2};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {.method = METHOD_FAILOVER, .min_up_percent = rows[i].min_up};
		struct built *b = build(&policy, the_members, N(the_members), order, N(order));
		struct tiers tiers;
		tiers_build(b->steering, b->order, &tiers);
		uint64_t tier = tiers_first(b->steering, &tiers, rows[i].left, rows[i].usable);
		if (tier != rows[i].tier)
			fail_msg("%s: %#lx", rows[i].name, tier);
		built_free(b);
	}
}

/* What is found without building the tiers is what building them finds, whoever is left. */
static void the_short_way_finds_the_same(void **state)
{
	(void)state;
	static const enum method methods[] = {METHOD_FAILOVER, METHOD_GEO, METHOD_POOL};
	static const uint16_t orders[][N_DATACENTERS] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1}, {2, 0}};
	static const uint16_t lengths[] = {4, 4, 1, 2};
	for (size_t i = 0; i < N(methods) * N(orders) * 2; i++) {
		size_t at = i / 2 % N(orders);
		struct steer_entry policy = {.method = methods[i / 2 / N(orders)]};
		struct built *b = build(&policy, the_members, N(the_members), orders[at], lengths[at]);
		struct tiers tiers;
		b->steering->own_orders = i % 2;
		b->steering->answerable = ALL;
		tiers_build(b->steering, b->order, &tiers);
		assert_int_equal(tiers_all(b->steering, b->order), tiers.all);
		for (uint64_t left = 0; left <= ALL; left++) {
			uint64_t some = left & tiers.all;
			assert_int_equal(tier_first_left(b->steering, b->order, some),
					 tiers_first(b->steering, &tiers, some, some));
		}
		built_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_make_tiers),
		cmocka_unit_test(those_within_the_margin_of_the_best_share_its_tier),
		cmocka_unit_test(the_first_that_is_good_enough),
		cmocka_unit_test(the_short_way_finds_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
