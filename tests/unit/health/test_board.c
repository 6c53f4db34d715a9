/* SPDX-License-Identifier: ISC */
/* From vitals to masks: who is usable, who is fast, and what a new roster keeps. */
#include "health/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Datacenter fra has a check and a limit; iad has neither. */
static const char conf[] = "check s http interval=5s\ncheck t tcp port=1\n"
			   "datacenter fra address=192.0.2.1 check=s max-latency=100ms\ndatacenter iad\n";

#define WANT(place, own, limit, say)                        \
	{                                                   \
		place, own, limit, say, {0, 0}, ROSTER_NONE \
	}

struct fixture {
	struct config *config;
	struct roster *roster;
	struct vitals vitals;
	int64_t now_ms;
	uint32_t own; /* a record's own target */
};

static void setup(struct fixture *f, const char *text)
{
	struct faults faults = {0};
	struct endpoint own = {.addr.family = FAMILY_V4, .addr.octets = {192, 0, 2, 9}};
	f->config = config_read_text("c", text, strlen(text), &faults);
	assert_non_null(f->config);
	f->roster = roster_new(f->config);
	f->own = roster_target(f->roster, &own, &f->config->checks[1]);
	const struct roster_want wants[] = {
		WANT(0, ROSTER_NONE, 0, ADMIN_UP),      WANT(0, f->own, 0, ADMIN_UP),
		WANT(1, ROSTER_NONE, 0, ADMIN_UP),      WANT(CONFIG_NONE, ROSTER_NONE, 0, ADMIN_UP),
		WANT(1, ROSTER_NONE, 0, ADMIN_DRAIN),   WANT(1, ROSTER_NONE, 0, ADMIN_DOWN),
		WANT(0, ROSTER_NONE, 500000, ADMIN_UP),
	};
	uint32_t slots[7];
	for (size_t i = 0; i < 7; i++)
		slots[i] = roster_slot(f->roster, &wants[i]);
	static const uint16_t weights[7] = {1, 1, 1, 1, 1, 1, 1};
	roster_set(f->roster,
		   &(struct roster_set){.n = 7, .slots = slots, .weights = weights, .name = "www. A"});
	vitals_init(&f->vitals, f->roster);
}

static void teardown(struct fixture *f)
{
	vitals_free(&f->vitals);
	roster_free(f->roster);
	config_free(f->config);
}

/* An override that says the same as an option of the file. */
static const enum override_state overrides[] = {
	[ADMIN_UP] = OVERRIDE_NONE, [ADMIN_DRAIN] = OVERRIDE_DRAIN, [ADMIN_DOWN] = OVERRIDE_DOWN};

static enum change result(struct fixture *f, uint32_t target, bool ok, uint32_t us)
{
	struct check_result r = {.ok = ok, .latency_us = us, .weight_percent = 100};
	return vitals_result(&f->vitals, f->roster, target, &r, ++f->now_ms);
}

static void results(struct fixture *f, uint32_t target, const char *letters)
{
	/* F: a failure, s: slow (200 ms), S: very slow (600 ms), .: fast */
	for (; *letters != '\0'; letters++) {
		uint32_t us = *letters == 's' ? 200000 : *letters == 'S' ? 600000 : 1000;
		result(f, target, *letters != 'F', us);
	}
}

static void masks_follow_vitals(void **state)
{
	(void)state;
	static const struct {
		const char *name, *fra, *own;
		enum admin_state admin;
		uint64_t usable, fast;
	} rows[] = {
		{"nothing is known", "", "", ADMIN_UP, 0x4f, 0x4f},
		{"all is well", "..", "..", ADMIN_UP, 0x4f, 0x4f},
		{"the datacenter fails at once", "F", ".", ADMIN_UP, 0x0c, 0x0c},
		{"two failures are too few", ".FF", ".", ADMIN_UP, 0x4f, 0x4f},
		{"three are not", ".FFF", ".", ADMIN_UP, 0x0c, 0x0c},
		{"and back", ".FFF..", ".", ADMIN_UP, 0x4f, 0x4f},
		{"the record fails", ".", "F", ADMIN_UP, 0x4d, 0x4d},
		{"slow for the datacenter's limit, not for the name's", ".sss", ".", ADMIN_UP, 0x4f, 0x4c},
		{"slow for both", ".SSS", ".", ADMIN_UP, 0x4f, 0x0c},
		{"fast again", ".SSS..", ".", ADMIN_UP, 0x4f, 0x4f},
		{"drained", ".", ".", ADMIN_DRAIN, 0x0c, 0x0c},
		{"forced down", ".", ".", ADMIN_DOWN, 0x0c, 0x0c},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = {0};
		setup(&f, conf);
		results(&f, f.roster->datacenter_targets[0], rows[i].fra);
		results(&f, f.own, rows[i].own);
		f.vitals.datacenters[0].override.state = overrides[rows[i].admin];
		struct board *board = board_build(f.roster, &f.vitals, f.now_ms);
		if (board->sets[0].usable != rows[i].usable || board->sets[0].fast != rows[i].fast)
			fail_msg("%s: usable %#lx, fast %#lx", rows[i].name, board->sets[0].usable,
				 board->sets[0].fast);
		board_free(board);
		teardown(&f);
	}
}

/* What an explanation tells of each candidate: the datacenter's state before the record's. */
static void standings_say_why(void **state)
{
	(void)state;
	enum {
		FAST = STANDING_FAST,
		SLOW = STANDING_SLOW,
		OWN = STANDING_RECORD_DOWN,
		DOWN = STANDING_DATACENTER_DOWN,
		AWAY = STANDING_DATACENTER_DRAINED,
		OFF = STANDING_DATACENTER_FORCED
	};
	static const struct {
		const char *name, *fra, *own;
		enum admin_state admin;
		int expected[7]; /* of the candidates of setup() */
	} rows[] = {
		{"well", ".", ".", ADMIN_UP, {FAST, FAST, FAST, FAST, -1, -2, FAST}},
		{"slow", ".sss", ".", ADMIN_UP, {SLOW, SLOW, FAST, FAST, -1, -2, FAST}},
		{"the record is down", ".", "F", ADMIN_UP, {FAST, OWN, FAST, FAST, -1, -2, FAST}},
		{"slow, and the record down", ".sss", "F", ADMIN_UP, {SLOW, OWN, FAST, FAST, -1, -2, FAST}},
		{"both down", "F", "F", ADMIN_UP, {DOWN, DOWN, FAST, FAST, -1, -2, DOWN}},
		{"drained and down", "F", "F", ADMIN_DRAIN, {AWAY, AWAY, FAST, FAST, -1, -2, AWAY}},
		{"forced and slow", ".SSS", "F", ADMIN_DOWN, {OFF, OFF, FAST, FAST, -1, -2, OFF}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = {0};
		setup(&f, conf);
		results(&f, f.roster->datacenter_targets[0], rows[i].fra);
		results(&f, f.own, rows[i].own);
		f.vitals.datacenters[0].override.state = overrides[rows[i].admin];
		struct board *board = board_build(f.roster, &f.vitals, f.now_ms);
		for (unsigned j = 0; j < 7; j++) {
			int expected = rows[i].expected[j];
			if (expected == -1)
				expected = STANDING_RECORD_DRAINED;
			if (expected == -2)
				expected = STANDING_RECORD_FORCED;
			if (board->standings[f.roster->sets[0].slots[j]] != expected)
				fail_msg("%s: candidate %u", rows[i].name, j);
		}
		board_free(board);
		teardown(&f);
	}
}

/* The board is built anew only where vitals_result() says that it would differ. */
static void only_a_change_of_state_is_news(void **state)
{
	(void)state;
	static const struct {
		char letter;
		bool news;
	} rows[] = {
		{'.', true},  {'.', false}, {'F', false}, {'F', false}, {'F', true},
		{'F', false}, {'.', false}, {'.', true},  {'s', false}, {'s', false},
		{'s', true},  {'.', false}, {'.', true},  {'S', false},
	};
	struct fixture f = {0};
	setup(&f, conf);
	uint32_t target = f.roster->datacenter_targets[0];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t us = rows[i].letter == 's' ? 200000 : rows[i].letter == 'S' ? 600000 : 1000;
		bool news = result(&f, target, rows[i].letter != 'F', us) >= CHANGE_PACE;
		if (news != rows[i].news)
			fail_msg("result %zu", i);
	}
	teardown(&f);
}

static void datacenters_begin_as_configured(void **state)
{
	(void)state;
	struct fixture f = {0};
	setup(&f,
	      "check s http\ncheck t tcp port=1\ndatacenter fra state=drain\ndatacenter iad state=down\n");
	assert_int_equal(datacenter_say(f.roster, &f.vitals, 0), OVERRIDE_DRAIN);
	assert_int_equal(datacenter_say(f.roster, &f.vitals, 1), OVERRIDE_DOWN);
	struct board *board = board_build(f.roster, &f.vitals, f.now_ms);
	assert_int_equal(board->sets[0].usable, 0x08); /* AT * */
	board_free(board);
	teardown(&f);
}

static void equal_things_are_one(void **state)
{
	(void)state;
	struct fixture f = {0};
	setup(&f, conf);
	uint32_t targets = f.roster->n_targets, slots = f.roster->n_slots;
	struct endpoint own = {.addr.family = FAMILY_V4, .addr.octets = {192, 0, 2, 9}, .port = 1};
	assert_int_equal(roster_target(f.roster, &own, &f.config->checks[1]), f.own);
	struct roster_want want = WANT(1, ROSTER_NONE, 0, ADMIN_DRAIN);
	roster_slot(f.roster, &want);
	assert_int_equal(f.roster->n_targets, targets);
	assert_int_equal(f.roster->n_slots, slots);
	for (unsigned i = 0; i < 1000; i++) {
		own.addr.octets[1] = (uint8_t)(i >> 8);
		own.addr.octets[2] = (uint8_t)i;
		roster_target(f.roster, &own, &f.config->checks[0]);
	}
	assert_int_equal(f.roster->n_targets, targets + 1000);
	teardown(&f);
}

static void a_new_roster_keeps_what_is_known_of_equal_targets(void **state)
{
	(void)state;
	static const struct {
		const char *conf;
		enum health_state expected;
	} rows[] = {
		{"check new http\ncheck t tcp port=1\ncheck s http interval=5s\n"
		 "datacenter iad\ndatacenter fra address=192.0.2.1 check=s max-latency=100ms\n",
		 HEALTH_DOWN},
		{"check s http interval=6s\ncheck t tcp port=1\ndatacenter iad\ndatacenter fra "
		 "address=192.0.2.1 check=s\n",
		 HEALTH_UNKNOWN},
		{"check s http interval=5s\ncheck t tcp port=1\ndatacenter iad\ndatacenter fra "
		 "address=192.0.2.2 check=s\n",
		 HEALTH_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture before = {0}, after = {0};
		setup(&before, conf);
		setup(&after, rows[i].conf);
		results(&before, before.roster->datacenter_targets[0], "SSSFFF");
		vitals_carry(&after.vitals, after.roster, &before.vitals, before.roster, 1);
		uint32_t target = after.roster->datacenter_targets[1];
		assert_int_equal(after.vitals.targets[target].health.state, rows[i].expected);
		uint32_t pace = after.roster->targets[target].first_pace;
		if (pace != ROSTER_NONE)
			assert_int_equal(after.vitals.paces[pace].state, rows[i].expected);
		teardown(&before);
		teardown(&after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_follow_vitals),
		cmocka_unit_test(standings_say_why),
		cmocka_unit_test(only_a_change_of_state_is_news),
		cmocka_unit_test(datacenters_begin_as_configured),
		cmocka_unit_test(equal_things_are_one),
		cmocka_unit_test(a_new_roster_keeps_what_is_known_of_equal_targets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
