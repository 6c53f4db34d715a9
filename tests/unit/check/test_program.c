/* SPDX-License-Identifier: ISC */
/* Programs of exec checks under way: how many, and what may change meanwhile. */
#include "scripts.h"

#include <errno.h>
#include <signal.h>

/* Each counts itself in and, once told to go on, out; none may be more than 64 together. */
static void at_most_64_run_at_once(void **state)
{
	(void)state;
	enum { PROGRAMS = 100 };
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	check.timeout_ms = 60000;
	check.interval_ms = 86400000; /* nobody's turn comes again */
	write_script("echo >> started; n=0; until [ -e go ] || [ $((n += 1)) = 1000 ]; do sleep 0.05; done");
	for (uint32_t i = 0; i < PROGRAMS; i++)
		schedule_add(lb->schedule, i, &target);
	struct stat started = {0};
	uint64_t deadline = now_ms() + 20000;
	while (started.st_size < 64 && now_ms() < deadline) {
		event_base_loop(lb->base, EVLOOP_ONCE);
		stat(path_of("started"), &started);
	}
	loopback_run(lb, 200); /* more would start now */
	stat(path_of("started"), &started);
	assert_int_equal(started.st_size, 64);
	fclose(fopen(path_of("go"), "w"));
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		assert_true(loopback_wait(lb, i, 1));
		assert_true(lb->heard[i].last.ok);
	}
	stat(path_of("started"), &started);
	assert_int_equal(started.st_size, PROGRAMS);
	loopback_free(lb);
}

static void the_queue_does_not_count_towards_the_timeout(void **state)
{
	(void)state;
	enum { PROGRAMS = 160 };
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	check.timeout_ms = 300;
	check.interval_ms = 86400000;
	write_script("exec sleep 1000");
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < PROGRAMS; i++)
		schedule_add(lb->schedule, i, &target);
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		assert_true(loopback_wait(lb, i, 1));
		assert_string_equal(lb->heard[i].last.why, "timed out after 300 ms");
	}
	assert_in_range(now_ms() - begin, 890, 20000); /* three turns */
	loopback_free(lb);
}

static void programs_do_not_hold_transfers_up(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\n\r\n"});
	struct check check = exec_check(), http = http_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	check.timeout_ms = 60000;
	write_script("exec sleep 1000");
	for (uint32_t i = 0; i < 80; i++)
		schedule_add(lb->schedule, i, &target);
	schedule_add(lb->schedule, 100, &(struct target){s->address, &http});
	assert_true(loopback_wait(lb, 100, 1));
	assert_true(lb->heard[100].last.ok);
	assert_int_equal(lb->heard[0].n, 0);
	server_free(s);
	loopback_free(lb);
}

static void the_removed_are_killed(void **state)
{
	(void)state;
	static const char *const script =
		"echo $$ > removed; sh -c 'echo $$ > grandchild; exec sleep 1000'; :";
	for (int by_free = 0; by_free < 2; by_free++) {
		struct loopback *lb = loopback_new();
		struct check check = exec_check();
		struct target target = target_of(&check, "192.0.2.1:80");
		unlink(path_of("removed"));
		unlink(path_of("grandchild"));
		write_script(script);
		schedule_add(lb->schedule, 0, &target);
		assert_true(wait_pid(lb, "removed") && wait_pid(lb, "grandchild"));
		schedule_remove(lb->schedule, by_free ? 1 : 0);
		pid_t pid = pid_in("removed");
		if (by_free) {
			schedule_free(lb->schedule);
			lb->schedule = NULL;
			assert_int_equal(kill(pid, 0), -1); /* reaped, too */
			assert_int_equal(errno, ESRCH);
		}
		assert_true(wait_gone(lb, "removed") && wait_gone(lb, "grandchild"));
		uint64_t deadline = now_ms() + 10000;
		while (kill(pid, 0) == 0 && now_ms() < deadline)
			event_base_loop(lb->base, EVLOOP_ONCE);
		assert_int_equal(kill(pid, 0), -1);
		assert_int_equal(lb->heard[0].n, 0);
		loopback_free(lb);
	}
}

static void a_check_may_move_while_its_program_runs(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check stays = exec_check(), *moves = malloc(sizeof(*moves));
	stays.timeout_ms = 1500;
	*moves = stays;
	struct target target = target_of(moves, "192.0.2.1:80");
	write_script("echo $$ > moved; exec sleep 1000");
	schedule_add(lb->schedule, 0, &target);
	assert_true(wait_pid(lb, "moved"));
	schedule_rebind(lb->schedule, 0, &stays);
	free(moves);
	assert_true(loopback_wait(lb, 0, 1));
	assert_string_equal(lb->heard[0].last.why, "timed out after 1500 ms");
	loopback_free(lb);
}

static struct target again;

static void start_over(struct loopback *lb, uint32_t id)
{
	schedule_remove(lb->schedule, id);
	if (id + 1 < 30)
		schedule_add(lb->schedule, id + 1, &again);
}

static void results_may_add_and_remove_programs(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	again = target_of(&check, "192.0.2.1:80");
	write_script("exit 5");
	lb->also = start_over;
	schedule_add(lb->schedule, 0, &again);
	assert_true(loopback_wait(lb, 29, 1));
	assert_string_equal(lb->heard[29].last.why, "exit status 5");
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_most_64_run_at_once),
		cmocka_unit_test(the_queue_does_not_count_towards_the_timeout),
		cmocka_unit_test(programs_do_not_hold_transfers_up),
		cmocka_unit_test(the_removed_are_killed),
		cmocka_unit_test(a_check_may_move_while_its_program_runs),
		cmocka_unit_test(results_may_add_and_remove_programs),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
