/* SPDX-License-Identifier: ISC */
/* The tcp check, and failures that all kinds share. */
#include "loopback.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <cmocka.h>

static struct check tcp_check(void)
{
	struct check check = http_check();
	check.kind = CHECK_TCP;
	return check;
}

static void what_accepts_is_well(void **state)
{
	(void)state;
	static const char *const ips[] = {"127.0.0.1", "::1"};
	struct check check = tcp_check();
	for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
		struct loopback *lb = loopback_new();
		struct server *s = server_new(lb, ips[i], &(struct script){.say = "", .then = THEN_HOLD});
		if (s != NULL) {
			schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
			assert_true(loopback_wait(lb, 0, 1));
			assert_true(lb->heard[0].last.ok);
			assert_in_range(lb->heard[0].last.latency_us, 1, 4999999);
			server_free(s);
		}
		loopback_free(lb);
	}
}

static void a_closed_port_refuses_both_kinds(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct endpoint nobody = closed_port(lb);
	struct check checks[] = {tcp_check(), http_check()};
	for (uint32_t i = 0; i < 2; i++) {
		schedule_add(lb->schedule, i, &(struct target){nobody, &checks[i]});
		assert_true(loopback_wait(lb, i, 1));
		assert_false(lb->heard[i].last.ok);
		assert_string_equal(lb->heard[i].last.why, "connection refused");
		assert_false(lb->heard[i].last.silent || lb->heard[i].last.ours);
	}
	loopback_free(lb);
}

/* A listener whose backlog is full lets further connections wait. */
static int deaf_listener(struct endpoint *address, int *fillers, size_t n)
{
	struct sockaddr_storage sa;
	addr_parse("127.0.0.1", 9, &address->addr);
	address->port = 0;
	socklen_t len = endpoint_to_sockaddr(address, &sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	endpoint_from_sockaddr((struct sockaddr *)&sa, address);
	for (size_t i = 0; i < n; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&sa, len);
	}
	return fd;
}

static void a_connection_that_waits_times_out(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct check checks[] = {tcp_check(), http_check()};
	struct endpoint address;
	int fillers[4];
	int deaf = deaf_listener(&address, fillers, 4);
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\n\r\n"});
	for (uint32_t i = 0; i < 2; i++) /* the handles have connected before, and must have forgotten it */
		schedule_add(lb->schedule, 2 + i, &(struct target){s->address, &checks[i]});
	assert_true(loopback_wait(lb, 2, 1) && loopback_wait(lb, 3, 1));
	server_free(s);
	uint64_t begin = now_ms();
	for (uint32_t i = 0; i < 2; i++) {
		*(i == 0 ? &checks[i].connect_timeout_ms : &checks[i].timeout_ms) = 250;
		schedule_add(lb->schedule, i, &(struct target){address, &checks[i]});
	}
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(loopback_wait(lb, i, 1));
		assert_in_range(now_ms() - begin, 249, 5000);
		assert_string_equal(lb->heard[i].last.why, "timed out after 250 ms while connecting");
		assert_true(lb->heard[i].last.silent);
	}
	for (size_t i = 0; i < 4; i++)
		close(fillers[i]);
	close(deaf);
	loopback_free(lb);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void no_check_leaves_a_descriptor_behind(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\n\r\n"});
	struct check checks[] = {tcp_check(), http_check()};
	checks[0].interval_ms = checks[1].interval_ms = 4;
	unsigned before = 0;
	for (uint32_t i = 0; i < 2; i++)
		schedule_add(lb->schedule, i, &(struct target){s->address, &checks[i]});
	for (unsigned n = 5; n <= 100; n += 95) {
		assert_true(loopback_wait(lb, 0, n));
		assert_true(loopback_wait(lb, 1, n));
		before = before ? before : open_descriptors();
	}
	assert_in_range(open_descriptors(), 0, before + 10);
	server_free(s);
	loopback_free(lb);
}

static void a_lack_of_descriptors_is_said_to_be_ours(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\n\r\n"});
	struct check checks[] = {tcp_check(), http_check()};
	checks[0].interval_ms = checks[1].interval_ms = 30;
	schedule_add(lb->schedule, 0, &(struct target){s->address, &checks[0]});
	schedule_add(lb->schedule, 1, &(struct target){s->address, &checks[1]});
	assert_true(loopback_wait(lb, 0, 1) && loopback_wait(lb, 1, 1)); /* libcurl has all it needs by now */

	struct rlimit limit, none;
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	unsigned n[2] = {lb->heard[0].n, lb->heard[1].n};
	bool heard = loopback_wait(lb, 0, n[0] + 2) && loopback_wait(lb, 1, n[1] + 2);
	struct check_result short_of[2] = {lb->heard[0].last, lb->heard[1].last};
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_true(heard);
	for (int i = 0; i < 2; i++) {
		assert_false(short_of[i].ok || short_of[i].silent);
		assert_true(short_of[i].ours);
		assert_string_equal(short_of[i].why,
				    "not checked, this machine's fault: too many open files");
	}
	assert_true(loopback_wait(lb, 0, lb->heard[0].n + 2));
	assert_true(lb->heard[0].last.ok);
	server_free(s);
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_accepts_is_well),
		cmocka_unit_test(a_closed_port_refuses_both_kinds),
		cmocka_unit_test(a_connection_that_waits_times_out),
		cmocka_unit_test(no_check_leaves_a_descriptor_behind),
		cmocka_unit_test(a_lack_of_descriptors_is_said_to_be_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
