/* SPDX-License-Identifier: ISC */
/* Who is accepted, and when: beside many connections with something to say, and after a rest. */
#include "serve/tcp.h"
#include "serve/publish.h"
#include "serve/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/stage.h"

enum { CROWD = 100, LIMIT = 1000, AWAITED_TURNS = 400 };

struct scene {
	struct stage stage;
	struct publisher publisher;
	struct server server;
	struct tcp_limits limits;
	struct sockaddr_in at;
	struct tcp *tcp;
};

static int scene_open(void **state)
{
	static const struct stage_file files[] = {
		{"gslbd.conf", "zone example zone\n"},
		{"zone", "$TTL 30\n@ SOA ns1 hostmaster 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n"},
	};
	struct scene *s = mem_alloc_apart(sizeof(*s));
	socklen_t len = sizeof(s->at);
	stage_open(&s->stage, files, 2);
	s->publisher = (struct publisher){.n = 1, .hazards = mem_alloc_apart(sizeof(struct hazard))};
	atomic_store(&s->publisher.current, &s->stage.view);
	s->limits = (struct tcp_limits){LIMIT, 1 << 20, 30000, clients_new(LIMIT)};
	s->server = (struct server){event_base_new(),
				    &s->publisher,
				    s->publisher.hazards,
				    s->stage.responder,
				    mem_alloc(STREAM_INPUT_ROOM),
				    mem_alloc(STREAM_REPLIES_ROOM)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	s->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)&s->at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&s->at, &len), 0);
	assert_int_equal(listen(fd, LIMIT), 0);
	s->tcp = tcp_new(&s->server, fd, &s->limits, NULL);
	*state = s;
	return 0;
}

static int scene_close(void **state)
{
	struct scene *s = *state;
	tcp_free(s->tcp);
	event_base_free(s->server.base);
	clients_free(s->limits.clients);
	free(s->server.input);
	free(s->server.replies);
	free(s->publisher.hazards);
	stage_close(&s->stage);
	free(s);
	return 0;
}

static int come(const struct scene *s)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&s->at, sizeof(s->at)), 0);
	return fd;
}

static void ask(int fd)
{
	static const uint8_t query[] = "\0\x1d\0\1\0\0\0\1\0\0\0\0\0\0\3ns1\7example\0\0\1\0\1";
	assert_int_equal(send(fd, query, sizeof(query) - 1, MSG_NOSIGNAL), sizeof(query) - 1);
}

/* One turn of the loop, which does not wait. */
static void turn(const struct scene *s)
{
	event_base_loop(s->server.base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

/* Turns until there are so many connections; then until nothing happens any more. */
static void await(const struct scene *s, unsigned connections)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	for (int i = 0; i < AWAITED_TURNS && tcp_connections(s->tcp) != connections; i++) {
		turn(s);
		nanosleep(&moment, NULL);
	}
	assert_int_equal(tcp_connections(s->tcp), connections);
	turn(s);
	turn(s);
}

/* All of the crowd has more to say than is heard in a turn, and comes first. */
static void who_comes_behind_a_crowd_is_accepted_in_the_same_turn(void **state)
{
	const struct scene *s = *state;
	int crowd[CROWD];
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = come(s);
		await(s, (unsigned)i + 1);
	}
	for (int i = 0; i < CROWD; i++)
		ask(crowd[i]);
	int late = come(s);
	turn(s);
	assert_int_equal(tcp_connections(s->tcp), CROWD + 1);
	close(late);
	for (int i = 0; i < CROWD; i++)
		close(crowd[i]);
	await(s, 0);
}

/* No descriptor is left, so accepting rests; and is taken up again. */
static void accepting_goes_on_after_a_rest(void **state)
{
	const struct scene *s = *state;
	struct rlimit whole, none;
	int first = come(s), second = come(s);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &whole), 0);
	none = (struct rlimit){(rlim_t)first, whole.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn(s);
	assert_int_equal(tcp_connections(s->tcp), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &whole), 0);
	turn(s);
	assert_int_equal(tcp_connections(s->tcp), 0); /* it rests */
	await(s, 2);
	close(first);
	close(second);
	await(s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_comes_behind_a_crowd_is_accepted_in_the_same_turn,
						scene_open, scene_close),
		cmocka_unit_test_setup_teardown(accepting_goes_on_after_a_rest, scene_open, scene_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
