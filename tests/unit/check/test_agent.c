/* SPDX-License-Identifier: ISC */
/* The words of agents. */
#include "check/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void words_have_their_meaning(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum admin_state agent;
		unsigned weight;
		const char *why; /* NULL: well */
	} rows[] = {
		{"ready", ADMIN_UP, 100, NULL},
		{"up", ADMIN_UP, 100, NULL},
		{"UP\r", ADMIN_UP, 100, NULL},
		{"drain", ADMIN_DRAIN, 100, NULL},
		{"maint", ADMIN_DOWN, 100, NULL},
		{"drain ready", ADMIN_UP, 100, NULL},
		{"75%", ADMIN_UP, 75, NULL},
		{"0%", ADMIN_UP, 0, NULL},
		{"100%", ADMIN_UP, 100, NULL},
		{"101%", ADMIN_UP, 100, NULL},
		{"256%", ADMIN_UP, 100, NULL},
		{"007%", ADMIN_UP, 7, NULL},
		{" \tup,,50%  drain,maxconn:30 ", ADMIN_DRAIN, 50, NULL},
		{"up #all well, 20%", ADMIN_UP, 100, NULL},
		{"down", ADMIN_UP, 100, "the agent says down"},
		{"Failed", ADMIN_UP, 100, "the agent says Failed"},
		{"20% stopped#disk full, by hand", ADMIN_UP, 20,
		 "the agent says stopped: disk full, by hand"},
		{"down # \x1b[31m\xff", ADMIN_UP, 100, "the agent says down:  ?[31m?"},
		{"257%", ADMIN_UP, 100, "unknown word \"257%\" in the agent's reply"},
		{"99999999999999999999%", ADMIN_UP, 100,
		 "unknown word \"99999999999999999999%\" in the agent's reply"},
		{"%", ADMIN_UP, 100, "unknown word \"%\" in the agent's reply"},
		{"-5%", ADMIN_UP, 100, "unknown word \"-5%\" in the agent's reply"},
		{"5.5%", ADMIN_UP, 100, "unknown word \"5.5%\" in the agent's reply"},
		{"maxconn:", ADMIN_UP, 100, "unknown word \"maxconn:\" in the agent's reply"},
		{"maxconn:x", ADMIN_UP, 100, "unknown word \"maxconn:x\" in the agent's reply"},
		{"up xyz", ADMIN_UP, 100, "unknown word \"xyz\" in the agent's reply"},
		{"uppercase", ADMIN_UP, 100, "unknown word \"uppercase\" in the agent's reply"},
		{"", ADMIN_UP, 100, "no word in the agent's reply"},
		{" , ", ADMIN_UP, 100, "no word in the agent's reply"},
		{"# up", ADMIN_UP, 100, "no word in the agent's reply"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check_result r = {.weight_percent = 100};
		bool well = agent_read(rows[i].line, strlen(rows[i].line), &r);
		if (well != (rows[i].why == NULL) || strcmp(r.why, well ? "" : rows[i].why) != 0)
			fail_msg("\"%s\": %s %s", rows[i].line, well ? "well" : "failed", r.why);
		assert_int_equal(r.agent, rows[i].agent);
		assert_int_equal(r.weight_percent, rows[i].weight);
	}
}

static void a_long_line_is_quoted_in_part(void **state)
{
	(void)state;
	char line[4096];
	struct check_result r = {0};
	memset(line, 'x', sizeof(line));
	assert_false(agent_read(line, sizeof(line), &r));
	assert_in_range(strlen(r.why), 40, sizeof(r.why) - 1);
	memcpy(line, "down#", 5);
	assert_false(agent_read(line, sizeof(line), &r));
	assert_in_range(strlen(r.why), 40, sizeof(r.why) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_have_their_meaning),
		cmocka_unit_test(a_long_line_is_quoted_in_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
