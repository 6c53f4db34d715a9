/* SPDX-License-Identifier: ISC */
/* When targets are polled, and what may change while they are. */
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>

static const struct script well = {.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
static const struct script mute = {.say = "", .then = THEN_HOLD};

static void add(struct loopback *lb, uint32_t id, const struct server *s, const struct check *check)
{
	schedule_add(lb->schedule, id, &(struct target){s->address, check});
}

static void the_interval_holds_from_start_to_start(void **state)
{
	(void)state;
	/* Replies take 80 of the 100 ms: intervals from end to start would come to 180 ms each. */
	const struct script slow = {.say = "HTTP/1.1 200", .rest = " OK\r\n\r\n", .pause_ms = 80};
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &slow);
	struct check check = http_check();
	check.interval_ms = 100;
	uint64_t begin = now_ms();
	add(lb, 0, s, &check);
	assert_true(loopback_wait(lb, 0, 21));
	/* the second comes at most an interval after the first, 19 more within 90..110 ms each */
	assert_in_range(now_ms() - begin, 19 * 90, 2900);
	server_free(s);
	loopback_free(lb);
}

static bool any_has(const struct loopback *lb, uint32_t targets, unsigned n)
{
	bool found = false;
	for (uint32_t i = 0; i < targets; i++)
		found |= lb->heard[i].n >= n;
	return found;
}

static void checks_of_what_is_known_never_come_together(void **state)
{
	(void)state;
	enum { TARGETS = 16, INTERVAL_MS = 300 };
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well);
	struct check check = http_check();
	check.interval_ms = INTERVAL_MS;
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < TARGETS; i++)
		schedule_add_known(lb->schedule, i, &(struct target){s->address, &check});
	while (!any_has(lb, TARGETS, 3))
		event_base_loop(lb->base, EVLOOP_ONCE);
	assert_true(now_ms() - begin >= 2 * (INTERVAL_MS - INTERVAL_MS / 10) - 2);
	server_free(s);
	loopback_free(lb);
}

static void a_check_as_long_as_its_interval_goes_on(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &mute);
	struct check check = http_check();
	check.interval_ms = check.timeout_ms = 60;
	uint64_t begin = now_ms();
	add(lb, 0, s, &check);
	assert_true(loopback_wait(lb, 0, 10));
	assert_in_range(now_ms() - begin, 590, 9000); /* never two at a time */
	server_free(s);
	loopback_free(lb);
}

static void a_slow_target_does_not_delay_another(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *slow = server_new(lb, "127.0.0.1", &mute), *fast = server_new(lb, "127.0.0.1", &well);
	struct check slow_check = http_check(), fast_check = http_check();
	fast_check.interval_ms = 20;
	add(lb, 0, slow, &slow_check);
	add(lb, 1, fast, &fast_check);
	assert_true(loopback_wait(lb, 1, 10));
	assert_true(lb->heard[1].last.ok);
	assert_int_equal(lb->heard[0].n, 0);
	server_free(slow);
	server_free(fast);
	loopback_free(lb);
}

static void what_was_added_together_is_spread(void **state)
{
	(void)state;
	enum { TARGETS = 200 };
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well);
	struct check check = http_check();
	check.interval_ms = 2000;
	for (uint32_t i = 0; i < TARGETS; i++)
		add(lb, i, s, &check);
	for (uint32_t i = 0; i < TARGETS; i++)
		assert_true(loopback_wait(lb, i, 1)); /* all at once: no interval has passed */
	unsigned seconds = 0;
	loopback_run(lb, 400);
	for (uint32_t i = 0; i < TARGETS; i++)
		seconds += lb->heard[i].n - 1;
	assert_in_range(seconds, TARGETS / 20, TARGETS * 3 / 4);
	server_free(s);
	loopback_free(lb);
}

static void the_removed_is_polled_no_more(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well), *silent = server_new(lb, "127.0.0.1", &mute);
	struct check check = http_check();
	check.interval_ms = 10;
	add(lb, 0, s, &check);
	add(lb, 1, s, &check);
	add(lb, 2, silent, &check);
	assert_true(loopback_wait(lb, 0, 3));
	schedule_remove(lb->schedule, 0);
	schedule_remove(lb->schedule, 2); /* it is under way */
	schedule_remove(lb->schedule, 2);
	schedule_remove(lb->schedule, 77777); /* never was */
	unsigned n = lb->heard[0].n;
	assert_true(loopback_wait(lb, 1, lb->heard[1].n + 10));
	assert_int_equal(lb->heard[0].n, n);
	assert_int_equal(lb->heard[2].n, 0);
	add(lb, 0, s, &check); /* the id is free again */
	assert_true(loopback_wait(lb, 0, n + 2));
	server_free(s);
	server_free(silent);
	loopback_free(lb);
}

static void the_queued_may_be_removed(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well);
	struct check check = http_check();
	add(lb, 0, s, &check);
	add(lb, 1, s, &check);
	schedule_remove(lb->schedule, 0);
	assert_true(loopback_wait(lb, 1, 1));
	assert_int_equal(lb->heard[0].n, 0);
	assert_int_equal(s->accepted, 1);
	server_free(s);
	loopback_free(lb);
}

static const struct check rebound_check = {.name = "test",
					   .kind = CHECK_HTTP,
					   .interval_ms = 20,
					   .timeout_ms = 5000,
					   .path = "/health",
					   .body = "ok",
					   .body_limit = 65536,
					   .expect.n = 1,
					   .expect.list = &status_2xx};

static void a_check_may_move_to_other_memory(void **state)
{
	(void)state;
	const struct script half = {.say = "HTTP/1.1 200 OK\r\n\r\nall o", .rest = "k", .pause_ms = 30};
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &half);
	struct check *check = malloc(sizeof(*check));
	char *body = strdup("ok");
	*check = rebound_check;
	check->body = body;
	add(lb, 0, s, check);
	uint64_t deadline = now_ms() + 10000;
	while (s->visitors == NULL && now_ms() < deadline)
		event_base_loop(lb->base, EVLOOP_ONCE);
	assert_non_null(s->visitors); /* under way */
	schedule_rebind(lb->schedule, 0, &rebound_check);
	schedule_rebind(lb->schedule, 9, &rebound_check);
	free(body);
	free(check);
	assert_true(loopback_wait(lb, 0, 3));
	assert_true(lb->heard[0].last.ok);
	server_free(s);
	loopback_free(lb);
}

static struct target successor;

/* Each result ends its own target and the one before, and begins another. */
static void replace(struct loopback *lb, uint32_t id)
{
	schedule_remove(lb->schedule, id);
	if (id > 0)
		schedule_remove(lb->schedule, id - 1);
	if (id + 100 < 1000)
		schedule_add(lb->schedule, id + 100, &successor);
}

static void results_may_add_and_remove(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well);
	struct check check = http_check();
	successor = (struct target){s->address, &check};
	lb->also = replace;
	for (uint32_t i = 0; i < 100; i++)
		add(lb, i, s, &check);
	assert_true(loopback_wait(lb, 999, 1));
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(lb->heard[i].n, 0, 1);
	server_free(s);
	loopback_free(lb);
}

static void a_schedule_may_end_with_checks_in_every_state(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &mute), *good = server_new(lb, "127.0.0.1", &well);
	struct check http = http_check(), tcp = http_check();
	tcp.kind = CHECK_TCP;
	for (uint32_t i = 0; i < 300; i += 3) {
		add(lb, i, s, &http);
		add(lb, i + 1, good, &http);
		add(lb, i + 2, s, &tcp);
	}
	assert_true(loopback_wait(lb, 1, 1)); /* others are queued, under way or done */
	schedule_free(lb->schedule);
	lb->schedule = NULL;
	unsigned n = lb->heard[1].n;
	loopback_run(lb, 20);
	assert_int_equal(lb->heard[1].n, n);
	server_free(s);
	server_free(good);
	loopback_free(lb);
}

/* With room for ten at a time, forty checks that time out take four turns, and each still has its whole
 * timeout. */
static void more_than_may_be_under_way_wait_in_turn(void **state)
{
	(void)state;
	struct rlimit limit, few;
	getrlimit(RLIMIT_NOFILE, &limit);
	few = limit;
	few.rlim_cur = 20;
	setrlimit(RLIMIT_NOFILE, &few);
	struct loopback *lb = loopback_new();
	setrlimit(RLIMIT_NOFILE, &limit);
	struct server *s = server_new(lb, "127.0.0.1", &mute);
	struct check check = http_check();
	check.timeout_ms = 100;
	check.interval_ms = 20000;
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < 40; i++)
		add(lb, i, s, &check);
	assert_true(loopback_wait(lb, 0, 1));
	assert_in_range(s->accepted, 1, 20);
	assert_true(loopback_wait(lb, 39, 1));
	assert_in_range(now_ms() - begin, 396, 8000);
	for (uint32_t i = 0; i < 40; i++)
		assert_string_equal(lb->heard[i].last.why,
				    "timed out after 100 ms while waiting for the reply");
	server_free(s);
	loopback_free(lb);
}

static void a_thousand_targets_are_all_well(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &well);
	struct check check = http_check();
	check.interval_ms = 1500;
	for (uint32_t i = 0; i < 1000; i++)
		add(lb, i, s, &check);
	for (unsigned n = 1; n <= 2; n++) {
		for (uint32_t i = 0; i < 1000; i++) {
			assert_true(loopback_wait(lb, i, n));
			if (!lb->heard[i].last.ok)
				fail_msg("%u: %s", i, lb->heard[i].last.why);
		}
	}
	server_free(s);
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_holds_from_start_to_start),
		cmocka_unit_test(a_check_as_long_as_its_interval_goes_on),
		cmocka_unit_test(a_slow_target_does_not_delay_another),
		cmocka_unit_test(checks_of_what_is_known_never_come_together),
		cmocka_unit_test(what_was_added_together_is_spread),
		cmocka_unit_test(the_removed_is_polled_no_more),
		cmocka_unit_test(the_queued_may_be_removed),
		cmocka_unit_test(a_check_may_move_to_other_memory),
		cmocka_unit_test(results_may_add_and_remove),
		cmocka_unit_test(a_schedule_may_end_with_checks_in_every_state),
		cmocka_unit_test(more_than_may_be_under_way_wait_in_turn),
		cmocka_unit_test(a_thousand_targets_are_all_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
