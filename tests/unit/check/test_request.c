/* SPDX-License-Identifier: ISC */
/* What http checks ask, where redirects lead, and that nothing but the target is ever asked. */
#include "loopback.h"

#include "check/transfer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define TO "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "

struct trial {
	struct loopback *lb;
	struct server *server;
};

/* Does the check once and keeps its server, to look at the last request. */
static struct trial ask(const struct check *check, const struct script *script)
{
	struct loopback *lb = loopback_new();
	struct trial t = {lb, server_new(lb, "127.0.0.1", script)};
	schedule_add(lb->schedule, 0, &(struct target){t.server->address, check});
	assert_true(loopback_wait(lb, 0, 1));
	return t;
}

static void trial_free(struct trial *t)
{
	server_free(t->server);
	loopback_free(t->lb);
}

static void the_request_is_made_as_the_check_says(void **state)
{
	(void)state;
	static const struct {
		const char *method;
		const char *headers[4];
		const char *host, *user_agent;
		const char *has[4], *has_not[3];
	} rows[] = {
		{"GET",
		 {NULL},
		 NULL,
		 "probe/1",
		 {"GET /health HTTP/1.1\r\n", "\r\nUser-Agent: probe/1\r\n"},
		 {"gslbd"}},
		{"HEAD", {NULL}, NULL, NULL, {"HEAD /health HTTP/1.1\r\n"}, {"Content-Length"}},
		{"OPTIONS", {NULL}, NULL, NULL, {"OPTIONS /health HTTP/1.1\r\n"}, {"Content-Length"}},
		{"POST",
		 {NULL},
		 NULL,
		 NULL,
		 {"POST /health HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n"},
		 {"Expect"}},
		{"GET",
		 {"X-Probe: yes", "X-Token:  a b "},
		 NULL,
		 NULL,
		 {"\r\nX-Probe: yes\r\n", "\r\nX-Token:"},
		 {NULL}},
		{"GET",
		 {"X-Empty:", "X-Blank:  "},
		 NULL,
		 NULL,
		 {"\r\nX-Empty:\r\n", "\r\nX-Blank:\r\n"},
		 {NULL}},
		{"GET",
		 {"host: b.example.com", "user-agent: me", "Accept: text/plain"},
		 "a.example.com",
		 "probe/1",
		 {"\r\nHost: b.example.com\r\n", "\r\nuser-agent: me\r\n", "\r\nAccept: text/plain\r\n"},
		 {"a.example.com", "probe/1", "*/*"}},
		{"GET",
		 {"Connection: keep-alive"},
		 NULL,
		 NULL,
		 {"\r\nConnection: keep-alive\r\n"},
		 {"close"}},
		{"GET",
		 {NULL},
		 "a.example.com:8080",
		 NULL,
		 {"\r\nHost: a.example.com:8080\r\n"},
		 {"127.0.0.1"}},
		{"GET", {NULL}, "[2001:db8::1]", NULL, {"\r\nHost: [2001:db8::1]\r\n"}, {"127.0.0.1"}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check check = http_check();
		check.method = rows[i].method;
		check.headers.list = rows[i].headers;
		while (check.headers.n < 4 && rows[i].headers[check.headers.n] != NULL)
			check.headers.n++;
		check.host = rows[i].host;
		check.user_agent = rows[i].user_agent;
		struct trial t = ask(&check, &(struct script){.say = OK});
		const char *request = t.server->request;
		assert_true(t.lb->heard[0].last.ok);
		assert_int_equal(t.lb->heard[0].last.weight_percent, 100);
		for (size_t j = 0; j < 4 && rows[i].has[j] != NULL; j++) {
			if (strstr(request, rows[i].has[j]) == NULL)
				fail_msg("%zu: no %s in %s", i, rows[i].has[j], request);
		}
		for (size_t j = 0; j < 3 && rows[i].has_not[j] != NULL; j++) {
			if (strstr(request, rows[i].has_not[j]) != NULL)
				fail_msg("%zu: %s in %s", i, rows[i].has_not[j], request);
		}
		trial_free(&t);
	}
}

/* PORT in a reply is that of the server; it answers /end with 200, all else with the redirect. */
static void redirects_are_followed_within_the_place(void **state)
{
	(void)state;
	static const struct {
		const char *reply;
		const char *path, *host;
		uint16_t redirects;
		unsigned accepted;
		const char *why; /* NULL: well */
	} rows[] = {
		{TO "/end\r\n\r\n", "/", NULL, 1, 2, NULL},
		{TO "end?x=1#frag\r\n\r\n", "/a", NULL, 1, 2, NULL},
		{TO "../end\r\n\r\n", "/a/b?c=/d/e", NULL, 1, 2, NULL},
		{TO "http://127.0.0.1:PORT/end\r\n\r\n", "/", NULL, 1, 2, NULL},
		{TO "//127.0.0.1:PORT/end\r\n\r\n", "/", NULL, 1, 2, NULL},
		{TO "http://app.example.com/end\r\n\r\n", "/", "app.example.com", 1, 2, NULL},
		{TO "HTTP://APP.example.com:80/end\r\n\r\n", "/", "app.example.com", 1, 2, NULL},
		{TO "http://app.example.com:PORT/end\r\n\r\n", "/", "app.example.com", 1, 2, NULL},
		{TO "http://user:secret@app.example.com/end\r\n\r\n", "/", "app.example.com", 1, 2, NULL},
		{TO "/end\r\n\r\n", "/", NULL, 0, 1, "status 302, expected 200-299"},
		{TO "/again\r\n\r\n", "/", NULL, 3, 4, "more than 3 redirects"},
		{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "/", NULL, 3, 1,
		 "status 302, expected 200-299"},
		{"HTTP/1.1 304 Same\r\nLocation: /end\r\n\r\n", "/", NULL, 3, 1,
		 "status 304, expected 200-299"},
		{TO "http://example.net/end\r\n\r\n", "/", NULL, 3, 1,
		 "redirect to elsewhere: http://example.net/end"},
		{TO "//example.net/end\r\n\r\n", "/", NULL, 3, 1, "redirect to elsewhere: //example.net/end"},
		{TO "http://127.0.0.2:PORT/end\r\n\r\n", "/", NULL, 3, 1,
		 "redirect to elsewhere: http://127.0.0.2:"},
		{TO "http://127.0.0.1:1/end\r\n\r\n", "/", NULL, 3, 1,
		 "redirect to elsewhere: http://127.0.0.1:1/end"},
		{TO "https://127.0.0.1:PORT/end\r\n\r\n", "/", NULL, 3, 1,
		 "redirect to elsewhere: https://127.0.0.1:"},
		{TO "file:///etc/passwd\r\n\r\n", "/", NULL, 3, 1,
		 "redirect to elsewhere: file:///etc/passwd"},
		{TO "gopher://127.0.0.1:PORT/end\r\n\r\n", "/", NULL, 3, 1, "redirect to elsewhere: gopher:"},
		{TO "x://y/\r\n\r\n", "/", NULL, 3, 1, "redirect to elsewhere: x://y/"},
		{TO "http://[::1\r\n\r\n", "/", NULL, 3, 1, "redirect to elsewhere: http://[::1"},
		{TO "http://b.example.com/end\r\n\r\n", "/", "a.example.com", 3, 1,
		 "redirect to elsewhere: http://b.example.com/end"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct loopback *lb = loopback_new();
		struct server *s =
			server_new(lb, "127.0.0.1", &(struct script){.path = "/end", .say_at_path = OK});
		struct check check = http_check();
		char reply[256] = "", port[8];
		const char *at = strstr(rows[i].reply, "PORT");
		snprintf(port, sizeof(port), "%u", s->address.port);
		snprintf(reply, sizeof(reply), "%.*s%s%s", at ? (int)(at - rows[i].reply) : 255,
			 rows[i].reply, at ? port : "", at ? at + 4 : "");
		s->script.say = reply;
		check.path = rows[i].path;
		check.host = rows[i].host;
		check.redirects = rows[i].redirects;
		check.body = "ok";
		schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
		assert_true(loopback_wait(lb, 0, 1));
		const struct check_result *r = &lb->heard[0].last;
		if (r->ok != (rows[i].why == NULL) ||
		    strncmp(r->why, r->ok ? "" : rows[i].why, r->ok ? 1 : strlen(rows[i].why)) != 0)
			fail_msg("%zu: %s %s", i, r->ok ? "well" : "failed", r->why);
		assert_int_equal(s->accepted, rows[i].accepted);
		assert_null(strstr(s->request, "Authorization"));
		assert_false(r->silent);
		server_free(s);
		loopback_free(lb);
	}
}

static void the_method_survives_a_redirect_but_303(void **state)
{
	(void)state;
	static const struct {
		const char *reply, *method, *line;
	} rows[] = {
		{"HTTP/1.1 307 To\r\nLocation: /end\r\n\r\n", "POST", "POST /end HTTP/1.1\r\n"},
		{"HTTP/1.1 301 To\r\nLocation: /end\r\n\r\n", "HEAD", "HEAD /end HTTP/1.1\r\n"},
		{"HTTP/1.1 303 To\r\nLocation: /end\r\n\r\n", "HEAD", "HEAD /end HTTP/1.1\r\n"},
		{"HTTP/1.1 303 To\r\nLocation: /end\r\n\r\n", "POST", "GET /end HTTP/1.1\r\n"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check check = http_check();
		check.method = rows[i].method;
		check.redirects = 1;
		struct trial t = ask(
			&check, &(struct script){.say = rows[i].reply, .path = "/end", .say_at_path = OK});
		assert_true(t.lb->heard[0].last.ok);
		assert_int_equal(strncmp(t.server->request, rows[i].line, strlen(rows[i].line)), 0);
		trial_free(&t);
	}
}

/* The body of a redirect is not read, and the timeout is of all requests together. */
static void redirects_share_a_timeout(void **state)
{
	(void)state;
	const struct script slow = {.say = "",
				    .rest = "HTTP/1.1 302 To\r\nLocation: /again\r\n\r\nxxxx",
				    .then = THEN_REPEAT,
				    .pause_ms = 60};
	struct check check = http_check();
	check.redirects = 10;
	check.timeout_ms = 250;
	uint64_t begin = now_ms();
	struct trial t = ask(&check, &slow);
	assert_in_range(now_ms() - begin, 240, 5000);
	assert_in_range(t.server->accepted, 2, 5);
	assert_non_null(strstr(t.lb->heard[0].last.why, "timed out after 250 ms"));
	assert_false(t.lb->heard[0].last.silent);
	trial_free(&t);
}

static void no_socket_leads_elsewhere(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = OK});
	struct endpoint elsewhere = s->address;
	elsewhere.addr.octets[3] = 2;
	struct transfer_pool pool = {0};
	struct check check = http_check();
	char url[ADDR_TEXT_MAX + 16], text[ADDR_TEXT_MAX];
	struct transfer *transfer = transfer_take(&pool, &check, NULL);
	transfer_aim(transfer, &elsewhere);
	snprintf(url, sizeof(url), "http://%s/", endpoint_format(&s->address, text));
	curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, NULL);
	assert_int_equal(curl_easy_perform(transfer->easy), CURLE_COULDNT_CONNECT);
	assert_int_not_equal(transfer->socket_errno, 0);
	loopback_run(lb, 20);
	assert_int_equal(s->accepted, 0);
	transfer_give(transfer);
	transfer_pool_free(&pool);
	server_free(s);
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_is_made_as_the_check_says),
		cmocka_unit_test(redirects_are_followed_within_the_place),
		cmocka_unit_test(the_method_survives_a_redirect_but_303),
		cmocka_unit_test(redirects_share_a_timeout),
		cmocka_unit_test(no_socket_leads_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
