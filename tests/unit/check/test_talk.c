/* SPDX-License-Identifier: ISC */
/* The tcp check that says something, expects something, or asks an agent. */
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct check tcp_check(void)
{
	struct check check = http_check();
	check.kind = CHECK_TCP;
	check.timeout_ms = 1000;
	return check;
}

static const struct {
	const char *name;
	struct script server;
	const char *send, *reply;
	bool agent;
	const char *why; /* its beginning; NULL: well */
	bool silent;
} rows[] = {
	{"a greeting",
	 {.say = "220 mail ESMTP\r\n", .at_once = true, .then = THEN_HOLD},
	 NULL,
	 "220 ",
	 false,
	 NULL,
	 false},
	{"in pieces",
	 {.say = "+PO", "NG", .at_once = true, .then = THEN_HOLD},
	 NULL,
	 "+PONG",
	 false,
	 NULL,
	 false},
	{"another greeting",
	 {.say = "554 no\r\n", .at_once = true},
	 NULL,
	 "220 ",
	 false,
	 "the reply does not contain \"220 \"",
	 false},
	{"a question",
	 {.say = "+PONG\r\n", .until = "PING\r\n", .then = THEN_HOLD},
	 "PING\r\n",
	 "PONG",
	 false,
	 NULL,
	 false},
	{"a question without an answer",
	 {.say = "", .until = "PING\r\n", .then = THEN_HOLD},
	 "PING\r\n",
	 "PONG",
	 false,
	 "timed out after 1 s while waiting for the reply",
	 true},
	{"half an answer",
	 {.say = "+PO", .until = "PING\r\n", .then = THEN_HOLD},
	 "PING\r\n",
	 "PONG",
	 false,
	 "timed out after 1 s while reading the reply",
	 false},
	{"a question and a hangup",
	 {.say = "", .until = "PING\r\n"},
	 "PING\r\n",
	 "PONG",
	 false,
	 "connection closed without a reply",
	 false},
	{"a question and a reset",
	 {.say = "", .until = "PING\r\n", .then = THEN_RESET},
	 "PING\r\n",
	 "PONG",
	 false,
	 "connection reset by peer",
	 false},
	{"words that nobody need answer",
	 {.say = "", .until = "never", .then = THEN_HOLD},
	 "HELLO\r\n",
	 NULL,
	 false,
	 NULL,
	 false},
	{"an endless answer",
	 {.say = "x", "sick ", THEN_REPEAT, .at_once = true},
	 NULL,
	 "ok",
	 false,
	 "the first 64 KiB of the reply do not contain \"ok\"",
	 false},

	{"an agent", {.say = "up 50%\n", .at_once = true, .then = THEN_HOLD}, NULL, NULL, true, NULL, false},
	{"an agent that is asked",
	 {.say = "drain 50%\r\n", .until = "state\n", .then = THEN_HOLD},
	 "state\n",
	 NULL,
	 true,
	 NULL,
	 false},
	{"an agent that hangs up", {.say = "50%", .at_once = true}, NULL, NULL, true, NULL, false},
	{"an agent that is down",
	 {.say = "stopped\n", .at_once = true},
	 NULL,
	 NULL,
	 true,
	 "the agent says stopped",
	 false},
	{"an agent that is no agent",
	 {.say = "SSH-2.0-x\r\n", .at_once = true},
	 NULL,
	 NULL,
	 true,
	 "unknown word \"SSH-2.0-x\" in the agent's reply",
	 false},
	{"an agent that says nothing",
	 {.say = "", .at_once = true},
	 NULL,
	 NULL,
	 true,
	 "connection closed without a reply",
	 false},
	{"an agent without an end",
	 {.say = "up", " up", THEN_REPEAT, .at_once = true},
	 NULL,
	 NULL,
	 true,
	 "the agent's line is longer than 64 KiB",
	 false},
	{"an agent and a text",
	 {.say = "50%\nok", .at_once = true, .then = THEN_HOLD},
	 NULL,
	 "ok",
	 true,
	 NULL,
	 false},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void each_talk_has_its_verdict(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *servers[ROWS];
	struct check checks[ROWS];
	for (uint32_t i = 0; i < ROWS; i++) {
		servers[i] = server_new(lb, "127.0.0.1", &rows[i].server);
		checks[i] = tcp_check();
		checks[i].send = rows[i].send;
		checks[i].reply = rows[i].reply;
		checks[i].load.source = rows[i].agent ? LOAD_AGENT : LOAD_NONE;
		schedule_add(lb->schedule, i, &(struct target){servers[i]->address, &checks[i]});
	}
	for (uint32_t i = 0; i < ROWS; i++) {
		if (!loopback_wait(lb, i, 1))
			fail_msg("%s: no result", rows[i].name);
		const struct check_result *r = &lb->heard[i].last;
		if (r->ok != (rows[i].why == NULL))
			fail_msg("%s: %s %s", rows[i].name, r->ok ? "well" : "failed", r->why);
		if (!r->ok && strncmp(r->why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].name, r->why, rows[i].why);
		assert_int_equal(r->silent, rows[i].silent);
		assert_int_equal(r->weight_percent, strstr(rows[i].server.say, "50%") != NULL ? 50 : 100);
		if (r->ok)
			assert_in_range(r->latency_us, 1, 999999);
	}
	for (uint32_t i = 0; i < ROWS; i++)
		server_free(servers[i]);
	loopback_free(lb);
}

static void much_is_said_to_a_slow_listener(void **state)
{
	(void)state;
	enum { LONG = 8 << 20 };
	char *text = malloc(LONG + 1);
	memset(text, 'x', LONG - 4);
	strcpy(text + LONG - 4, "end\n");
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "heard\n", .until = "end\n"});
	struct check check = tcp_check();
	check.timeout_ms = 9000;
	check.send = text;
	check.reply = "heard";
	schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
	assert_true(loopback_wait(lb, 0, 1));
	if (!lb->heard[0].last.ok)
		fail_msg("%s", lb->heard[0].last.why);
	server_free(s);
	loopback_free(lb);
	free(text);
}

static void latency_is_of_the_connection_or_of_the_first_octet(void **state)
{
	(void)state;
	const struct script slow = {
		.say = "", .rest = "ok", .at_once = true, .pause_ms = 150, .then = THEN_HOLD};
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &slow);
	struct check checks[2] = {tcp_check(), tcp_check()};
	checks[1].reply = "ok";
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < 2; i++)
		schedule_add(lb->schedule, i, &(struct target){s->address, &checks[i]});
	assert_true(loopback_wait(lb, 0, 1) && loopback_wait(lb, 1, 1));
	assert_true(lb->heard[0].last.ok && lb->heard[1].last.ok);
	assert_in_range(lb->heard[1].last.latency_us / 1000, 100, now_ms() - begin);
	assert_in_range(lb->heard[0].last.latency_us, 1, lb->heard[1].last.latency_us);
	server_free(s);
	loopback_free(lb);
}

static void a_place_without_a_route_is_silent(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check checks[2] = {tcp_check(), http_check()};
	struct endpoint nowhere = {.port = 9};
	assert_true(addr_parse("224.0.0.1", 9, &nowhere.addr)); /* multicast: TCP has no way there */
	for (uint32_t i = 0; i < 2; i++) {
		schedule_add(lb->schedule, i, &(struct target){nowhere, &checks[i]});
		assert_true(loopback_wait(lb, i, 1));
		assert_string_equal(lb->heard[i].last.why, "network is unreachable");
		assert_true(lb->heard[i].last.silent);
		assert_false(lb->heard[i].last.ours);
	}
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_talk_has_its_verdict),
		cmocka_unit_test(much_is_said_to_a_slow_listener),
		cmocka_unit_test(latency_is_of_the_connection_or_of_the_first_octet),
		cmocka_unit_test(a_place_without_a_route_is_silent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
