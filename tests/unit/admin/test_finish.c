/* SPDX-License-Identifier: ISC */
/* The server's end: what has been begun is finished, within a time, and nothing else is waited for. */
#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char livez[] = "GET /livez HTTP/1.1\r\n\r\n";
static const char large[] = "GET /large HTTP/1.1\r\n\r\n";

enum { LARGE_OCTETS = 32 << 20, SHORT_MS = 50 };

static void note_done(void *context)
{
	*(unsigned *)context += 1;
}

static bool turn_until_done(struct desk *d, const unsigned *done)
{
	uint64_t begin = now_ms();
	while (*done == 0 && now_ms() - begin < DEADLINE_MS)
		turn(d);
	return *done == 1;
}

/* Reads on, keeping nothing: how many octets came until the server closed. */
static size_t read_to_the_end(struct desk *d, struct client *c)
{
	size_t len = 0;
	for (uint64_t begin = now_ms(); !c->ended && now_ms() - begin < DEADLINE_MS; turn(d)) {
		c->len = 0;
		client_read(c);
		len += c->len;
	}
	return len;
}

static void connections_that_ask_nothing_are_not_waited_for(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	unsigned done = 0;
	desk_open(d, &(struct crowd_limits){.connections = 8, .timeout_ms = 10 * DEADLINE_MS});
	struct client *silent = client_new(d), *idle = ask(d, livez);
	http_server_finish(d->server, 10 * DEADLINE_MS, note_done, &done);
	assert_int_equal(done, 0); /* from the loop only */
	assert_true(turn_until_done(d, &done));
	client_free(silent);
	client_free(idle);
	desk_free(d);
}

static void close_it(void *context)
{
	desk_close(context);
}

static void what_came_just_before_is_answered(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *idle = ask(d, livez);
	idle->len = 0;
	send(idle->fd, livez, sizeof(livez) - 1, MSG_NOSIGNAL); /* which nobody has read */
	http_server_finish(d->server, 10 * DEADLINE_MS, close_it, d);
	assert_true(client_hear_end(d, idle));
	assert_int_equal(client_status(idle), 200);
	client_free(idle);
	desk_free(d);
}

static void what_has_begun_is_answered_first(void **state)
{
	(void)state;
	static const struct {
		const char *name, *before, *after;
	} rows[] = {
		{"half a line", "GET /liv", "ez HTTP/1.1\r\n\r\n"},
		{"whole lines", "GET /livez HTTP/1.1\r\nX: y\r\n", "\r\n"},
		{"half a body", "PUT /v1/overrides/a HTTP/1.1\r\n" BEARER "Content-Length: 2\r\n\r\n{", "}"},
		{"half of the second", "GET /livez HTTP/1.1\r\n\r\nGET /livez HTTP/1.1\r\n", "\r\n"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct desk *d = desk_new();
		unsigned done = 0;
		desk_open(d, NULL);
		struct client *c = client_new(d);
		print_message("  %s\n", rows[i].name);
		client_say(d, c, rows[i].before, strlen(rows[i].before));
		for (int turns = 0; turns < 5; turns++) /* it is accepted and read */
			turn(d);
		http_server_finish(d->server, 10 * DEADLINE_MS, note_done, &done);
		for (int turns = 0; turns < 20; turns++)
			turn(d);
		assert_int_equal(done, 0);
		assert_true(client_say(d, c, rows[i].after, strlen(rows[i].after)));
		assert_true(client_hear_end(d, c));
		assert_int_equal(client_status(c), 200);
		assert_non_null(strstr(c->in, "Connection: close\r\n"));
		assert_true(turn_until_done(d, &done));
		client_free(c);
		desk_free(d);
	}
}

/* A client whose long reply has begun. */
static struct client *ask_large(struct desk *d)
{
	struct client *c = client_new(d);
	client_say(d, c, large, sizeof(large) - 1);
	while (http_server_counters(d->server).replies[2] == 0)
		turn(d);
	return c;
}

static void a_long_reply_is_finished(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	unsigned done = 0;
	desk_open(d, NULL);
	struct client *c = ask_large(d);
	http_server_finish(d->server, 10 * DEADLINE_MS, note_done, &done);
	for (int turns = 0; turns < 20; turns++)
		turn(d);
	assert_int_equal(done, 0);
	size_t len = 0;
	for (uint64_t begin = now_ms(); done == 0 && now_ms() - begin < DEADLINE_MS; turn(d)) {
		c->len = 0;
		client_read(c);
		len += c->len;
	}
	assert_int_equal(done, 1);
	desk_close(d);
	assert_true(len + read_to_the_end(d, c) > LARGE_OCTETS);
	client_free(c);
	desk_free(d);
}

static void who_does_not_read_is_given_up(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	unsigned done = 0;
	desk_open(d, NULL);
	struct client *c = ask_large(d);
	http_server_finish(d->server, SHORT_MS, note_done, &done);
	assert_true(turn_until_done(d, &done));
	client_free(c);
	desk_free(d);
}

/* They are the successor's on the same socket, or nobody's. */
static void no_more_connections_are_taken(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	unsigned done = 0;
	desk_open(d, &(struct crowd_limits){.connections = 8, .timeout_ms = 10 * DEADLINE_MS});
	struct client *begun = client_new(d);
	client_say(d, begun, "GET", 3);
	for (int turns = 0; turns < 5; turns++)
		turn(d);
	http_server_finish(d->server, 10 * DEADLINE_MS, note_done, &done);
	struct client *late = client_new(d);
	send(late->fd, livez, sizeof(livez) - 1, MSG_NOSIGNAL);
	for (uint64_t begin = now_ms(); now_ms() - begin < 1200;) /* its clock has come round */
		turn(d);
	client_read(late);
	assert_int_equal(late->len, 0);
	assert_int_equal(http_server_counters(d->server).replies[2], 0);
	client_free(late);
	client_free(begun);
	desk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_that_ask_nothing_are_not_waited_for),
		cmocka_unit_test(what_came_just_before_is_answered),
		cmocka_unit_test(what_has_begun_is_answered_first),
		cmocka_unit_test(a_long_reply_is_finished),
		cmocka_unit_test(who_does_not_read_is_given_up),
		cmocka_unit_test(no_more_connections_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
