/* SPDX-License-Identifier: ISC */
/* How much memory is left by which limit, and when a task that takes it is to end. */
#include "base/room.h"
#include "support/folder.h"

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

/* A file of a machine that is made up. */
struct said {
	const char *path, *text;
};

enum { SAID_MAX = 6 };

#define MEMINFO                                                                                            \
	"MemFree: 1 kB\nMemAvailable: 3000 kB\nSwapFree: 1000 kB\nCommitLimit: 900 kB\nCommitted_AS: 600 " \
	"kB\n"

/* What is left by these files, which are gone again after. */
static struct room left_by(const struct said *said)
{
	struct folder root;
	folder_make(&root);
	for (; said->path != NULL; said++) {
		char path[FOLDER_PATH_ROOM];
		folder_path(&root, said->path, path);
		for (char *at = path + sizeof("/tmp/"); (at = strchr(at, '/')) != NULL; *at++ = '/') {
			*at = '\0';
			mkdir(path, 0700);
		}
		folder_write(&root, said->path, said->text);
	}
	struct room room = room_left_by(root.path);
	folder_remove(&root);
	return room;
}

static void the_least_of_all_limits_is_left(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct said files[SAID_MAX];
		uint64_t octets;
		const char *by;
	} rows[] = {
		{"nothing can be read", {{0}}, UINT64_MAX, "nothing"},
		{"the machine",
		 {{"proc/meminfo", MEMINFO}, {"proc/sys/vm/overcommit_memory", "0\n"}},
		 4000 << 10,
		 "what this machine has"},
		{"strict overcommit",
		 {{"proc/meminfo", MEMINFO}, {"proc/sys/vm/overcommit_memory", "2\n"}},
		 300 << 10,
		 "vm.overcommit_memory=2 of this machine"},
		{"more is promised than there is",
		 {{"proc/meminfo", "CommitLimit: 9 kB\nCommitted_AS: 10 kB\n"},
		  {"proc/sys/vm/overcommit_memory", "2\n"}},
		 0,
		 "vm.overcommit_memory=2 of this machine"},
		{"a group, of which files are given back",
		 {{"proc/self/cgroup", "0::/a/b\n"},
		  {"sys/fs/cgroup/a/b/memory.max", "1000\n"},
		  {"sys/fs/cgroup/a/b/memory.current", "700\n"},
		  {"sys/fs/cgroup/a/b/memory.stat", "anon 1\ninactive_file 200\nactive_file 100\n"}},
		 600,
		 "memory.max of its control group, or MemoryMax="},
		{"a group above it",
		 {{"proc/self/cgroup", "0::/a/b\n"},
		  {"sys/fs/cgroup/a/b/memory.max", "max\n"},
		  {"sys/fs/cgroup/a/b/memory.current", "700\n"},
		  {"sys/fs/cgroup/a/memory.max", "900\n"},
		  {"sys/fs/cgroup/a/memory.current", "800\n"}},
		 100,
		 "memory.max of its control group, or MemoryMax="},
		{"a group that may have nothing",
		 {{"proc/self/cgroup", "0::/a\n"},
		  {"sys/fs/cgroup/a/memory.max", "0\n"},
		  {"sys/fs/cgroup/a/memory.current", "1\n"}},
		 0,
		 "memory.max of its control group, or MemoryMax="},
		{"a group without swap",
		 {{"proc/meminfo", MEMINFO},
		  {"proc/self/cgroup", "0::/a\n"},
		  {"sys/fs/cgroup/a/memory.swap.max", "0\n"},
		  {"sys/fs/cgroup/a/memory.swap.current", "0\n"}},
		 3000 << 10,
		 "what this machine has"},
		{"a group with some swap, part of it taken",
		 {{"proc/meminfo", MEMINFO},
		  {"proc/self/cgroup", "0::/a\n"},
		  {"sys/fs/cgroup/a/memory.swap.max", "4096\n"},
		  {"sys/fs/cgroup/a/memory.swap.current", "1024\n"}},
		 (3000 << 10) + 3072,
		 "what this machine has"},
		{"a group of version 1",
		 {{"proc/self/cgroup", "12:pids:/x\n4:memory:/a\n1:name=systemd:/x\n0::/x\n"},
		  {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "5000\n"},
		  {"sys/fs/cgroup/memory/a/memory.usage_in_bytes", "4000\n"},
		  {"sys/fs/cgroup/memory/a/memory.stat",
		   "inactive_file 7\ntotal_inactive_file 20\ntotal_active_file 3\n"}},
		 1023,
		 "memory.limit_in_bytes of its control group"},
		{"a container of version 1, which has another name outside",
		 {{"proc/self/cgroup", "4:memory:/docker/1234\n"},
		  {"sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n"},
		  {"sys/fs/cgroup/memory/memory.usage_in_bytes", "4000\n"}},
		 1000,
		 "memory.limit_in_bytes of its control group"},
		{"version 1, memory and swap together",
		 {{"proc/self/cgroup", "4:memory:/\n"},
		  {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
		  {"sys/fs/cgroup/memory/memory.usage_in_bytes", "4000\n"},
		  {"sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "5000\n"},
		  {"sys/fs/cgroup/memory/memory.memsw.usage_in_bytes", "4500\n"}},
		 500,
		 "memory.memsw.limit_in_bytes of its control group"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct room room = left_by(rows[i].files);
		print_message("  %s\n", rows[i].name);
		assert_int_equal(room.octets, rows[i].octets);
		assert_string_equal(room.by, rows[i].by);
	}
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
		cmocka_unit_test(the_least_of_all_limits_is_left),
		cmocka_unit_test(a_piece_needs_as_much_again_up_to_what_is_kept),
		cmocka_unit_test(a_task_goes_on_as_long_as_there_is_room),
		cmocka_unit_test(a_task_that_has_taken_most_of_it_ends_for_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
