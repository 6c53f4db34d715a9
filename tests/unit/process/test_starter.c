/* SPDX-License-Identifier: ISC */
/* What becomes of successors that do not come up, and that nobody waits for them without end. */
#include "process/starter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 60000, SHORT_MS = 200, FOREVER_MS = INT32_MAX };

/* Starts this script without a socket, so that it says on descriptor 4 how it is. */
static struct starter *begin(const char *script, unsigned wait_ms, unsigned end_ms, char *argv[4])
{
	const char *const words[] = {"sh", "-c", script, NULL};
	memcpy(argv, words, sizeof(words));
	const struct starter_program program = {
		.argv = argv, .descriptors = 256, .wait_ms = wait_ms, .end_ms = end_ms};
	struct starter *s = starter_new(&program);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_non_null(s);
	assert_true(starter_begin(s, NULL, 0, &(struct starter_files){file, file, file}));
	close(file);
	return s;
}

static void who_does_not_come_up_is_no_more_and_the_reason_is_told(void **state)
{
	(void)state;
	/* who ends by itself has all the time that it takes */
	static const struct {
		const char *script;
		unsigned wait_ms, end_ms;
		const char *why;
	} rows[] = {
		{"printf Freason >&4; exit 3", FOREVER_MS, FOREVER_MS,
		 "the new process ended with status 3 before it was ready: reason"},
		{"exit 7", FOREVER_MS, FOREVER_MS,
		 "the new process ended with status 7 before it was ready; its log says why"},
		{"kill -9 $$", FOREVER_MS, FOREVER_MS,
		 "the new process was ended by signal 9; its log says why"},
		{"printf Freason >&4; exec sleep 1000", FOREVER_MS, SHORT_MS,
		 "the new process failed, and had to be ended: reason"},
		{"trap '' TERM; printf Freason >&4; exec sleep 1000", FOREVER_MS, SHORT_MS,
		 "the new process failed, and had to be ended: reason"},
		{"exec 4>&-; exec sleep 1000", FOREVER_MS, SHORT_MS,
		 "the new process failed, and had to be ended; its log says why"},
		{"exec sleep 1000", SHORT_MS, FOREVER_MS,
		 "the new process was not ready after 0 s, and was killed"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *argv[4];
		const char *why;
		print_message("  %s\n", rows[i].script);
		struct starter *s = begin(rows[i].script, rows[i].wait_ms, rows[i].end_ms, argv);
		struct pollfd end = {.fd = starter_fd(s), .events = POLLIN};
		assert_int_equal(poll(&end, 1, DEADLINE_MS), 1);
		assert_int_equal(starter_take(s, &why), 0);
		assert_string_equal(why, rows[i].why);
		starter_free(s);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* there is none any more */
	}
}

static void who_is_ready_is_left_alone(void **state)
{
	(void)state;
	char *argv[4];
	const char *why;
	int status;
	struct starter *s = begin("printf R >&4; exec sleep 1000", FOREVER_MS, FOREVER_MS, argv);
	struct pollfd end = {.fd = starter_fd(s), .events = POLLIN};
	assert_int_equal(poll(&end, 1, DEADLINE_MS), 1);
	pid_t pid = starter_take(s, &why);
	assert_true(pid > 0);
	starter_free(s);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void the_end_waits_for_nobody(void **state)
{
	(void)state;
	static const char *const scripts[] = {"trap '' TERM; printf Freason >&4; exec sleep 1000",
					      "trap '' TERM; exec sleep 1000"};
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *argv[4];
		int status;
		starter_free(begin(scripts[i], FOREVER_MS, FOREVER_MS, argv));
		while (waitpid(-1, &status, 0) > 0)
			assert_true(WIFSIGNALED(status));
	}
}

/* The only child of this process. */
static pid_t child(void)
{
	char path[64], text[32] = "";
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(got > 0);
	return atoi(text);
}

static void a_starter_that_is_killed_is_told(void **state)
{
	(void)state;
	char *argv[4];
	const char *why;
	struct starter *s = begin("exec sleep 1000", FOREVER_MS, FOREVER_MS, argv);
	struct pollfd end = {.fd = starter_fd(s), .events = POLLIN};
	kill(child(), SIGKILL);
	assert_int_equal(poll(&end, 1, DEADLINE_MS), 1);
	assert_int_equal(starter_take(s, &why), -1);
	assert_string_equal(why, "the process that starts another has ended");
	starter_free(s);
	/* the script, if it was begun already, is this process's now */
	for (pid_t pid; waitpid(-1, NULL, WNOHANG) == 0 && (pid = child()) > 0;) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static void a_starter_that_hangs_does_not_hold_the_end_up(void **state)
{
	(void)state;
	char *argv[] = {"true", NULL};
	const struct starter_program program = {
		.argv = argv, .descriptors = 256, .wait_ms = FOREVER_MS, .end_ms = SHORT_MS};
	struct starter *s = starter_new(&program);
	assert_non_null(s);
	kill(child(), SIGSTOP);
	starter_free(s);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* it is no more */
}

/* Says how many sockets it was given, and whether the last of them is one and nothing is behind the verdict.
 */
static const char counts[] = "test -S /proc/self/fd/$((2 + LISTEN_FDS)) || exit 1\n"
			     "test ! -e /proc/self/fd/$((7 + LISTEN_FDS)) || exit 2\n"
			     "test $GSLBD_UPGRADE = $((3 + LISTEN_FDS)) || exit 3\n"
			     "exit $((LISTEN_FDS / 10))";

/* The server has raised its limit before it has a starter. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void more_sockets_than_a_packet_takes_are_handed_on(void **state)
{
	(void)state;
	enum { SOCKETS = 600 };
	raise_descriptors();
	char script[512], *argv[] = {"sh", "-c", script, NULL};
	int sockets[SOCKETS], file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const char *why;
	const struct starter_program program = {
		.argv = argv, .descriptors = 2048, .wait_ms = DEADLINE_MS, .end_ms = DEADLINE_MS};
	snprintf(script, sizeof(script), "%s", counts);
	struct starter *s = starter_new(&program);
	struct pollfd end = {.fd = starter_fd(s), .events = POLLIN};
	sockets[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 1; i < SOCKETS; i++)
		sockets[i] = sockets[0];
	assert_true(starter_begin(s, sockets, SOCKETS, &(struct starter_files){file, file, file}));
	assert_int_equal(poll(&end, 1, DEADLINE_MS), 1);
	assert_int_equal(starter_take(s, &why), 0);
	assert_string_equal(why,
			    "the new process ended with status 60 before it was ready; its log says why");
	starter_free(s);
	close(sockets[0]);
	close(file);
}

int main(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* what outlives its starter is this process's */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_come_up_is_no_more_and_the_reason_is_told),
		cmocka_unit_test(who_is_ready_is_left_alone),
		cmocka_unit_test(the_end_waits_for_nobody),
		cmocka_unit_test(a_starter_that_is_killed_is_told),
		cmocka_unit_test(a_starter_that_hangs_does_not_hold_the_end_up),
		cmocka_unit_test(more_sockets_than_a_packet_takes_are_handed_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
