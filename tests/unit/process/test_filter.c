/* SPDX-License-Identifier: ISC */
/* What filters let through: each call is made in a child, which the filter may end. */
#include "process/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Each returns 0, or an errno. */
static int a_file(void)
{
	return open("/dev/null", O_RDONLY) < 0 ? errno : 0;
}

static int a_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static void *nothing(void *argument)
{
	return argument;
}

static int a_thread(void)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, nothing, NULL);
}

static int memory(void)
{
	for (int i = 0; i < 100; i++)
		free(malloc((size_t)1 << (i % 28)));
	return 0;
}

static int code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int a_program(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int a_space(void)
{
	return unshare(CLONE_VFORK) < 0 ? errno
					: 0; /* there is none of that kind: EINVAL, if it came so far */
}

static int a_debugger(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0;
}

/* How a child ends that makes the call under the filter: its exit status, or minus a signal. */
static int end_of(enum filter_kind kind, int (*call)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct filter *filter = filter_new(kind);
		if (filter == NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !filter_apply(filter))
			_exit(99);
		_exit(call());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_each_kind_lets_through(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int (*call)(void);
		int expected[3]; /* FILTER_WORKER, FILTER_CONTROL, FILTER_PROGRAMS */
	} rows[] = {
		{"a file", a_file, {EPERM, 0, 0}},
		{"a socket", a_socket, {EPERM, 0, 0}},
		{"a thread", a_thread, {EPERM, 0, 0}},
		{"memory", memory, {0, 0, 0}},
		{"code", code, {EPERM, 0, 0}},
		{"a program", a_program, {-SIGSYS, -SIGSYS, 0}},
		{"a name space", a_space, {EPERM, EPERM, EINVAL}},
		{"a debugger", a_debugger, {EPERM, EPERM, EPERM}},
	};
	if (!filter_possible())
		skip();
	for (size_t i = 0; i < N(rows); i++) {
		for (int kind = FILTER_WORKER; kind <= FILTER_PROGRAMS; kind++) {
			int got = end_of((enum filter_kind)kind, rows[i].call);
			if (got != rows[i].expected[kind])
				fail_msg("%s, kind %d: expected %d, got %d", rows[i].name, kind,
					 rows[i].expected[kind], got);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_each_kind_lets_through)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
