/* SPDX-License-Identifier: ISC */
/* Rendezvous hashing: shares, who moves when somebody comes or goes, and that no release changes it. */
#include "steer/hash.h"
#include "base/random.h"
#include "steering_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { CLIENTS = 20000, MEMBERS = 5 };

static struct addr address(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, strlen(text), &addr));
	return addr;
}

static void clients_of_one_prefix_hash_alike_and_others_do_not(void **state)
{
	(void)state;
	static const struct {
		const char *name, *a, *b;
		uint8_t v4, v6;
		bool alike;
	} rows[] = {
		{"one /24", "192.0.2.1", "192.0.2.254", 24, 56, true},
		{"two /24", "192.0.2.1", "192.0.3.1", 24, 56, false},
		{"one /23", "192.0.2.1", "192.0.3.1", 23, 56, true},
		{"one address", "192.0.2.1", "192.0.2.1", 32, 56, true},
		{"two addresses", "192.0.2.1", "192.0.2.0", 32, 56, false},
		{"all are one", "1.2.3.4", "203.0.113.9", 0, 56, true},
		{"one /56", "2001:db8:0:1::1", "2001:db8:0:ff::", 24, 56, true},
		{"two /56", "2001:db8:0:100::", "2001:db8:0:ff::", 24, 56, false},
		{"behind the 64th bit", "2001:db8::1", "2001:db8::2", 24, 128, false},
		{"across the 64th bit", "2001:db8::8000:0:0:1", "2001:db8::1", 24, 65, false},
		{"families", "0.0.0.0", "::", 0, 0, false},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct steer_entry policy = {.hash_v4 = rows[i].v4, .hash_v6 = rows[i].v6};
		struct addr a = address(rows[i].a), b = address(rows[i].b);
		if ((hash_client(&policy, &a) == hash_client(&policy, &b)) != rows[i].alike)
			fail_msg("%s", rows[i].name);
	}
}

/* Clients would move on the day of an upgrade. */
static void the_numbers_are_those_of_every_release(void **state)
{
	(void)state;
	struct steer_entry policy = {.hash_v4 = 24, .hash_v6 = 56};
	struct addr v4 = address("192.0.2.77"), v6 = address("2001:db8:1:2::3");
	static const struct {
		uint64_t client, identity;
		uint32_t weight;
		uint64_t lot;
	} rows[] = {
		{1, 2, 1, 0x4b5233964000000},
		{1, 2, 3, 0x191b66876aaaaaa},
		{0, 0, 65535, 0x200020002000},
		{UINT64_MAX, 0x123456789abcdef, 1, 0x5b1e9e92c000000},
	};
	assert_int_equal(hash_client(&policy, &v4), 0xf4866f9d31cec7c6);
	assert_int_equal(hash_client(&policy, &v6), 0xf052edbff146986b);
	for (size_t i = 0; i < N(rows); i++)
		assert_int_equal(hash_lot(rows[i].client, rows[i].identity, rows[i].weight), rows[i].lot);
}

/* -ln of a uniform number has the mean 1, and so has its square's half. */
static void lots_are_exponential(void **state)
{
	(void)state;
	struct random r;
	double sum = 0, squares = 0, unit = 18014398509481984.0 * 4 / log(2); /* 2^56 is one halving */
	random_seed_with(&r, 11);
	for (int i = 0; i < CLIENTS; i++) {
		double lot = (double)hash_lot(random_next(&r), 5, 1) / unit;
		assert_true(lot > 0 && lot < 25);
		sum += lot;
		squares += lot * lot;
	}
	assert_true(fabs(sum / CLIENTS - 1) < 5 / sqrt(CLIENTS));
	assert_true(fabs(squares / CLIENTS - 2) < 5 * sqrt(20.0 / CLIENTS));
}

static void a_heavier_one_never_loses_by_it(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 12);
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t client = random_next(&r), identity = random_next(&r), before = UINT64_MAX;
		static const uint32_t weights[] = {1, 2, 3, 1000, 65535, 65535u * 1024};
		for (size_t j = 0; j < N(weights); j++) {
			uint64_t lot = hash_lot(client, identity, weights[j]);
			assert_true(lot <= before && lot < (uint64_t)1 << 62);
			before = lot;
		}
	}
}

/* The member of each client. */
static void ask_all(const uint16_t *weights, uint64_t pool, uint8_t *out)
{
	struct member_row rows[MEMBERS];
	struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_HASH};
	struct random r;
	random_seed_with(&r, 13);
	for (size_t i = 0; i < MEMBERS; i++)
		rows[i] = (struct member_row){ANYWHERE, weights[i], false};
	struct built *b = build(&policy, rows, MEMBERS, NULL, 0);
	for (int i = 0; i < CLIENTS; i++) {
		b->client = random_next(&r);
		assert_int_equal(pick_from(b, pool, 1, &out[i]), 1);
	}
	built_free(b);
}

static const uint16_t some_weights[MEMBERS] = {1, 2, 3, 4, 0};

static void shares_are_as_the_weights(void **state)
{
	(void)state;
	static const struct {
		uint16_t weights[MEMBERS];
		uint64_t pool;
	} rows[] = {
		{{1, 1, 1, 1, 1}, 0x1f},    {{1, 2, 3, 4, 0}, 0x1f},     {{1, 2, 3, 4, 0}, 0x0d},
		{{1, 9999, 1, 1, 1}, 0x1f}, {{65535, 1, 1, 1, 1}, 0x03}, {{0, 0, 0, 0, 0}, 0x1a},
		{{30, 40, 0, 0, 30}, 0x13},
	};
	for (size_t i = 0; i < N(rows); i++) {
		uint8_t told[CLIENTS];
		double counts[MEMBERS] = {0}, total = 0;
		bool heads = true;
		for (unsigned m = 0; m < MEMBERS; m++)
			heads &= !(rows[i].pool >> m & 1) || rows[i].weights[m] == 0;
		for (unsigned m = 0; m < MEMBERS; m++)
			total += rows[i].pool >> m & 1 ? heads ? 1 : rows[i].weights[m] : 0;
		ask_all(rows[i].weights, rows[i].pool, told);
		for (int c = 0; c < CLIENTS; c++)
			counts[told[c]]++;
		for (unsigned m = 0; m < MEMBERS; m++) {
			double weight = rows[i].pool >> m & 1 ? heads ? 1 : rows[i].weights[m] : 0;
			double p = weight / total, off = counts[m] - CLIENTS * p;
			if (off * off > 25 * CLIENTS * p * (1 - p) + 1)
				fail_msg("row %zu: %.0f of member %u, expected %.0f", i, counts[m], m,
					 CLIENTS * p);
		}
	}
}

static void who_leaves_takes_no_other_clients_along(void **state)
{
	(void)state;
	uint8_t before[CLIENTS], after[CLIENTS];
	ask_all(some_weights, 0x1f, before);
	for (unsigned gone = 0; gone < 4; gone++) {
		ask_all(some_weights, 0x1f & ~((uint64_t)1 << gone), after);
		for (int c = 0; c < CLIENTS; c++)
			assert_true(before[c] == gone ? after[c] != gone : after[c] == before[c]);
	}
}

static void another_weight_moves_clients_to_or_from_that_member_only(void **state)
{
	(void)state;
	uint8_t before[CLIENTS], more[CLIENTS], less[CLIENTS];
	ask_all(some_weights, 0x1f, before);
	ask_all((const uint16_t[]){1, 2, 5, 4, 0}, 0x1f, more);
	ask_all((const uint16_t[]){1, 2, 1, 4, 0}, 0x1f, less);
	for (int c = 0; c < CLIENTS; c++) {
		assert_true(more[c] == before[c] || more[c] == 2);
		assert_true(less[c] == before[c] || before[c] == 2);
	}
}

/* Whoever is first of two stays first of three: what is left of an answer stays when one member goes. */
static void several_answers_are_the_head_of_one_order(void **state)
{
	(void)state;
	struct member_row rows[MEMBERS];
	struct steer_entry policy = {.method = METHOD_POOL, .pick = PICK_HASH};
	struct random r;
	random_seed_with(&r, 14);
	for (size_t i = 0; i < MEMBERS; i++)
		rows[i] = (struct member_row){ANYWHERE, (uint16_t)(i + 1), false};
	struct built *b = build(&policy, rows, MEMBERS, NULL, 0);
	for (int i = 0; i < 2000; i++) {
		uint8_t all[CANDIDATES_MAX], some[CANDIDATES_MAX];
		b->client = random_next(&r);
		assert_int_equal(pick_from(b, 0x1f, CANDIDATES_MAX, all), MEMBERS);
		for (unsigned n = 1; n < MEMBERS; n++) {
			assert_int_equal(pick_from(b, 0x1f, n, some), n);
			assert_memory_equal(all, some, n);
		}
		assert_int_equal(pick_from(b, 0x1f & ~((uint64_t)1 << all[0]), 4, some), 4);
		assert_memory_equal(all + 1, some, 4);
	}
	built_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_of_one_prefix_hash_alike_and_others_do_not),
		cmocka_unit_test(the_numbers_are_those_of_every_release),
		cmocka_unit_test(lots_are_exponential),
		cmocka_unit_test(a_heavier_one_never_loses_by_it),
		cmocka_unit_test(shares_are_as_the_weights),
		cmocka_unit_test(who_leaves_takes_no_other_clients_along),
		cmocka_unit_test(another_weight_moves_clients_to_or_from_that_member_only),
		cmocka_unit_test(several_answers_are_the_head_of_one_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
