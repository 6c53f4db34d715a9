/* SPDX-License-Identifier: ISC */
/* Which listens are opened: all that are given, and of those that stand for none given, what the machine has;
 * and what is said where the kernel holds something back. */
#include "serve/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static const struct cookie_secret secret;

static bool filter(const struct sock_filter *code, unsigned short n)
{
	const struct sock_fprog program = {n, (struct sock_filter *)(uintptr_t)code};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Makes this process live on a machine without a family: its sockets can't be had. */
static bool lose_family(unsigned family)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, family, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	return filter(code, N(code));
}

/* Which listens two workers open, as `4` and `6`, and what is wrong. */
static void open_once(bool given, char *out, size_t room)
{
	static const struct endpoint listens[] = {{.addr.family = FAMILY_V4}, {.addr.family = FAMILY_V6}};
	const struct config config = {.listens = listens, .n_listens = N(listens), .listens_given = given};
	struct faults faults = {0};
	FILE *text = fmemopen(out, room, "w");
	struct workers *workers = workers_open(&config, 2, NULL, &secret, &faults);
	for (size_t i = 0; workers != NULL && i < N(listens); i++) {
		if (workers_port(workers, i) != 0)
			fputc(i == 0 ? '4' : '6', text);
	}
	for (size_t i = 0; i < faults.n; i++)
		fprintf(text, "%s%s: %s", faults.list[i].warning ? " warning: " : " ", faults.list[i].file,
			faults.list[i].text);
	fclose(text);
	if (workers != NULL)
		workers_stop(workers);
	faults_free(&faults);
}

/* A port that is free for UDP may be taken for TCP by another test's connection: then on to the next. */
static void open_all(bool given, char *out, size_t room)
{
	for (int i = 0; i < 20; i++) {
		memset(out, 0, room);
		open_once(given, out, room);
		if (strstr(out, "another program") == NULL)
			return;
	}
}

static void a_family_that_the_machine_lacks(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned families[2];
		bool given;
		const char *expected;
	} rows[] = {
		{"no IPv6, not asked for",
		 {AF_INET6},
		 false,
		 "4 warning: listen ::: skipped, as this machine has no IPv6"},
		{"no IPv4, not asked for",
		 {AF_INET},
		 false,
		 "6 warning: listen 0.0.0.0: skipped, as this machine has no IPv4"},
		{"no IPv6, asked for",
		 {AF_INET6},
		 true,
		 " listen ::: Address family not supported by protocol"},
		{"neither",
		 {AF_INET6, AF_INET},
		 false,
		 " warning: listen 0.0.0.0: skipped, as this machine has no IPv4"
		 " warning: listen ::: skipped, as this machine has no IPv6"
		 " listen: this machine has neither IPv4 nor IPv6"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		int pipe_fds[2], status;
		char got[512] = "";
		assert_int_equal(pipe(pipe_fds), 0);
		pid_t child = fork();
		if (child == 0) {
			for (size_t k = 0; k < 2 && rows[i].families[k] != 0; k++) {
				if (!lose_family(rows[i].families[k]))
					_exit(77);
			}
			open_all(rows[i].given, got, sizeof(got));
			_exit(write(pipe_fds[1], got, sizeof(got)) == sizeof(got) ? 0 : 1);
		}
		close(pipe_fds[1]);
		ssize_t len = read(pipe_fds[0], got, sizeof(got));
		close(pipe_fds[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip(); /* no seccomp here */
		assert_int_equal(status, 0);
		assert_int_equal(len, sizeof(got));
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s\nexpected: %s\ngot: %s", rows[i].name, rows[i].expected, got);
	}
}

/* Makes a socket option fail with EPERM in this process. */
static bool lose_option(unsigned option)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setsockopt, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, option, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	return filter(code, N(code));
}

/* Opens a worker for the first CPU that may be used, without those options, and ends with 0 if it could. */
static void open_without(const unsigned *options, size_t n, int log)
{
	static const struct endpoint listen = {.addr = {FAMILY_V4, {127, 0, 0, 1}}};
	cpu_set_t usable;
	unsigned short cpu = 0;
	sched_getaffinity(0, sizeof(usable), &usable);
	while (!CPU_ISSET(cpu, &usable))
		cpu++;
	const struct number_range range = {cpu, cpu};
	const struct config config = {
		.listens = &listen, .n_listens = 1, .listens_given = true, .cpus = {1, &range}};
	struct faults faults = {0};
	dup2(log, STDERR_FILENO);
	for (size_t i = 0; i < n; i++) {
		if (!lose_option(options[i]))
			_exit(77);
	}
	bool opened = false;
	for (int i = 0; i < 20 && !opened; i++) /* see open_all() */
		opened = workers_open(&config, 1, NULL, &secret, &faults) != NULL;
	_exit(opened ? 0 : 1);
}

static void what_the_kernel_holds_back_is_told_and_served_without(void **state)
{
	(void)state;
	static const struct {
		unsigned options[2];
		size_t n;
		const char *says;
	} rows[] = {
		{{SO_RCVBUFFORCE, SO_RCVBUF}, 2, "so bursts of queries may be lost: raise net.core.rmem_max"},
		{{SO_ATTACH_REUSEPORT_CBPF},
		 1,
		 "queries are not handed to the worker of the CPU that receives them: Operation not "
		 "permitted"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		int fds[2], status;
		char log[1024] = "";
		assert_int_equal(pipe(fds), 0);
		pid_t child = fork();
		if (child == 0)
			open_without(rows[i].options, rows[i].n, fds[1]);
		close(fds[1]);
		assert_true(read(fds[0], log, sizeof(log) - 1) >= 0);
		close(fds[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip(); /* no seccomp here */
		assert_int_equal(status, 0);
		if (strstr(log, rows[i].says) == NULL)
			fail_msg("expected: %s\ngot: %s", rows[i].says, log);
	}
}

static void both_families_are_opened(void **state)
{
	(void)state;
	char got[512] = "";
	int v6 = socket(AF_INET6, SOCK_DGRAM, 0);
	if (v6 < 0)
		skip();
	close(v6);
	open_all(true, got, sizeof(got));
	assert_string_equal(got, "46");
	open_all(false, got, sizeof(got));
	assert_string_equal(got, "46");
}

/* Whether workers come round is what the watchdog of a service manager depends on. */
static void workers_that_come_round_are_alive(void **state)
{
	(void)state;
	static const struct endpoint listens[] = {{.addr = {FAMILY_V4, {127, 0, 0, 1}}}};
	const struct config config = {.listens = listens, .n_listens = 1, .listens_given = true};
	struct faults faults = {0};
	struct workers *workers = NULL;
	for (int i = 0; workers == NULL && i < 20; i++) /* as open_all() */
		workers = workers_open(&config, 2, NULL, &secret, &faults);
	assert_non_null(workers);
	assert_true(workers_alive(workers)); /* nothing was asked yet */
	assert_false(workers_alive(workers));
	assert_true(workers_start(workers, &faults));
	int tries = 0;
	while (!workers_alive(workers) && tries++ < 1000)
		usleep(10000);
	assert_true(tries < 1000);
	workers_stop(workers);
	faults_free(&faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_that_the_machine_lacks),
		cmocka_unit_test(what_the_kernel_holds_back_is_told_and_served_without),
		cmocka_unit_test(both_families_are_opened),
		cmocka_unit_test(workers_that_come_round_are_alive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
