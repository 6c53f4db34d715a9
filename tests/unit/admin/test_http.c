/* SPDX-License-Identifier: ISC */
/* What is asked for and what is answered. */
#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

struct row {
	const char *name, *request;
	int status;
	const char *holds; /* a text in the reply; NULL: any */
};

static void check_rows(const struct row *rows, size_t n)
{
	struct desk *d = desk_new();
	desk_open(d, NULL);
	for (size_t i = 0; i < n; i++) {
		struct client *c = ask(d, rows[i].request);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(client_status(c), rows[i].status);
		if (rows[i].holds != NULL && strstr(c->in, rows[i].holds) == NULL)
			fail_msg("no \"%s\" in: %s", rows[i].holds, c->in);
		client_free(c);
	}
	desk_free(d);
}

static void a_request_finds_its_route(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"open", "GET /livez HTTP/1.1\r\n\r\n", 200, "\r\n\r\nalive\n"},
		{"text has its type", "GET /livez HTTP/1.1\r\n\r\n", 200, "Content-Type: text/plain\r\n"},
		{"exact", "GET /v1/status HTTP/1.1\r\n" BEARER "\r\n", 200,
		 "\r\n\r\n{\"method\":\"GET\",\"path\":\"/v1/status\",\"rest\":\"\"}\n"},
		{"JSON has its type", "GET /v1/status HTTP/1.1\r\n" BEARER "\r\n", 200,
		 "Content-Type: application/json\r\n"},
		{"not cached", "GET /livez HTTP/1.1\r\n\r\n", 200, "Cache-Control: no-store\r\n"},
		{"not guessed", "GET /livez HTTP/1.1\r\n\r\n", 200, "X-Content-Type-Options: nosniff\r\n"},
		{"below a prefix", "PUT /v1/overrides/fra HTTP/1.1\r\n" BEARER "Content-Length: 0\r\n\r\n",
		 200, "\"rest\":\"fra\""},
		{"the rest is decoded", "PUT /v1/overrides/a/b%20c HTTP/1.1\r\n" BEARER "\r\n", 200,
		 "\"rest\":\"a/b c\""},
		{"the longest prefix wins", "DELETE /v1/overrides/last/x HTTP/1.1\r\n" BEARER "\r\n", 409,
		 "{\"error\":\"x is the last\"}"},
		{"no body", "DELETE /v1/overrides/fra HTTP/1.1\r\n" BEARER "\r\n", 204, NULL},
		{"a parameter", "GET /v1/explain?type=A&name=www%2Eexample HTTP/1.1\r\n" BEARER "\r\n", 200,
		 "\"name\":\"www.example\""},
		{"a body",
		 "PUT /v1/overrides/fra HTTP/1.1\r\n" BEARER "Content-Length: 15\r\n\r\n{\"state\":\"down\"}",
		 400, "body:1:16: expected ',' or '}'"},
		{"a whole body",
		 "PUT /v1/overrides/fra HTTP/1.1\r\n" BEARER "Content-Length: 16\r\n\r\n{\"state\":\"down\"}",
		 200, "\"body\":{\"state\":\"down\"}"},
		{"a body in chunks",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER
		 "Transfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n5\r\na\":1}\r\n0\r\n\r\n",
		 200, "\"body\":{\"a\":1}"},
	};
	check_rows(rows, ROWS(rows));
}

static void what_no_route_names_is_refused(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"unknown", "GET /nothing HTTP/1.1\r\n" BEARER "\r\n", 404, "{\"error\":"},
		{"longer", "GET /v1/status/ HTTP/1.1\r\n" BEARER "\r\n", 404, NULL},
		{"shorter", "GET /v1 HTTP/1.1\r\n" BEARER "\r\n", 404, NULL},
		{"case", "GET /V1/status HTTP/1.1\r\n" BEARER "\r\n", 404, NULL},
		{"the prefix itself", "PUT /v1/overrides/ HTTP/1.1\r\n" BEARER "\r\n", 404, NULL},
		{"without its slash", "PUT /v1/overrides HTTP/1.1\r\n" BEARER "\r\n", 404, NULL},
		{"method", "POST /v1/status HTTP/1.1\r\n" BEARER "\r\n", 405, "Allow: GET, HEAD\r\n"},
		{"method of two", "GET /v1/overrides/fra HTTP/1.1\r\n" BEARER "\r\n", 405,
		 "Allow: PUT, DELETE\r\n"},
		{"method below an open route", "POST /livez HTTP/1.1\r\n\r\n", 401, NULL},
		{"PATCH", "PATCH /v1/status HTTP/1.1\r\n" BEARER "\r\n", 405, "Connection: close\r\n"},
		{"OPTIONS", "OPTIONS /v1/status HTTP/1.1\r\n" BEARER "\r\n", 405, NULL},
		{"TRACE", "TRACE /v1/status HTTP/1.1\r\n" BEARER "\r\n", 405, NULL},
		{"a method nobody knows", "BREW /v1/status HTTP/1.1\r\n" BEARER "\r\n", 405, NULL},
		{"CONNECT", "CONNECT 127.0.0.1:80 HTTP/1.1\r\n" BEARER "\r\n", 400, "Connection: close\r\n"},
		{"a parameter", "GET /v1/explain?nmae=x HTTP/1.1\r\n" BEARER "\r\n", 400,
		 "unknown query parameter \\\"nmae\\\""},
		{"a parameter where none is", "GET /livez?x HTTP/1.1\r\n\r\n", 400, NULL},
	};
	check_rows(rows, ROWS(rows));
}

static void nothing_but_open_routes_goes_without_the_token(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"none", "GET /v1/status HTTP/1.1\r\n\r\n", 401, "WWW-Authenticate: Bearer\r\n"},
		{"wrong", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer s3creT\r\n\r\n", 401, NULL},
		{"shorter", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer s3cre\r\n\r\n", 401, NULL},
		{"longer", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer s3crets\r\n\r\n", 401, NULL},
		{"twice over", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer s3crets3cret\r\n\r\n", 401,
		 NULL},
		{"empty", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer \r\n\r\n", 401, NULL},
		{"scheme alone", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer\r\n\r\n", 401, NULL},
		{"another scheme", "GET /v1/status HTTP/1.1\r\nAuthorization: Basic s3cret\r\n\r\n", 401,
		 NULL},
		{"no scheme", "GET /v1/status HTTP/1.1\r\nAuthorization: s3cret\r\n\r\n", 401, NULL},
		{"two headers", "GET /v1/status HTTP/1.1\r\n" BEARER "Authorization: Bearer other\r\n\r\n",
		 400, NULL},
		{"in the query", "GET /v1/status?access_token=s3cret HTTP/1.1\r\n\r\n", 401, NULL},
		{"an unknown path", "GET /nothing HTTP/1.1\r\n\r\n", 401, NULL},
		{"a change", "POST /v1/reload HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 401, NULL},
		{"right", "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer s3cret\r\n\r\n", 200, NULL},
		{"right, by another name",
		 "GET /v1/status HTTP/1.1\r\naUTHORIZATION: bEARER   s3cret\r\n\r\n", 200, NULL},
		{"open", "GET /livez HTTP/1.1\r\n\r\n", 200, NULL},
		{"open, wrong", "GET /livez HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n", 200, NULL},
	};
	check_rows(rows, ROWS(rows));
}

static void doubtful_requests_are_refused(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"absolute form", "GET http://127.0.0.1/livez HTTP/1.1\r\n\r\n", 400, "target: not a path"},
		{"absolute form of a secret", "GET http://x/v1/status HTTP/1.1\r\n" BEARER "\r\n", 400, NULL},
		{"network path", "GET //x/livez HTTP/1.1\r\n\r\n", 400, NULL},
		{"asterisk", "OPTIONS * HTTP/1.1\r\n\r\n", 400, NULL},
		{"dot segments", "GET /v1/../livez HTTP/1.1\r\n\r\n", 400, "a dot segment"},
		{"encoded dots", "GET /v1/%2e%2e/livez HTTP/1.1\r\n\r\n", 400, NULL},
		{"an encoded slash", "PUT /v1/overrides/a%2fb HTTP/1.1\r\n" BEARER "\r\n", 400, NULL},
		{"an encoded NUL", "GET /livez%00 HTTP/1.1\r\n\r\n", 400, NULL},
		{"a space", "GET /li vez HTTP/1.1\r\n\r\n", 400, NULL},
		{"a fragment", "GET /livez#x HTTP/1.1\r\n\r\n", 400, NULL},
		{"no version", "GET /livez\r\n\r\n", 400, NULL},
		{"another version", "GET /livez HTTP/2.0\r\n\r\n", 400, NULL},
		{"no HTTP", "\026\003\001\r\n\r\n", 400, NULL},
		{"a header without a colon", "GET /livez HTTP/1.1\r\nX\r\n\r\n", 400, NULL},
		{"a blank in a header's name", "GET /livez HTTP/1.1\r\nContent-Length : 0\r\n\r\n", 400,
		 "a malformed header"},
		{"two lengths",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		 400, "Connection: close\r\n"},
		{"a length and chunks",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER
		 "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		 400, "Connection: close\r\n"},
		{"another encoding",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER "Transfer-Encoding: gzip\r\n\r\n{}", 400,
		 "Connection: close\r\n"},
		{"two encodings",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		 400, "Connection: close\r\n"},
		{"a negative length", "POST /v1/reload HTTP/1.1\r\n" BEARER "Content-Length: -2\r\n\r\n", 400,
		 NULL},
		{"no number", "POST /v1/reload HTTP/1.1\r\n" BEARER "Content-Length: 2x\r\n\r\n{}", 400,
		 NULL},
		{"a bad chunk",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER
		 "Transfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n",
		 413, NULL},
		{"HEAD with a body", "HEAD /livez HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 400,
		 "Connection: close\r\n"},
		{"a body that is no object",
		 "POST /v1/reload HTTP/1.1\r\n" BEARER "Content-Length: 2\r\n\r\n[]", 400,
		 "body:1:1: expected an object"},
		{"a bad body of a GET", "GET /livez HTTP/1.1\r\nContent-Length: 1\r\n\r\n{", 400,
		 "body:1:2: expected a string"},
	};
	check_rows(rows, ROWS(rows));
}

/* A request with a header, or a body, of `len` octets. */
static char *long_request(bool body, const char *target, size_t len)
{
	char *text = malloc(len + strlen(target) + 256), *at = text;
	if (body)
		at += sprintf(at, "POST %s HTTP/1.1\r\n" BEARER "Content-Length: %zu\r\n\r\n{", target, len);
	else
		at += sprintf(at, "GET %s HTTP/1.1\r\nX: ", target);
	memset(at, body ? ' ' : 'x', len);
	if (body)
		strcpy(at + len - 2, "}");
	else
		strcpy(at + len, "\r\n\r\n");
	return text;
}

static void what_is_too_long_is_refused(void **state)
{
	(void)state;
	static const struct {
		bool body;
		size_t len;
		int status;
	} rows[] = {
		{false, HTTP_HEADER_MAX - 256, 200}, {false, HTTP_HEADER_MAX, 400},  {false, 1000000, 400},
		{true, HTTP_BODY_MAX, 200},          {true, HTTP_BODY_MAX + 1, 413}, {true, 1000000, 413},
	};
	struct desk *d = desk_new();
	desk_open(d, NULL);
	for (size_t i = 0; i < ROWS(rows); i++) {
		char *request =
			long_request(rows[i].body, rows[i].body ? "/v1/reload" : "/livez", rows[i].len);
		struct client *c = ask(d, request);
		assert_int_equal(client_status(c), rows[i].status);
		client_free(c);
		free(request);
	}
	desk_free(d);
}

static void a_head_is_a_get_without_its_body(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *c = client_new(d);
	static const char requests[] = "HEAD /livez HTTP/1.1\r\n\r\nHEAD /v1/status HTTP/1.1\r\n\r\n"
				       "HEAD /livez HTTP/1.1\r\nConnection: close\r\n\r\n";
	client_say(d, c, requests, sizeof(requests) - 1);
	assert_true(client_hear_end(d, c));
	assert_int_equal(replies_in(c, false), 3);
	assert_int_equal(d->handled, 2);
	assert_non_null(strstr(c->in, "Content-Length: 6\r\n"));
	assert_non_null(strstr(c->in, "HTTP/1.1 401 "));
	assert_null(strstr(c->in, "alive"));
	assert_null(strstr(c->in, "error"));
	client_free(c);
	desk_free(d);
}

static void requests_are_counted_by_their_outcome(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	static const char *const requests[] = {"GET /livez HTTP/1.1\r\n\r\n", "GET /livez HTTP/1.1\r\n\r\n",
					       "GET /nothing HTTP/1.1\r\n\r\n",
					       "GET /v1/status HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n",
					       "GET /nothing HTTP/1.1\r\n" BEARER "\r\n"};
	for (size_t i = 0; i < ROWS(requests); i++)
		client_free(ask(d, requests[i]));
	struct http_counters counters = http_server_counters(d->server);
	assert_int_equal(counters.replies[2], 2);
	assert_int_equal(counters.replies[4], 3);
	assert_int_equal(counters.refused_tokens, 2);
	desk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_finds_its_route),
		cmocka_unit_test(what_no_route_names_is_refused),
		cmocka_unit_test(nothing_but_open_routes_goes_without_the_token),
		cmocka_unit_test(doubtful_requests_are_refused),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(a_head_is_a_get_without_its_body),
		cmocka_unit_test(requests_are_counted_by_their_outcome),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
