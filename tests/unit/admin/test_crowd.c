/* SPDX-License-Identifier: ISC */
/* Many connections, slow ones, and those that close in between. */
#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>

enum { CROWD = 1000, ROOM = 64 };

static const char livez[] = "GET /livez HTTP/1.1\r\n\r\n";

/* So many clients that say nothing, or the beginning of a request. */
static struct client **crowd_of_clients(struct desk *d, unsigned n, const char *text)
{
	struct client **clients = calloc(n, sizeof(*clients));
	for (unsigned i = 0; i < n; i++) {
		clients[i] = client_new(d);
		if (text != NULL)
			send(clients[i]->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
		turn(d);
	}
	return clients;
}

static void crowd_leave(struct client **clients, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		client_free(clients[i]);
	free(clients);
}

static unsigned n_open(struct client **clients, unsigned n)
{
	unsigned open = 0;
	for (unsigned i = 0; i < n; i++) {
		client_read(clients[i]);
		open += !clients[i]->ended;
	}
	return open;
}

static void idle_connections_keep_nobody_out(void **state)
{
	(void)state;
	static const char *const texts[] = {NULL, "GET /livez HT",
					    "PUT /v1/overrides/fra HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct desk *d = desk_new();
		desk_open(d, NULL);
		struct client **clients = crowd_of_clients(d, CROWD, texts[i]);
		struct client *c = ask(d, livez);
		assert_int_equal(client_status(c), 200);
		assert_int_equal(n_open(clients, CROWD), ROOM - 1);
		for (unsigned k = CROWD - ROOM + 1; k < CROWD; k++)
			assert_false(clients[k]->ended);
		assert_int_equal(http_server_counters(d->server).connections.crowded_out, CROWD + 1 - ROOM);
		client_free(c);
		crowd_leave(clients, CROWD);
		desk_free(d);
	}
}

/* All of them come between two turns of the loop, and the request that matters before the most of them. */
static void a_request_that_has_come_is_read_before_it_can_be_crowded_out(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *c = client_new(d), *clients[ROOM + 32];
	send(c->fd, livez, sizeof(livez) - 1, MSG_NOSIGNAL);
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		clients[i] = client_new(d);
	assert_true(client_hear(d, c, 1));
	for (size_t i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		client_free(clients[i]);
	client_free(c);
	desk_free(d);
}

static void one_that_asks_is_not_the_longest_idle(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct client **crowds[20];
	desk_open(d, NULL);
	struct client *c = client_new(d);
	for (unsigned n = 1; n <= 20; n++) {
		assert_true(client_say(d, c, livez, sizeof(livez) - 1));
		assert_true(client_hear(d, c, n));
		crowds[n - 1] = crowd_of_clients(d, 10, NULL);
	}
	for (unsigned n = 0; n < 20; n++)
		crowd_leave(crowds[n], 10);
	client_free(c);
	desk_free(d);
}

static void those_that_have_gone_take_no_room(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *first = client_new(d);
	for (unsigned n = 0; n < 2 * ROOM; n++)
		client_free(ask(d, "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n"));
	assert_true(client_say(d, first, livez, sizeof(livez) - 1));
	assert_true(client_hear(d, first, 1));
	assert_int_equal(http_server_counters(d->server).connections.crowded_out, 0);
	client_free(first);
	desk_free(d);
}

static void idle_and_slow_connections_are_closed_in_time(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, &(struct crowd_limits){.connections = ROOM, .timeout_ms = 300});
	struct client **idle = crowd_of_clients(d, 10, NULL);
	struct client *slow = client_new(d), *kept = client_new(d);
	uint64_t begin = now_ms();
	client_say(d, slow, "GET /livez HTTP/1.1\r\nX: ", 24);
	client_say(d, kept, livez, sizeof(livez) - 1);
	assert_true(client_hear(d, kept, 1));
	for (uint64_t said = begin; !slow->ended && now_ms() - begin < DEADLINE_MS; client_read(slow)) {
		if (now_ms() - said >= 10) {
			client_say(d, slow, "x", 1);
			said = now_ms();
		}
		turn(d);
	}
	assert_in_range(now_ms() - begin, 299, DEADLINE_MS - 1);
	assert_true(client_hear_end(d, kept));
	for (unsigned i = 0; i < 10; i++)
		assert_true(client_hear_end(d, idle[i]));
	assert_int_equal(slow->len, 0);
	assert_int_equal(http_server_counters(d->server).connections.timed_out, 12);
	client_free(slow);
	client_free(kept);
	crowd_leave(idle, 10);
	desk_free(d);
}

static void one_that_reads_nothing_is_closed_in_time(void **state)
{
	(void)state;
	static const char large[] = "GET /large HTTP/1.1\r\n\r\n";
	struct desk *d = desk_new();
	desk_open(d, &(struct crowd_limits){.connections = ROOM, .timeout_ms = 300});
	struct client *c = client_new(d);
	uint64_t begin = now_ms();
	send(c->fd, large, sizeof(large) - 1, MSG_NOSIGNAL);
	while (http_server_counters(d->server).connections.timed_out == 0 && now_ms() - begin < DEADLINE_MS)
		turn(d);
	assert_int_equal(http_server_counters(d->server).replies[2], 1);
	assert_int_equal(http_server_counters(d->server).connections.timed_out, 1);
	client_free(c);
	desk_free(d);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *c = client_new(d);
	char requests[8192] = "";
	for (unsigned i = 0; i < 20; i++)
		sprintf(requests + strlen(requests),
			"PUT /v1/overrides/n%u HTTP/1.1\r\n" BEARER "Content-Length: 2\r\n\r\n{}", i);
	client_say(d, c, requests, strlen(requests));
	assert_true(client_hear(d, c, 20));
	const char *at = c->in;
	for (unsigned i = 0; i < 20; i++) {
		char rest[32];
		sprintf(rest, "\"rest\":\"n%u\"", i);
		at = strstr(at, rest);
		assert_non_null(at);
	}
	assert_int_equal(d->handled, 20);
	client_free(c);
	desk_free(d);
}

static void one_that_has_said_all_is_still_answered(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	struct client *c = client_new(d);
	send(c->fd, livez, sizeof(livez) - 1, MSG_NOSIGNAL);
	shutdown(c->fd, SHUT_WR);
	assert_true(client_hear(d, c, 1));
	assert_int_equal(client_status(c), 200);
	assert_true(client_hear_end(d, c));
	client_free(c);
	desk_free(d);
}

static void close_is_honoured(void **state)
{
	(void)state;
	static const struct {
		const char *request;
		bool ended;
	} rows[] = {
		{"GET /livez HTTP/1.1\r\n\r\n", false},
		{"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", true},
		{"GET /livez HTTP/1.0\r\n\r\n", true},
		{"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
	};
	struct desk *d = desk_new();
	desk_open(d, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char requests[128];
		struct client *c = client_new(d);
		snprintf(requests, sizeof(requests), "%s%s", rows[i].request, livez);
		client_say(d, c, requests, strlen(requests));
		if (rows[i].ended)
			assert_true(client_hear_end(d, c));
		else
			assert_true(client_hear(d, c, 2));
		assert_int_equal(replies_in(c, true), rows[i].ended ? 1 : 2);
		client_free(c);
	}
	desk_free(d);
}

/* At any octet: for ASan, and for what a closed connection leaves behind. */
static void clients_may_go_at_any_moment(void **state)
{
	(void)state;
	static const char request[] = "PUT /v1/overrides/a HTTP/1.1\r\n" BEARER "Content-Length: 2\r\n\r\n{}";
	struct desk *d = desk_new();
	desk_open(d, &(struct crowd_limits){.connections = 4, .timeout_ms = 10000});
	for (size_t len = 0; len < sizeof(request); len++) {
		struct client *c = client_new(d);
		struct linger reset = {.l_onoff = 1};
		client_say(d, c, request, len);
		if (len % 2 == 0)
			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		client_free(c);
		turn(d);
	}
	struct client *c = ask(d, livez);
	assert_int_equal(client_status(c), 200);
	client_free(c);
	struct client **clients = crowd_of_clients(d, 4, "GET /li");
	desk_close(d);
	assert_int_equal(n_open(clients, 4), 0);
	crowd_leave(clients, 4);
	desk_free(d);
}

static void a_lack_of_descriptors_is_survived(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct rlimit limit, none;
	desk_open(d, NULL);
	struct client *c = client_new(d);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	client_say(d, c, livez, sizeof(livez) - 1);
	unsigned turns = 0;
	for (uint64_t begin = now_ms(); now_ms() - begin < 100; turns++)
		turn(d);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_in_range(turns, 1, 1000); /* waiting, not trying again and again */
	assert_true(client_hear(d, c, 1));
	client_free(c);
	desk_free(d);
}

static int status_of(struct desk *d, const char *request)
{
	struct client *c = ask(d, request);
	int status = client_status(c);
	client_free(c);
	return status;
}

static void replies_that_nobody_takes_are_bounded(void **state)
{
	(void)state;
	enum { SLOW = 6 };
	static const char large[] = "GET /large HTTP/1.1\r\n\r\n";
	static const char asked[] = "GET /v1/status HTTP/1.1\r\n" BEARER "\r\n";
	static const char change[] = "POST /v1/reload HTTP/1.1\r\n" BEARER "Content-Length: 0\r\n\r\n";
	struct desk *d = desk_new();
	desk_open(d, &(struct crowd_limits){.connections = ROOM, .timeout_ms = 10 * DEADLINE_MS});
	struct client **slow = crowd_of_clients(d, SLOW, large);
	while (http_server_counters(d->server).replies[2] < SLOW)
		turn(d);
	assert_int_equal(status_of(d, asked), 503);
	assert_int_equal(status_of(d, change), 503);
	assert_int_equal(status_of(d, livez), 200);
	crowd_leave(slow, SLOW);
	uint64_t begin = now_ms();
	while (status_of(d, asked) != 200 && now_ms() - begin < DEADLINE_MS)
		turn(d);
	assert_int_equal(status_of(d, change), 200);
	desk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_that_nobody_takes_are_bounded),
		cmocka_unit_test(idle_connections_keep_nobody_out),
		cmocka_unit_test(a_request_that_has_come_is_read_before_it_can_be_crowded_out),
		cmocka_unit_test(one_that_asks_is_not_the_longest_idle),
		cmocka_unit_test(those_that_have_gone_take_no_room),
		cmocka_unit_test(idle_and_slow_connections_are_closed_in_time),
		cmocka_unit_test(one_that_reads_nothing_is_closed_in_time),
		cmocka_unit_test(pipelined_requests_are_answered_in_order),
		cmocka_unit_test(one_that_has_said_all_is_still_answered),
		cmocka_unit_test(close_is_honoured),
		cmocka_unit_test(clients_may_go_at_any_moment),
		cmocka_unit_test(a_lack_of_descriptors_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
