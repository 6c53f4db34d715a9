/* SPDX-License-Identifier: ISC */
/* Programs for exec checks: a script that the test writes into a folder of its own. */
#ifndef TEST_CHECK_SCRIPTS_H
#define TEST_CHECK_SCRIPTS_H

#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <cmocka.h>

/* A folder with a script of each test, and what scripts write there. */
static char folder[] = "/tmp/gslbd-exec-XXXXXX";

static inline const char *path_of(const char *name)
{
	static char path[2][128];
	static unsigned turn;
	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static inline void write_script(const char *text)
{
	FILE *file = fopen(path_of("new"), "w");
	fprintf(file, "#!/bin/sh\ncd %s || exit 99\n%s\n", folder, text);
	assert_int_equal(fchmod(fileno(file), 0755), 0);
	fclose(file);
	assert_int_equal(rename(path_of("new"), path_of("probe")), 0);
}

static inline struct check exec_check_of(const char *name, const char *argument)
{
	static char program[128];
	static const char *command[2] = {program};
	struct check check = http_check();
	snprintf(program, sizeof(program), "%s/%s", folder, name);
	command[1] = argument;
	check.name = "probe";
	check.kind = CHECK_EXEC;
	check.command.n = argument != NULL ? 2 : 1;
	check.command.list = command;
	return check;
}

static inline struct check exec_check(void)
{
	return exec_check_of("probe", NULL);
}

static inline struct target target_of(const struct check *check, const char *address)
{
	struct target target = {.check = check};
	if (!endpoint_parse(address, strlen(address), &target.address))
		abort();
	return target;
}

/* The first number in a file of the folder, 0 while there is none. */
static inline pid_t pid_in(const char *name)
{
	int pid = 0;
	FILE *file = fopen(path_of(name), "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%d\n", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

/* Nothing but a zombie at most, which its heir is yet to reap. */
static inline bool is_gone(pid_t pid)
{
	char path[64], state = 'X';
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return true;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	fclose(file);
	return state == 'Z' || state == 'X';
}

/* Both run the loop until it is so; false if that takes ten seconds. */
static inline bool wait_pid(struct loopback *lb, const char *name)
{
	uint64_t deadline = now_ms() + 10000;
	while (pid_in(name) == 0 && now_ms() < deadline)
		event_base_loop(lb->base, EVLOOP_ONCE);
	return pid_in(name) != 0;
}

static inline bool wait_gone(struct loopback *lb, const char *name)
{
	uint64_t deadline = now_ms() + 10000;
	pid_t pid = pid_in(name);
	while (!is_gone(pid) && now_ms() < deadline)
		event_base_loop(lb->base, EVLOOP_ONCE);
	return pid != 0 && is_gone(pid);
}

static inline int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state)
{
	static const char *const names[] = {"probe", "parent", "child",   "left",    "endless",    "secret",
					    "lost",  "go",     "started", "removed", "grandchild", "moved"};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

#endif
