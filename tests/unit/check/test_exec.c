/* SPDX-License-Identifier: ISC */
/* The exec check, with real programs: scripts that each test writes. */
#include "scripts.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

/* The result of one run of the script. */
static struct check_result run_once(const char *script, uint32_t timeout_ms)
{
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	check.timeout_ms = timeout_ms;
	write_script(script);
	schedule_add(lb->schedule, 0, &target);
	assert_true(loopback_wait(lb, 0, 1));
	struct check_result result = lb->heard[0].last;
	loopback_free(lb);
	return result;
}

static void the_end_of_a_program_is_the_verdict(void **state)
{
	(void)state;
	static const struct {
		const char *name, *script, *why; /* NULL: it is well */
	} cases[] = {
		{"silent success", "exit 0", NULL},
		{"success with words", "echo all is well; echo indeed >&2", NULL},
		{"failure without a word", "exit 3", "exit status 3"},
		{"failure with words", "echo disk is full; echo more; exit 1", "exit status 1: disk is full"},
		{"on stderr", "echo no route >&2; exit 255", "exit status 255: no route"},
		{"the first line that says something", "printf '\\n  \\n\\t a b \\r\\nc'; exit 1",
		 "exit status 1: a b"},
		{"not fit to print", "printf 'a\\033[31mb\\000\\377\\n'; exit 1", "exit status 1: a?[31mb??"},
		{"longer than 80 characters", "printf '%0200d' 0; exit 1",
		 "exit status 1: 0000000000000000000000000000000000000000"
		 "0000000000000000000000000000000000000000"},
		{"more than is kept", "head -c 500000 /dev/zero | tr '\\0' x >&2; exit 0", NULL},
		{"a signal", "kill -TERM $$", "killed by signal 15"},
		{"stdin is at its end", "read line && exit 1; exit 0", NULL},
		{"no descriptor of ours", "[ ! -e /proc/$$/fd/500 ]", NULL},
		{"as many descriptors as are given", "[ $(ulimit -Sn) = 600 ] && [ $(ulimit -Hn) -gt 600 ]",
		 NULL},
		{"no signal is blocked", "grep -q '^SigBlk:.0*$' /proc/self/status", NULL},
		{"no signal is ignored", "grep -q '^SigIgn:.0*$' /proc/self/status", NULL},
		{"outputs closed before the end", "exec >&- 2>&-; sleep 0.1; exit 7", "exit status 7"},
	};
	sigset_t some, before;
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	assert_int_equal(dup2(STDERR_FILENO, 500), 500); /* what a careless library leaves open */
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &some, &before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_result result = run_once(cases[i].script, 10000);
		if (result.ok != (cases[i].why == NULL))
			fail_msg("%s: %s", cases[i].name, result.why);
		assert_string_equal(result.why, cases[i].why != NULL ? cases[i].why : "");
		assert_int_equal(result.weight_percent, 100);
		assert_false(result.silent || result.ours);
		if (result.ok)
			assert_in_range(result.latency_us, 1, 9999999);
	}
	close(500);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void a_program_is_told_its_target(void **state)
{
	(void)state;
	static const struct {
		const char *address, *arguments, *environment;
	} cases[] = {
		{"192.0.2.1:80", "-v 192.0.2.1 80", "192.0.2.1 80 probe"},
		{"[2001:db8::1]:443", "-v 2001:db8::1 443", "2001:db8::1 443 probe"},
		{"192.0.2.1", "-v 192.0.2.1", "192.0.2.1 none probe"},
	};
	write_script("echo \"$*|$GSLBD_ADDRESS ${GSLBD_PORT-none} $GSLBD_CHECK|\""
		     "$(env -0 | tr -cd '\\0' | wc -c); exit 1");
	setenv("GSLBD_SECRET", "of this process", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct loopback *lb = loopback_new();
		struct check check = exec_check_of("probe", "-v");
		struct target target = target_of(&check, cases[i].address);
		char why[128];
		schedule_add(lb->schedule, 0, &target);
		assert_true(loopback_wait(lb, 0, 1));
		/* three or four of ours, and PWD, OLDPWD and _ of the shell */
		const char *words = strrchr(lb->heard[0].last.why, '|');
		snprintf(why, sizeof(why), "exit status 1: %s|%s|", cases[i].arguments, cases[i].environment);
		assert_memory_equal(lb->heard[0].last.why, why, strlen(why));
		assert_in_range(atoi(words + 1), 3, 7);
		loopback_free(lb);
	}
	unsetenv("GSLBD_SECRET");
	struct check_result result = run_once("env | grep -q GSLBD_SECRET && exit 1; exit 0", 10000);
	assert_true(result.ok);
}

static void what_hangs_is_killed_with_its_children(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	check.timeout_ms = 2000;
	write_script("echo $$ > parent; (trap '' TERM; sh -c 'echo $$ > child; exec sleep 1000'; :); :");
	uint64_t begin = now_ms();
	schedule_add(lb->schedule, 0, &target);
	assert_true(wait_pid(lb, "parent") && wait_pid(lb, "child"));
	assert_false(is_gone(pid_in("child")));
	assert_true(loopback_wait(lb, 0, 1));
	assert_in_range(now_ms() - begin, 1990, 10000);
	assert_string_equal(lb->heard[0].last.why, "timed out after 2 s");
	assert_true(lb->heard[0].last.silent);
	assert_true(wait_gone(lb, "parent") && wait_gone(lb, "child"));
	loopback_free(lb);
}

static void what_a_program_leaves_behind_ends_with_it(void **state)
{
	(void)state;
	/* both hold the pipe, one fills it, within what a program may print */
	static const char *const left[] = {"exec sleep 1000", "head -c 300000 /dev/zero; exec sleep 1000"};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		struct loopback *lb = loopback_new();
		struct check check = exec_check();
		struct target target = target_of(&check, "192.0.2.1:80");
		char script[192];
		check.timeout_ms = 60000;
		snprintf(script, sizeof(script),
			 "rm -f left; sh -c 'echo $$ > left; %s' & until [ -s left ]; do :; done", left[i]);
		write_script(script);
		schedule_add(lb->schedule, 0, &target);
		assert_true(loopback_wait(lb, 0, 1));
		assert_true(lb->heard[0].last.ok);
		assert_true(wait_gone(lb, "left"));
		loopback_free(lb);
	}
}

static void output_without_end_is_cut_off(void **state)
{
	(void)state;
	struct check_result result = run_once("echo $$ > endless; exec cat /dev/zero", 60000);
	assert_false(result.ok || result.silent);
	assert_string_equal(result.why, "printed more than 1 MiB");
	assert_true(is_gone(pid_in("endless")));
}

static void what_cannot_be_started_has_failed(void **state)
{
	(void)state;
	static const struct {
		const char *name, *why;
		bool ours;
	} cases[] = {
		{"missing", "can't start %s/missing: no such file or directory", false},
		{"secret", "can't start %s/secret: permission denied", false},
		{"lost", "can't start %s/lost: no such file or directory", false},
	};
	FILE *secret = fopen(path_of("secret"), "w"), *lost = fopen(path_of("lost"), "w");
	fputs("#!/nowhere/sh\n", lost);
	fchmod(fileno(lost), 0755);
	fchmod(fileno(secret), 0644);
	fclose(secret);
	fclose(lost);
	struct loopback *lb = loopback_new();
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check check = exec_check_of(cases[i].name, NULL);
		struct target target = target_of(&check, "192.0.2.1:80");
		char why[128];
		snprintf(why, sizeof(why), cases[i].why, folder);
		schedule_add(lb->schedule, i, &target);
		assert_int_equal(lb->heard[i].n, 0);
		assert_true(loopback_wait(lb, i, 1));
		assert_false(lb->heard[i].last.ok || lb->heard[i].last.silent);
		assert_int_equal(lb->heard[i].last.ours, cases[i].ours);
		assert_string_equal(lb->heard[i].last.why, why);
		schedule_remove(lb->schedule, i);
	}
	loopback_free(lb);
}

static void a_lack_of_descriptors_is_ours(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check check = exec_check();
	struct target target = target_of(&check, "192.0.2.1:80");
	struct rlimit limit, none;
	write_script("exit 0");
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	schedule_add(lb->schedule, 0, &target);
	bool heard = loopback_wait(lb, 0, 1);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_true(heard);
	assert_false(lb->heard[0].last.ok);
	assert_true(lb->heard[0].last.ours);
	assert_string_equal(lb->heard[0].last.why, "not checked, this machine's fault: too many open files");
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_program_is_the_verdict),
		cmocka_unit_test(a_program_is_told_its_target),
		cmocka_unit_test(what_hangs_is_killed_with_its_children),
		cmocka_unit_test(what_a_program_leaves_behind_ends_with_it),
		cmocka_unit_test(output_without_end_is_cut_off),
		cmocka_unit_test(what_cannot_be_started_has_failed),
		cmocka_unit_test(a_lack_of_descriptors_is_ours),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
