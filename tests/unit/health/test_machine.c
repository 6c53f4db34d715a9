/* SPDX-License-Identifier: ISC */
/* Health as a function of results: sequences as text, S a success and F a failure. */
#include "base/random.h"
#include "health/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static char state_letter(enum health_state state)
{
	return state == HEALTH_UP ? 'u' : state == HEALTH_DOWN ? 'd' : '?';
}

static void sequences_lead_to_states(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct thresholds thresholds;
		const char *results;
		const char *states;
	} rows[] = {
		{"the first success decides", {5, 5}, "S", "u"},
		{"the first failure decides", {5, 5}, "F", "d"},
		{"1/1 follows each result", {1, 1}, "SFSSFFS", "uduuddu"},
		{"fall failures in a row take it down", {2, 3}, "SFFF", "uuud"},
		{"a lone success does not clear", {2, 3}, "SFFSF", "uuuud"},
		{"lone successes never clear", {2, 3}, "SFSFSF", "uuuuud"},
		{"rise successes in a row clear", {2, 3}, "SFFSSFF", "uuuuuuu"},
		{"and then it takes fall anew", {2, 3}, "SFFSSFFF", "uuuuuuud"},
		{"with rise 1 each success clears", {1, 2}, "SFSFSFSFF", "uuuuuuuud"},
		{"rise successes in a row bring it up", {3, 1}, "FSSS", "dddu"},
		{"a failure breaks the row", {3, 1}, "FSSFSSS", "ddddddu"},
		{"coming up forgets old failures",
		 {2, 3},
		 "SFFFSSFFF",
		 "uuuddu"
		 "uud"},
		{"the first success is one of the row", {2, 2}, "SSFSF", "uuuud"},
		{"failures while down change nothing", {2, 2}, "FFFFSS", "dddddu"},
		{"fall 1 needs one failure", {3, 1}, "SSFSSS", "uudddu"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char states[32] = {0};
		struct health h = {0};
		assert_int_equal(strlen(rows[i].results), strlen(rows[i].states));
		for (size_t j = 0; rows[i].results[j]; j++) {
			h = health_step(h, rows[i].results[j] == 'S', &rows[i].thresholds);
			states[j] = state_letter(h.state);
		}
		if (strcmp(states, rows[i].states) != 0)
			fail_msg("%s: %s gives %s, expected %s", rows[i].name, rows[i].results, states,
				 rows[i].states);
	}
}

enum { HISTORY = 200 };

/* Is there a row of `rise` successes that ends right before `end` and begins no earlier than `begin`? */
static bool row_ends_at(const bool *results, size_t begin, size_t end, unsigned rise)
{
	if (end - begin < rise)
		return false;
	for (unsigned i = 1; i <= rise; i++) {
		if (!results[end - i])
			return false;
	}
	return true;
}

/* The definition, told by looking back over the whole history at each result. */
static enum health_state naive(const bool *results, size_t n, const struct thresholds *t)
{
	enum health_state state = results[0] ? HEALTH_UP : HEALTH_DOWN;
	size_t since = results[0] ? 0 : 1; /* where rows that count may begin */
	for (size_t end = 2; end <= n; end++) {
		if (state == HEALTH_DOWN) {
			if (row_ends_at(results, since, end, t->rise))
				state = HEALTH_UP; /* the row that brought it up may go on */
			continue;
		}
		unsigned failures = 0;
		for (size_t i = end; i > since && !row_ends_at(results, since, i, t->rise); i--)
			failures += !results[i - 1];
		if (!results[end - 1] && failures >= t->fall) {
			state = HEALTH_DOWN;
			since = end;
		}
	}
	return state;
}

static void random_sequences_agree_with_the_definition(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 20261121);
	for (int run = 0; run < 400; run++) {
		struct thresholds t = {(uint16_t)(1 + random_below(&r, 5)),
				       (uint16_t)(1 + random_below(&r, 5))};
		uint32_t share = random_below(&r, 101);
		struct health h = {0};
		bool results[HISTORY];
		for (size_t n = 1; n <= HISTORY; n++) {
			results[n - 1] = random_below(&r, 100) < share;
			h = health_step(h, results[n - 1], &t);
			if (h.state != naive(results, n, &t))
				fail_msg("run %d, result %zu, rise %u, fall %u", run, n, t.rise, t.fall);
		}
	}
}

static void counters_saturate(void **state)
{
	(void)state;
	struct thresholds most = {UINT16_MAX, UINT16_MAX};
	struct health h = {0};
	for (int i = 0; i < 3 * UINT16_MAX; i++)
		h = health_step(h, true, &most);
	assert_int_equal(h.state, HEALTH_UP);
	assert_int_equal(h.good, UINT16_MAX);
	for (int i = 1; i < UINT16_MAX; i++)
		h = health_step(h, false, &most);
	assert_int_equal(h.state, HEALTH_UP);
	h = health_step(h, false, &most);
	assert_int_equal(h.state, HEALTH_DOWN);
}

static void a_lower_fall_after_a_reload_takes_effect_with_the_next_failure(void **state)
{
	(void)state;
	struct health h = {HEALTH_UP, .good = 0, .bad = 9};
	assert_int_equal(health_step(h, true, &(struct thresholds){2, 3}).state, HEALTH_UP);
	assert_int_equal(health_step(h, false, &(struct thresholds){2, 3}).state, HEALTH_DOWN);
}

static void pace_has_hysteresis(void **state)
{
	(void)state;
	static const struct {
		enum health_state pace;
		uint32_t latency_us, limit_us;
		bool ok;
	} rows[] = {
		{HEALTH_UNKNOWN, 1000, 1000, true},
		{HEALTH_UNKNOWN, 1001, 1000, false},
		{HEALTH_UP, 801, 1000, true},
		{HEALTH_UP, 1000, 1000, true},
		{HEALTH_UP, 1001, 1000, false},
		{HEALTH_DOWN, 799, 1000, true},
		{HEALTH_DOWN, 800, 1000, false},
		{HEALTH_DOWN, 1000, 1000, false},
		{HEALTH_DOWN, 0, 1, true},
		{HEALTH_DOWN, 3000000000, 4000000000, true},
		{HEALTH_DOWN, 3200000000, 4000000000, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct health pace = {.state = rows[i].pace};
		if (pace_ok(&pace, rows[i].latency_us, rows[i].limit_us) != rows[i].ok)
			fail_msg("row %zu: %u of %u", i, rows[i].latency_us, rows[i].limit_us);
	}
}

static void latency_moves_a_quarter_of_the_way(void **state)
{
	(void)state;
	static const struct {
		uint32_t average, sample, folded;
	} rows[] = {
		{0, 1000, 1000},
		{1000, 1000, 1000},
		{1000, 2000, 1250},
		{1000, 0, 750},
		{0, 0, 1},
		{1, 0, 1},
		{UINT32_MAX, UINT32_MAX, UINT32_MAX},
		{UINT32_MAX, 0, 3221225471},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(latency_fold(rows[i].average, rows[i].sample), rows[i].folded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_lead_to_states),
		cmocka_unit_test(random_sequences_agree_with_the_definition),
		cmocka_unit_test(counters_saturate),
		cmocka_unit_test(a_lower_fall_after_a_reload_takes_effect_with_the_next_failure),
		cmocka_unit_test(pace_has_hysteresis),
		cmocka_unit_test(latency_moves_a_quarter_of_the_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
