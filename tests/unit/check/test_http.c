/* SPDX-License-Identifier: ISC */
/* What an http check makes of each way a server can answer. */
#include "loopback.h"

#include <event2/http.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\n"

static const struct number_range several[] = {{200, 204}, {302, 302}, {503, 503}};

static const struct {
	const char *name;
	struct script server;
	const char *body;
	bool several;    /* expect=200-204,302,503 */
	const char *why; /* its beginning; NULL: well */
} rows[] = {
	{"200", {.say = OK "Content-Length: 2\r\n\r\nhi"}, NULL, false, NULL},
	{"204 without a body", {.say = "HTTP/1.1 204 No Content\r\n\r\n"}, NULL, false, NULL},
	{"HTTP/1.0", {.say = "HTTP/1.0 200 OK\r\n\r\nhi"}, NULL, false, NULL},
	{"bare line feeds", {.say = "HTTP/1.1 200 OK\nContent-Length: 0\n\n"}, NULL, false, NULL},
	{"503",
	 {.say = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"},
	 NULL,
	 false,
	 "status 503, expected 200-299"},
	{"a redirect is not followed",
	 {.say = "HTTP/1.1 302 Found\r\nLocation: /well\r\nContent-Length: 0\r\n\r\n"},
	 NULL,
	 false,
	 "status 302, expected 200-299"},
	{"nor is an expected one",
	 {.say = "HTTP/1.1 302 Found\r\nLocation: /well\r\nContent-Length: 4\r\n\r\nsick"},
	 "ok",
	 true,
	 "body does not contain \"ok\""},
	{"a range of one", {.say = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"}, NULL, true, NULL},
	{"the last range", {.say = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"}, NULL, true, NULL},
	{"between ranges",
	 {.say = "HTTP/1.1 205 No\r\nContent-Length: 0\r\n\r\n"},
	 NULL,
	 true,
	 "status 205, expected 200-204,302,503"},
	{"an interim reply does not decide",
	 {.say = "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 500 No\r\n\r\n"},
	 NULL,
	 false,
	 "status 500"},
	{"and is no failure",
	 {.say = "HTTP/1.1 103 Early Hints\r\n\r\n", OK "Content-Length: 0\r\n\r\n"},
	 NULL,
	 false,
	 NULL},

	{"the body holds the text", {.say = OK "Content-Length: 9\r\n\r\nall ok :)"}, "ok", false, NULL},
	{"chunked",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n2\r\nxo\r\n1\r\nk\r\n0\r\n\r\n"},
	 "ok",
	 false,
	 NULL},
	{"across two reads",
	 {.say = OK "Content-Length: 4\r\n\r\nmayb", "e ok"},
	 "maybe",
	 false,
	 "body does not contain \"maybe\""},
	{"across two reads", {.say = OK "Content-Length: 8\r\n\r\nmayb", "e ok"}, "maybe ok", false, NULL},
	{"until the connection closes", {.say = OK "\r\nall", " ok"}, "all ok", false, NULL},
	{"the rest does not matter",
	 {.say = OK "Content-Length: 99\r\n\r\nok", .then = THEN_HOLD},
	 "ok",
	 false,
	 NULL},
	{"the body does not hold it",
	 {.say = OK "Content-Length: 4\r\n\r\nsick"},
	 "ok",
	 false,
	 "body does not contain \"ok\""},
	{"no body", {.say = OK "Content-Length: 0\r\n\r\n"}, "ok", false, "body does not contain \"ok\""},
	{"the text in the header does not count",
	 {.say = OK "X: yes\r\nContent-Length: 0\r\n\r\n"},
	 "yes",
	 false,
	 "body does not contain \"yes\""},
	{"the status comes before the body",
	 {.say = "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nok"},
	 "ok",
	 false,
	 "status 500"},
	{"an endless body without the text",
	 {.say = OK "\r\n", "sick ", THEN_REPEAT},
	 "ok",
	 false,
	 "the first 64 KiB of the body do not contain \"ok\""},
	{"an endless body that nobody asked for",
	 {.say = OK "\r\n", "sick ", THEN_REPEAT},
	 NULL,
	 false,
	 NULL},
	{"a body that breaks off",
	 {.say = OK "Content-Length: 9\r\n\r\nall"},
	 "ok",
	 false,
	 "connection closed in the middle of the reply"},

	{"closed without a reply", {.say = ""}, NULL, false, "connection closed without a reply"},
	{"closed at once", {.say = "", .at_once = true}, NULL, false, "connection "}, /* closed or reset */
	{"reset", {.say = "", .then = THEN_RESET}, NULL, false, "connection reset by peer"},
	{"closed in the header",
	 {.say = OK "Content-Le"},
	 NULL,
	 false,
	 "connection closed in the middle of the reply"},
	{"closed behind the status",
	 {.say = OK},
	 NULL,
	 false,
	 "connection closed in the middle of the reply"},
	{"no HTTP", {.say = "220 mail.example.com ESMTP\r\n"}, NULL, false, "the reply is not HTTP"},
	{"garbage", {.say = "\x16\x03\x01\xff\xfe garbage\r\n\r\n"}, NULL, false, "the reply is not HTTP"},
	{"garbage before a request",
	 {.say = "SSH-2.0-x\r\n", .at_once = true},
	 NULL,
	 false,
	 "the reply is not HTTP"},
	{"endless headers",
	 {.say = OK, "X: y\r\n", THEN_REPEAT},
	 NULL,
	 false,
	 "the reply's header is longer than 64 KiB"},
	{"endless interim replies",
	 {.say = "", "HTTP/1.1 102 Busy\r\n\r\n", THEN_REPEAT},
	 NULL,
	 false,
	 "the reply's header is longer than 64 KiB"},
	{"an endless header line",
	 {.say = OK "X: ", "yyyyyyyyyyyyyyyy", THEN_REPEAT},
	 NULL,
	 false,
	 "a line of the reply's header is too long"},
	{"endless trailers",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n0\r\n", "X: y\r\n", THEN_REPEAT},
	 "ok",
	 false,
	 "the reply's trailer is longer than 64 KiB"},
	{"a bad chunk",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nok"},
	 "ok",
	 false,
	 "the body is badly chunked"},
	{"a huge chunk",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nok"},
	 "ok",
	 false,
	 "the body is badly chunked"},
	{"a negative chunk",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n-1\r\nok"},
	 "ok",
	 false,
	 "the body is badly chunked"},
	{"an endless size of a chunk",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n", "0", THEN_REPEAT},
	 "ok",
	 false,
	 "the body is badly chunked"},
	{"an endless extension of a chunk",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n2;", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", THEN_REPEAT},
	 "ok",
	 false,
	 "the reply is a flood"},
	{"endless chunks of one",
	 {.say = OK "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", THEN_REPEAT},
	 "ok",
	 false,
	 "the first 64 KiB of the body do not contain \"ok\""},
	{"a negative length",
	 {.say = OK "Content-Length: -5\r\n\r\nok"},
	 "ok",
	 false,
	 "the reply is not HTTP"},
	{"a huge length",
	 {.say = OK "Content-Length: 99999999999999999999\r\n\r\nok"},
	 "sick",
	 false,
	 "body does not contain \"sick\""},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* All at once, so each is also a test that a bad server harms no other. */
static void each_reply_has_its_verdict(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *servers[ROWS];
	struct check checks[ROWS];
	for (uint32_t i = 0; i < ROWS; i++) {
		servers[i] = server_new(lb, "127.0.0.1", &rows[i].server);
		checks[i] = http_check();
		checks[i].body = rows[i].body;
		if (rows[i].several) {
			checks[i].expect.list = several;
			checks[i].expect.n = sizeof(several) / sizeof(several[0]);
		}
		schedule_add(lb->schedule, i, &(struct target){servers[i]->address, &checks[i]});
	}
	for (uint32_t i = 0; i < ROWS; i++) {
		if (!loopback_wait(lb, i, 1))
			fail_msg("%s: no result", rows[i].name);
		const struct check_result *r = &lb->heard[i].last;
		if (r->ok != (rows[i].why == NULL))
			fail_msg("%s: %s %s", rows[i].name, r->ok ? "well" : "failed", r->why);
		if (r->ok)
			assert_in_range(r->latency_us, 1, 9999999);
		else if (strncmp(r->why, rows[i].why, strlen(rows[i].why)) != 0 || r->why[0] == '\0')
			fail_msg("%s: \"%s\", expected \"%s\"", rows[i].name, r->why, rows[i].why);
	}
	for (uint32_t i = 0; i < ROWS; i++)
		server_free(servers[i]);
	loopback_free(lb);
}

static void a_reply_that_does_not_end_times_out(void **state)
{
	(void)state;
	static const struct {
		struct script server;
		const char *why;
	} slow[] = {
		{{.say = "", .then = THEN_HOLD}, "timed out after 300 ms while waiting for the reply"},
		{{.say = OK, .then = THEN_HOLD}, "timed out after 300 ms while reading the reply's header"},
		{{.say = OK "\r\nslow", .then = THEN_HOLD}, "timed out after 300 ms while reading the body"},
	};
	enum { N = sizeof(slow) / sizeof(slow[0]) };
	struct loopback *lb = loopback_new();
	struct server *servers[N];
	struct check check = http_check();
	check.timeout_ms = 300;
	check.body = "ok";
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < N; i++) {
		servers[i] = server_new(lb, "127.0.0.1", &slow[i].server);
		schedule_add(lb->schedule, i, &(struct target){servers[i]->address, &check});
	}
	for (uint32_t i = 0; i < N; i++) {
		assert_true(loopback_wait(lb, i, 1));
		assert_in_range(now_ms() - begin, 299, 5000);
		assert_false(lb->heard[i].last.ok);
		assert_string_equal(lb->heard[i].last.why, slow[i].why);
		assert_int_equal(lb->heard[i].last.silent, i == 0);
	}
	for (uint32_t i = 0; i < N; i++)
		server_free(servers[i]);
	loopback_free(lb);
}

static void the_request_asks_for_what_the_check_says(void **state)
{
	(void)state;
	static const struct {
		const char *ip, *path, *host, *line, *host_line;
	} asks[] = {
		{"127.0.0.1", "/health?deep=1", "app.example.com", "GET /health?deep=1 HTTP/1.1\r\n",
		 "\r\nHost: app.example.com\r\n"},
		{"127.0.0.1", "/a/../b", NULL, "GET /a/../b HTTP/1.1\r\n", "\r\nHost: 127.0.0.1:"},
		{"::1", "/", NULL, "GET / HTTP/1.1\r\n", "\r\nHost: [::1]:"},
	};
	/* none of these may be heeded: a check asks the target itself */
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct loopback *lb = loopback_new();
		struct server *s =
			server_new(lb, asks[i].ip, &(struct script){.say = OK "Set-Cookie: a=b\r\n\r\n"});
		if (s == NULL) { /* no IPv6 here */
			loopback_free(lb);
			continue;
		}
		struct check check = http_check();
		check.path = asks[i].path;
		check.host = asks[i].host;
		check.interval_ms = 50;
		schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
		assert_true(loopback_wait(lb, 0, 3));
		assert_true(lb->heard[0].last.ok);
		assert_int_equal(strncmp(s->request, asks[i].line, strlen(asks[i].line)), 0);
		assert_non_null(strstr(s->request, asks[i].host_line));
		assert_non_null(strstr(s->request, "\r\nUser-Agent: gslbd/" GSLBD_VERSION "\r\n"));
		assert_non_null(strstr(s->request, "\r\nConnection: close\r\n"));
		assert_null(strstr(s->request, "Cookie"));
		assert_null(strstr(s->request, "Expect"));
		server_free(s);
		loopback_free(lb);
	}
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

/* Handles are used again: what one target has said must not be told of the next. */
static void a_failure_is_not_blamed_on_an_earlier_one(void **state)
{
	(void)state;
	const struct script bad_chunk = {.say = OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nok"};
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &bad_chunk);
	struct check check = http_check();
	check.body = "ok";
	schedule_add(lb->schedule, 0, &(struct target){closed_port(lb), &check});
	assert_true(loopback_wait(lb, 0, 1));
	assert_string_equal(lb->heard[0].last.why, "connection refused");
	schedule_add(lb->schedule, 1, &(struct target){s->address, &check});
	assert_true(loopback_wait(lb, 1, 1));
	assert_non_null(strstr(lb->heard[1].last.why, "chunked"));
	server_free(s);
	loopback_free(lb);
}

static void latency_ends_with_the_first_octet(void **state)
{
	(void)state;
	const struct script script = {.say = OK "\r\n", .rest = "ok", .pause_ms = 200};
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &script);
	struct check check = http_check();
	check.body = "ok";
	uint64_t begin = now_ms();
	schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
	assert_true(loopback_wait(lb, 0, 1));
	assert_true(lb->heard[0].last.ok);
	assert_in_range(lb->heard[0].last.latency_us / 1000 + 190, 190, now_ms() - begin);
	server_free(s);
	loopback_free(lb);
}

static void on_request(struct evhttp_request *request, void *context)
{
	(void)context;
	struct evbuffer *body = evbuffer_new();
	evbuffer_add_printf(body, "%70000s", "ok");
	bool well = strcmp(evhttp_request_get_uri(request), "/well") == 0;
	evhttp_send_reply(request, well ? 200 : 503, NULL, body);
	evbuffer_free(body);
}

static void a_real_http_server_is_understood(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct evhttp *http = evhttp_new(lb->base);
	struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	evhttp_set_gencb(http, on_request, NULL);
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sa, &len);
	struct endpoint address;
	endpoint_from_sockaddr((struct sockaddr *)&sa, &address);

	struct check well = http_check(), sick = http_check(), far = http_check();
	well.path = "/well";
	far.path = "/well";
	far.body = "ok"; /* it comes behind the first 64 KiB */
	const struct check *checks[] = {&well, &sick, &far};
	for (uint32_t i = 0; i < 3; i++)
		schedule_add(lb->schedule, i, &(struct target){address, checks[i]});
	for (uint32_t i = 0; i < 3; i++)
		assert_true(loopback_wait(lb, i, 1));
	assert_true(lb->heard[0].last.ok);
	assert_string_equal(lb->heard[1].last.why, "status 503, expected 200-299");
	assert_string_equal(lb->heard[2].last.why, "the first 64 KiB of the body do not contain \"ok\"");
	evhttp_free(http);
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reply_has_its_verdict),
		cmocka_unit_test(a_reply_that_does_not_end_times_out),
		cmocka_unit_test(the_request_asks_for_what_the_check_says),
		cmocka_unit_test(a_failure_is_not_blamed_on_an_earlier_one),
		cmocka_unit_test(latency_ends_with_the_first_octet),
		cmocka_unit_test(a_real_http_server_is_understood),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
