/* SPDX-License-Identifier: ISC */
/* How much memory is left by which limit, and when a task that takes it is to end. */
#include "base/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a process of its own, whose data segment may become so large. */
static int left_with(rlim_t most, uint64_t least, uint64_t limit)
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		struct rlimit rlimit = {most, most};
		setrlimit(RLIMIT_DATA, &rlimit);
		struct room room = room_left();
		_exit(strcmp(room.by, "RLIMIT_DATA") == 0 && room.octets >= least && room.octets <= limit
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void the_process_limits_count(void **state)
{
	(void)state;
	assert_int_equal(left_with(1, 0, 0), 0);
	assert_int_equal(left_with(0, 0, 0), 0);
}

static void the_machine_always_has_an_end(void **state)
{
	(void)state;
	struct room room = room_left();
	assert_true(room.octets > 0 && room.octets < UINT64_MAX);
	assert_true(strlen(room.by) > 0);
}

static void a_piece_needs_as_much_again_up_to_what_is_kept(void **state)
{
	(void)state;
	static const struct {
		uint64_t left, octets;
		bool fits;
	} rows[] = {{20, 10, true},
		    {19, 10, false},
		    {0, 0, true},
		    {2 * (uint64_t)ROOM_KEPT, ROOM_KEPT, true},
		    {5 * (uint64_t)ROOM_KEPT, 4 * (uint64_t)ROOM_KEPT, true},
		    {5 * (uint64_t)ROOM_KEPT - 1, 4 * (uint64_t)ROOM_KEPT, false},
		    {UINT64_MAX, UINT32_MAX, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct room room = {.octets = rows[i].left};
		assert_int_equal(room_for(&room, rows[i].octets), rows[i].fits);
	}
}

static void a_task_goes_on_as_long_as_there_is_room(void **state)
{
	(void)state;
	struct room_watch watch = {.last = room_left()};
	uint64_t before = watch.last.octets;
	assert_true(room_suffices(&watch, ROOM_STEPS - 1, before));
	assert_int_equal(watch.unseen, ROOM_STEPS - 1);
	assert_true(room_suffices(&watch, 1, before));
	assert_int_equal(watch.unseen, 0);
}

static void a_task_that_has_taken_most_of_it_ends_for_good(void **state)
{
	(void)state;
	struct room_watch watch = {.last = room_left()};
	uint64_t before = watch.last.octets * 3; /* two thirds of that are taken */
	assert_true(room_suffices(&watch, ROOM_STEPS - 1, before));
	assert_false(room_suffices(&watch, 1, before));
	assert_true(watch.short_of);
	assert_false(room_suffices(&watch, 0, watch.last.octets));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_process_limits_count),
		cmocka_unit_test(the_machine_always_has_an_end),
		cmocka_unit_test(a_piece_needs_as_much_again_up_to_what_is_kept),
		cmocka_unit_test(a_task_goes_on_as_long_as_there_is_room),
		cmocka_unit_test(a_task_that_has_taken_most_of_it_ends_for_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
