/* SPDX-License-Identifier: ISC */
/* Limiting responses: who is over when, in simulated time. */
#include "answer/limiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { START_MS = 86400000, SECOND_MS = 1000 };

static struct rate_limit rules_of(uint32_t rate)
{
	struct rate_limit rules = {
		.mode = LIMIT_ON, .slip = 2, .prefix_v4 = 24, .prefix_v6 = 56, .table = 1000};
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		rules.rates[i] = rate;
	return rules;
}

static const struct query no_question = {.question_len = 0};

static bool over(struct limiter *limiter, const char *client, enum limit_kind kind, uint64_t source,
		 uint64_t now_ms)
{
	struct addr addr;
	assert_true(addr_parse(client, strlen(client), &addr));
	const struct limit_case response = {&addr, kind, limiter_key(limiter, &addr, kind, source),
					    &no_question};
	return limiter_over(limiter, &response, now_ms) && limiter_restrains(limiter, &response);
}

/* How many of `n` at once are let through. */
static unsigned passed(struct limiter *limiter, const char *client, unsigned n, uint64_t now_ms)
{
	unsigned passes = 0;
	for (unsigned i = 0; i < n; i++)
		passes += !over(limiter, client, LIMIT_ANSWERS, 7, now_ms);
	return passes;
}

static void a_second_s_worth_may_come_at_once(void **state)
{
	(void)state;
	static const uint32_t rates[] = {1, 2, 3, 7, 50, 999, 1000, 1001, 33333, 100000};
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct rate_limit rules = rules_of(rates[i]);
		struct limiter *limiter = limiter_new(&rules, NULL);
		unsigned got = passed(limiter, "192.0.2.1", rates[i] * 2, START_MS);
		assert_in_range(got, rates[i], rates[i] + rates[i] / 1000);
		got = passed(limiter, "192.0.2.1", rates[i] * 2, START_MS + SECOND_MS);
		assert_in_range(got, rates[i], rates[i] + rates[i] / 1000);
		limiter_free(limiter);
	}
}

/* Queries at any pace: below the rate all pass, above it as many as the rate says. */
static void the_rate_is_kept_at_any_pace(void **state)
{
	(void)state;
	static const unsigned rates[] = {1, 5, 50, 400, 3000};
	static const unsigned paces[] = {1, 3, 40, 60, 500, 5000, 20000}; /* queries a second */
	enum { SECONDS = 20 };
	for (size_t i = 0; i < 5 * 7; i++) {
		unsigned rate = rates[i / 7], pace = paces[i % 7], asked = 0, passes = 0;
		struct rate_limit rules = rules_of(rate);
		struct limiter *limiter = limiter_new(&rules, NULL);
		for (uint64_t ms = 0; ms < SECONDS * SECOND_MS;
		     ms += 4) { /* as coarse as the kernel's clock */
			for (; asked < ms * pace / SECOND_MS; asked++)
				passes += !over(limiter, "192.0.2.1", LIMIT_ANSWERS, 7, START_MS + ms);
		}
		unsigned expected = pace <= rate ? asked : rate * (SECONDS + 1);
		assert_in_range(passes, expected - expected / 50 - 1, expected + expected / 50 + 1);
		limiter_free(limiter);
	}
}

static void what_is_counted_apart(void **state)
{
	(void)state;
	static const struct {
		const char *name, *client;
		enum limit_kind kind;
		uint64_t source;
		bool over; /* once 192.0.2.1, or 2001:db8:1:100::1, have had too many answers of 7 */
	} rows[] = {
		{"the same", "192.0.2.1", LIMIT_ANSWERS, 7, true},
		{"a neighbour", "192.0.2.255", LIMIT_ANSWERS, 7, true},
		{"another network", "192.0.3.1", LIMIT_ANSWERS, 7, false},
		{"an IPv6 neighbour", "2001:db8:1:1ff::1", LIMIT_ANSWERS, 7, true},
		{"another IPv6 network", "2001:db8:1:200::1", LIMIT_ANSWERS, 7, false},
		{"the IPv4 network's octets in IPv6", "c000:0200::1", LIMIT_ANSWERS, 7, false},
		{"another kind", "192.0.2.1", LIMIT_NODATA, 7, false},
	};
	struct rate_limit rules = rules_of(10);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct limiter *limiter = limiter_new(&rules, NULL);
		passed(limiter, "192.0.2.1", 20, START_MS);
		passed(limiter, "2001:db8:1:100::1", 20, START_MS);
		if (over(limiter, rows[i].client, rows[i].kind, rows[i].source, START_MS) != rows[i].over)
			fail_msg("%s", rows[i].name);
		limiter_free(limiter);
	}
}

/* Other names have other rates, but no more than 64 of them. */
static void names_share_64_rates(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(10);
	struct limiter *limiter = limiter_new(&rules, NULL);
	unsigned passes = 0, apart = 0;
	for (uint64_t name = 1; name <= 100000; name++)
		passes += !over(limiter, "192.0.2.1", LIMIT_ANSWERS, name << 32 | name * 5, START_MS);
	assert_in_range(passes, 32 * 10, 64 * 10);
	limiter_free(limiter);
	for (uint64_t name = 8; name < 1008; name++) {
		limiter = limiter_new(&rules, NULL);
		passed(limiter, "192.0.2.1", 20, START_MS);
		apart += !over(limiter, "192.0.2.1", LIMIT_ANSWERS, name, START_MS);
		limiter_free(limiter);
	}
	assert_in_range(apart, 940, 1000);
}

static void what_is_not_limited(void **state)
{
	(void)state;
	struct prefix exempts[2] = {0};
	struct rate_limit rules = rules_of(10);
	assert_true(prefix_parse("10.0.0.0/8", 10, &exempts[0]) && prefix_parse("::1", 3, &exempts[1]));
	rules.n_exempts = 2;
	rules.exempts = exempts;
	rules.rates[LIMIT_NODATA] = 0;
	struct limiter *limiter = limiter_new(&rules, NULL);
	assert_int_equal(passed(limiter, "10.1.2.3", 100, START_MS), 100);
	assert_int_equal(passed(limiter, "::1", 100, START_MS), 100);
	assert_int_equal(passed(limiter, "11.1.2.3", 100, START_MS), 10);
	for (unsigned i = 0; i < 100; i++)
		assert_false(over(limiter, "11.1.2.3", LIMIT_NODATA, 7, START_MS));
	limiter_free(limiter);
	rules.mode = LIMIT_OFF;
	assert_null(limiter_new(&rules, NULL));
}

/* A flood keeps its cell, whoever else comes: those that are even make room first. */
static void a_full_table_forgets_the_least(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(50);
	struct limiter *limiter = limiter_new(&rules, NULL);
	passed(limiter, "192.0.2.1", 100, START_MS);
	for (uint32_t i = 0; i < 100000; i++) {
		struct addr addr = {FAMILY_V4, {20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
		const struct limit_case response = {
			&addr, LIMIT_ANSWERS, limiter_key(limiter, &addr, LIMIT_ANSWERS, i), &no_question};
		limiter_over(limiter, &response, START_MS);
	}
	assert_true(over(limiter, "192.0.2.1", LIMIT_ANSWERS, 7, START_MS));
	limiter_free(limiter);
}

static void moments_come_round(void **state)
{
	(void)state;
	static const uint64_t round_ms = (uint64_t)1 << 28;
	struct rate_limit rules = rules_of(10);
	for (uint64_t ms = round_ms - 1500; ms < round_ms + 1500; ms += 100) {
		struct limiter *limiter = limiter_new(&rules, NULL);
		assert_int_equal(passed(limiter, "192.0.2.1", 20, ms), 10);
		assert_int_equal(passed(limiter, "192.0.2.1", 20, ms + 500), 5);
		assert_int_equal(passed(limiter, "192.0.2.1", 20, ms + round_ms / 2), 10);
		assert_int_equal(passed(limiter, "192.0.2.1", 20, ms + 5 * round_ms), 10);
		limiter_free(limiter);
	}
}

/* A worker whose batch began a little before another's. */
static void an_older_clock_forgives_nothing(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(10);
	struct limiter *limiter = limiter_new(&rules, NULL);
	passed(limiter, "192.0.2.1", 20, START_MS);
	assert_int_equal(passed(limiter, "192.0.2.1", 20, START_MS - 40), 0);
	limiter_free(limiter);
}

static void a_table_goes_on_where_its_size_is_the_same(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(10), other = rules_of(5);
	struct limiter *first = limiter_new(&rules, NULL);
	passed(first, "192.0.2.1", 20, START_MS);
	struct limiter *second = limiter_new(&other, first);
	limiter_free(first);
	assert_true(over(second, "192.0.2.1", LIMIT_ANSWERS, 7, START_MS));
	assert_int_equal(passed(second, "192.0.2.1", 20, START_MS + SECOND_MS), 5);
	other.table *= 2;
	struct limiter *third = limiter_new(&other, second);
	limiter_free(second);
	assert_int_equal(passed(third, "192.0.2.1", 20, START_MS + SECOND_MS), 5);
	limiter_free(third);
}

static void the_first_that_is_too_much_is_told_of(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(10);
	struct limiter *limiter = limiter_new(&rules, NULL);
	struct limit_event event;
	char text[ADDR_TEXT_MAX];
	assert_int_equal(passed(limiter, "192.0.2.77", 10, START_MS), 10);
	assert_false(limiter_event(limiter, &event));
	for (unsigned ms = 0; ms < 10000; ms += 10) /* on and on */
		passed(limiter, "192.0.2.77", 1, START_MS + ms);
	assert_true(limiter_event(limiter, &event));
	assert_string_equal(prefix_format(&event.client, text), "192.0.2.0/24");
	assert_int_equal(event.kind, LIMIT_ANSWERS);
	assert_int_equal(event.type, 0);
	assert_true(limiter_holds(limiter, &event, START_MS + 10000));
	assert_false(limiter_holds(limiter, &event, START_MS + 12000));
	assert_false(limiter_event(limiter, &event));
	passed(limiter, "192.0.2.77", 20, START_MS + 12000); /* once more */
	assert_true(limiter_event(limiter, &event));
	for (unsigned i = 0; i < 20; i++) {
		char client[32];
		snprintf(client, sizeof(client), "10.1.%u.1", i);
		passed(limiter, client, 20, START_MS);
	}
	unsigned n = 0;
	while (limiter_event(limiter, &event))
		n++;
	assert_int_equal(n, 4);
	limiter_free(limiter);
}

/* Workers that flood one cell at once. */
struct flooder {
	struct limiter *limiter;
	_Atomic uint64_t *now_ms;
	unsigned passes;
};

enum { FLOOD_MS = 20000, FLOOD_QUERIES = 400000, THREADS = 2 };

static void *flood(void *argument)
{
	struct flooder *f = argument;
	for (unsigned i = 0; i < FLOOD_QUERIES; i++) {
		uint64_t now_ms = atomic_load(f->now_ms);
		f->passes += !over(f->limiter, "192.0.2.1", LIMIT_ANSWERS, 7, now_ms);
		if (i % (FLOOD_QUERIES / FLOOD_MS * THREADS) == 0)
			atomic_fetch_add(f->now_ms, 1);
	}
	return NULL;
}

static void two_threads_share_one_rate(void **state)
{
	(void)state;
	struct rate_limit rules = rules_of(100);
	struct limiter *limiter = limiter_new(&rules, NULL);
	_Atomic uint64_t now_ms = START_MS;
	struct flooder flooders[THREADS];
	pthread_t threads[THREADS];
	unsigned passes = 0;
	for (unsigned i = 0; i < THREADS; i++) {
		flooders[i] = (struct flooder){limiter, &now_ms, 0};
		pthread_create(&threads[i], NULL, flood, &flooders[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		passes += flooders[i].passes;
	}
	unsigned expected = 100 + (unsigned)(now_ms - START_MS) / 10;
	assert_in_range(passes, expected - expected / 20, expected * THREADS); /* a lost race passes */
	limiter_free(limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_s_worth_may_come_at_once),
		cmocka_unit_test(the_rate_is_kept_at_any_pace),
		cmocka_unit_test(what_is_counted_apart),
		cmocka_unit_test(names_share_64_rates),
		cmocka_unit_test(what_is_not_limited),
		cmocka_unit_test(a_full_table_forgets_the_least),
		cmocka_unit_test(moments_come_round),
		cmocka_unit_test(an_older_clock_forgives_nothing),
		cmocka_unit_test(a_table_goes_on_where_its_size_is_the_same),
		cmocka_unit_test(the_first_that_is_too_much_is_told_of),
		cmocka_unit_test(two_threads_share_one_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
