/* SPDX-License-Identifier: ISC */
/* What http checks ask of bodies and headers beyond a text: JSON, load, an agent's words, a limit. */
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OK     "HTTP/1.1 200 OK\r\n"
#define CHUNKS OK "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
	const char *name;
	struct script server;
	const char *path, *value; /* expect-json */
	struct load_rule load;
	const char *body;
	uint32_t limit;       /* 0: 64 KiB */
	const char *why;      /* its beginning; NULL: well */
	uint32_t connections; /* 0: not known */
} rows[] = {
	{"a string", {.say = OK "\r\n{\"status\":\"ok\"}"}, .path = "status", .value = "ok"},
	{"in pieces", {.say = OK "\r\n{\"status\":", "true}"}, .path = "/status", .value = "true"},
	{"in chunks",
	 {.say = CHUNKS "8\r\n{\"a\":[1,\r\n3\r\n2]}\r\n0\r\n\r\n"},
	 .path = "a.1",
	 .value = "2"},
	{"another value",
	 {.say = OK "\r\n{\"status\":\"bad\"}"},
	 .path = "status",
	 .value = "ok",
	 .why = "status is \"bad\", expected \"ok\""},
	{"not the whole value",
	 {.say = OK "\r\n{\"status\":\"ok\\u0000\"}"},
	 .path = "status",
	 .value = "ok",
	 .why = "status is \"ok\", expected \"ok\""},
	{"control characters",
	 {.say = OK "\r\n{\"status\":\"\\u001b[0m\\n\"}"},
	 .path = "status",
	 .value = "ok",
	 .why = "status is \"?[0m?\", expected \"ok\""},
	{"no such member",
	 {.say = OK "\r\n{}"},
	 .path = "status",
	 .value = "ok",
	 .why = "no status in the reply"},
	{"no single value",
	 {.say = OK "\r\n{\"a\":{}}"},
	 .path = "a",
	 .value = "x",
	 .why = "a is no single value, expected \"x\""},
	{"no JSON", {.say = OK "\r\nok"}, .path = "status", .value = "ok", .why = "the reply is not JSON: "},
	{"no body",
	 {.say = OK "Content-Length: 0\r\n\r\n"},
	 .path = "status",
	 .value = "ok",
	 .why = "the reply is not JSON: "},
	{"a name twice",
	 {.say = OK "\r\n{\"status\":\"bad\",\"status\":\"ok\"}"},
	 .path = "status",
	 .value = "ok",
	 .why = "the reply is not JSON: a name comes twice"},
	{"broken off",
	 {.say = OK "Content-Length: 99\r\n\r\n{\"status\":\"ok\"}"},
	 .path = "status",
	 .value = "ok",
	 .why = "connection closed in the middle of the reply"},
	{"as long as may be", {.say = OK "\r\n{\"a\":1}"}, .path = "a", .value = "1", .limit = 7},
	{"longer",
	 {.say = OK "\r\n{\"a\":1} "},
	 .path = "a",
	 .value = "1",
	 .limit = 7,
	 .why = "the body is longer than 7 octets"},
	{"endless",
	 {.say = OK "\r\n[", "1,", THEN_REPEAT},
	 .path = "a",
	 .value = "1",
	 .why = "the body is longer than 64 KiB"},
	{"endless text with a limit",
	 {.say = OK "\r\n", "sick ", THEN_REPEAT},
	 .body = "ok",
	 .limit = 100,
	 .why = "the first 100 octets of the body do not contain \"ok\""},
	{"a large body, found late", {.say = OK "\r\n................ok"}, .body = "ok", .limit = 1048576},
	{"text and JSON", {.say = OK "\r\n{\"a\":\"ok\"}"}, .path = "a", .value = "ok", .body = "ok\"}"},
	{"JSON without the text",
	 {.say = OK "\r\n{\"a\":\"ok\"}"},
	 .path = "a",
	 .value = "ok",
	 .body = "well",
	 .why = "body does not contain \"well\""},
	{"the status comes first",
	 {.say = "HTTP/1.1 500 No\r\n\r\n{\"a\":1}"},
	 .path = "a",
	 .value = "1",
	 .why = "status 500"},
	{"load in JSON",
	 {.say = OK "\r\n{\"load\":{\"n\":7}}"},
	 .load = {LOAD_JSON, "load.n"},
	 .connections = 7},
	{"rounded", {.say = OK "\r\n{\"n\":0.6}"}, .load = {LOAD_JSON, "/n"}, .connections = 1},
	{"with a member that must be",
	 {.say = OK "\r\n{\"n\":7,\"up\":true}"},
	 .path = "up",
	 .value = "true",
	 .load = {LOAD_JSON, "n"},
	 .connections = 7},
	{"below nothing",
	 {.say = OK "\r\n{\"n\":-1}"},
	 .load = {LOAD_JSON, "n"},
	 .why = "no number at n in the reply"},
	{"as a string",
	 {.say = OK "\r\n{\"n\":\"7\"}"},
	 .load = {LOAD_JSON, "n"},
	 .why = "no number at n in the reply"},
	{"not there",
	 {.say = OK "\r\n{}"},
	 .load = {LOAD_JSON, "load.n"},
	 .why = "no number at load.n in the reply"},
	{"not a number",
	 {.say = OK "\r\n{\"n\":NaN}"},
	 .load = {LOAD_JSON, "n"},
	 .why = "the reply is not JSON: "},
	{"load in a header",
	 {.say = OK "x-load:  42 \r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .connections = 42},
	{"the largest",
	 {.say = OK "X-Load: 4294967295\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .connections = 4294967295},
	{"too large",
	 {.say = OK "X-Load: 4294967296\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .why = "no number in the header X-Load of the reply"},
	{"the last of two",
	 {.say = OK "X-Load: 1\r\nX-Load: 2\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .connections = 2},
	{"of the final reply",
	 {.say = "HTTP/1.1 103 Hint\r\nX-Load: 1\r\n\r\n" OK "X-Load: 2\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .connections = 2},
	{"with a text",
	 {.say = OK "X-Load: 2\r\n\r\nok"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .body = "ok",
	 .connections = 2},
	{"no such header",
	 {.say = OK "\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .why = "no number in the header X-Load of the reply"},
	{"an empty header",
	 {.say = OK "X-Load:\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .why = "no number in the header X-Load of the reply"},
	{"no whole number",
	 {.say = OK "X-Load: 1.5\r\n\r\n"},
	 .load = {LOAD_HEADER, "X-Load"},
	 .why = "no number in the header X-Load of the reply"},
	{"an agent", {.say = OK "\r\nup\nmore", .then = THEN_HOLD}, .load = {LOAD_AGENT, NULL}},
	{"an agent in pieces", {.say = OK "\r\nrea", "dy"}, .load = {LOAD_AGENT, NULL}},
	{"an agent that is down",
	 {.say = OK "\r\ndown#full\n"},
	 .load = {LOAD_AGENT, NULL},
	 .why = "the agent says down: full"},
	{"an agent without a word",
	 {.say = OK "\r\n\n"},
	 .load = {LOAD_AGENT, NULL},
	 .why = "no word in the agent's reply"},
	{"an agent without an end",
	 {.say = OK "\r\n", "up ", THEN_REPEAT},
	 .load = {LOAD_AGENT, NULL},
	 .limit = 1024,
	 .why = "the agent's line is longer than 1 KiB"},
	{"an agent and a text behind its line",
	 {.say = OK "\r\nup\nok"},
	 .load = {LOAD_AGENT, NULL},
	 .body = "ok"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void each_body_has_its_verdict(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *servers[ROWS];
	struct check checks[ROWS];
	for (uint32_t i = 0; i < ROWS; i++) {
		servers[i] = server_new(lb, "127.0.0.1", &rows[i].server);
		checks[i] = http_check();
		checks[i].expect_json = (struct json_rule){rows[i].path, rows[i].value};
		checks[i].load = rows[i].load;
		checks[i].body = rows[i].body;
		checks[i].body_limit = rows[i].limit ? rows[i].limit : 65536;
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
		if (r->has_connections != (rows[i].connections > 0) || r->connections != rows[i].connections)
			fail_msg("%s: %u connections", rows[i].name, r->connections);
		assert_int_equal(r->weight_percent, 100);
		assert_false(r->silent || r->ours);
	}
	for (uint32_t i = 0; i < ROWS; i++)
		server_free(servers[i]);
	loopback_free(lb);
}

static void head_has_a_header_and_no_body(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(
		lb, "127.0.0.1",
		&(struct script){.say = OK "Content-Length: 99\r\nX-Load: 5\r\n\r\n", .then = THEN_HOLD});
	struct check check = http_check();
	check.method = "HEAD";
	check.load = (struct load_rule){LOAD_HEADER, "X-Load"};
	schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
	assert_true(loopback_wait(lb, 0, 1));
	assert_true(lb->heard[0].last.ok);
	assert_int_equal(lb->heard[0].last.connections, 5);
	server_free(s);
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_body_has_its_verdict),
		cmocka_unit_test(head_has_a_header_and_no_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
