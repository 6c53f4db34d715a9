/* SPDX-License-Identifier: ISC */
/* The grpc check, against gRPC's own implementation and against HTTP/2 that is no gRPC (grpc_server.py). */
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <cmocka.h>

/* The server of all tests, and a folder with its key and certificate. */
static struct {
	pid_t pid;
	int in; /* its stdin: it ends with this process, come what may */
	unsigned plain, tls, raw;
	char folder[32];
	char key[64], certificate[64];
} server;

static bool make_certificate(void)
{
	char line[512];
	strcpy(server.folder, "/tmp/gslbd-grpc-XXXXXX");
	if (mkdtemp(server.folder) == NULL)
		return false;
	snprintf(server.key, sizeof(server.key), "%s/key.pem", server.folder);
	snprintf(server.certificate, sizeof(server.certificate), "%s/certificate.pem", server.folder);
	snprintf(
		line, sizeof(line),
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test "
		"-addext subjectAltName=DNS:grpc.test,IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
		server.key, server.certificate);
	return system(line) == 0;
}

static int start_server(void **state)
{
	int in[2], out[2];
	(void)state;
	if (!make_certificate() || pipe(in) != 0 || pipe(out) != 0)
		return -1;
	server.pid = fork();
	if (server.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execl("/usr/bin/python3", "python3", SOURCE_DIR "/tests/unit/check/grpc_server.py",
		      server.key, server.certificate, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server.in = in[1];
	FILE *says = fdopen(out[0], "r");
	int n = fscanf(says, "%u %u %u", &server.plain, &server.tls, &server.raw);
	fclose(says);
	return n != 3;
}

static int stop_server(void **state)
{
	(void)state;
	if (server.pid > 0) {
		kill(server.pid, SIGKILL);
		waitpid(server.pid, NULL, 0);
		close(server.in);
	}
	unlink(server.key);
	unlink(server.certificate);
	rmdir(server.folder);
	return 0;
}

static void need_grpcio(void)
{
	if (server.plain != 0)
		return;
	print_message("skipped: python3-grpcio is not installed\n");
	skip();
}

static struct check grpc_check(const char *service)
{
	struct check check = http_check();
	check.kind = CHECK_GRPC;
	check.timeout_ms = 10000;
	check.verify = true;
	check.service = service;
	return check;
}

static struct endpoint at_port(unsigned port)
{
	struct endpoint address = {.port = (uint16_t)port};
	addr_parse("127.0.0.1", 9, &address.addr);
	return address;
}

static struct check_result run_once(const struct check *check, unsigned port)
{
	struct loopback *lb = loopback_new();
	schedule_add(lb->schedule, 0, &(struct target){at_port(port), check});
	assert_true(loopback_wait(lb, 0, 1));
	struct check_result result = lb->heard[0].last;
	loopback_free(lb);
	return result;
}

static void assert_result(const char *name, const struct check_result *result, const char *why)
{
	if (result->ok != (why == NULL) || strcmp(result->why, why != NULL ? why : "") != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", name, result->why, why != NULL ? why : "");
	if (result->ok)
		assert_in_range(result->latency_us, 1, 9999999);
	assert_int_equal(result->weight_percent, 100);
}

static const char long_name[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static void what_a_service_says_is_the_verdict(void **state)
{
	(void)state;
	static const struct {
		const char *service, *why; /* NULL: the server as a whole; it is well */
	} cases[] = {
		{NULL, NULL},
		{"", NULL},
		{"up", NULL},
		{long_name, NULL},
		{"extra", NULL},
		{"down", "status NOT_SERVING"},
		{"zero", "status UNKNOWN"},
		{"gone", "status SERVICE_UNKNOWN"},
		{"later", "status 7"},
		{"negative", "status -1"},
		{"nobody", "grpc-status 5 (not found): unknown service"},
		{"denied", "grpc-status 7 (permission denied): 100% no"},
		{"wordless", "grpc-status 12 (unimplemented)"},
		{"verbose", "grpc-status 14 (unavailable): zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
			    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"},
		{"junk", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"text", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"long", "not a gRPC reply: its body is longer than 4 KiB"},
	};
	need_grpcio();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check check = grpc_check(cases[i].service);
		for (int tls = 0; tls < 2; tls++) {
			check.tls = tls;
			check.ca_file = server.certificate;
			struct check_result result = run_once(&check, tls ? server.tls : server.plain);
			assert_result(cases[i].service ? cases[i].service : "NULL", &result, cases[i].why);
		}
	}
}

static void what_hangs_times_out(void **state)
{
	(void)state;
	struct check check = grpc_check("raw/mute/HealthCheck-end");
	check.timeout_ms = 300;
	struct check_result result = run_once(&check, server.raw);
	assert_false(result.ok);
	assert_false(result.silent); /* it has sent its settings */
	assert_memory_equal(result.why, "timed out after 300 ms while ", 29);
	need_grpcio();
	check.service = "hang";
	result = run_once(&check, server.plain);
	assert_false(result.ok);
	/* the server has the same deadline, from a moment later on */
	assert_true(strncmp(result.why, "timed out after 300 ms", 22) == 0 ||
		    strncmp(result.why, "grpc-status 4 ", 14) == 0);
}

/* Not to what HTTP/2 says first, whomever is asked about. */
static void latency_is_that_to_the_reply(void **state)
{
	(void)state;
	struct check check = grpc_check("raw/late/HealthCheck-end");
	struct check_result result = run_once(&check, server.raw);
	assert_result("late", &result, NULL);
	assert_in_range(result.latency_us, 250000, 9999999);
}

static void what_is_no_grpc_has_failed(void **state)
{
	(void)state;
	static const struct {
		const char *service, *why;
	} cases[] = {
		{"raw/good/HealthCheck-end", NULL},
		{"raw/pieces/HealthCheck-end", NULL},
		{"raw/with-encoding/HealthCheck-end", NULL},
		{"raw/authority/HealthCheck-end", NULL},
		{"raw/many-headers/HealthCheck-end", "the reply's header is longer than 64 KiB"},
		{"raw/header-only/HealthCheck-end", "grpc-status 14 (unavailable): a b%zz??%0"},
		{"raw/last-counts/HealthCheck-end", "grpc-status 13 (internal)"},
		{"raw/new-status/HealthCheck-end", "grpc-status 99 (no such code)"},
		{"raw/http-404/HealthCheck-end", "not a gRPC reply: HTTP status 404"},
		{"raw/http-404-open/HealthCheck-end", "not a gRPC reply: HTTP status 404"},
		{"raw/html/HealthCheck-end", "not a gRPC reply: its content-type is not application/grpc"},
		{"raw/grpc-web/HealthCheck-end",
		 "not a gRPC reply: its content-type is not application/grpc"},
		{"raw/no-type/HealthCheck-end", "not a gRPC reply: its content-type is not application/grpc"},
		{"raw/no-status/HealthCheck-end", "not a gRPC reply: it has no grpc-status"},
		{"raw/odd-status/HealthCheck-end", "not a gRPC reply: it has no grpc-status"},
		{"raw/no-body/HealthCheck-end", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"raw/short-frame/HealthCheck-end", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"raw/two-frames/HealthCheck-end", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"raw/compressed/HealthCheck-end", "not a gRPC reply: it holds no HealthCheckResponse"},
		{"raw/endless/HealthCheck-end", "not a gRPC reply: its body is longer than 4 KiB"},
		{"raw/reset/HealthCheck-end", ""},
		{"raw/cut-off/HealthCheck-end", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check check = grpc_check(cases[i].service);
		check.host = "XZXZ";
		struct check_result result = run_once(&check, server.raw);
		const char *why = cases[i].why;
		if (why != NULL && why[0] == '\0') { /* any words will do */
			assert_true(result.why[0] != '\0');
			why = result.why;
		}
		assert_result(cases[i].service, &result, why);
	}
}

static void the_certificate_must_be_valid_for_the_host(void **state)
{
	(void)state;
	const struct {
		const char *name, *host, *ca_file;
		bool verify, ok;
	} cases[] = {
		{"its name", "grpc.test", server.certificate, true, true},
		{"its name and a port", "grpc.test:1234", server.certificate, true, true},
		{"its address", NULL, server.certificate, true, true},
		{"another name", "other.test", server.certificate, true, false},
		{"a certificate that nobody trusts", "grpc.test", NULL, true, false},
		{"verify=no", "other.test", NULL, false, true},
	};
	need_grpcio();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check check = grpc_check("up");
		check.tls = true;
		check.host = cases[i].host;
		check.ca_file = cases[i].ca_file;
		check.verify = cases[i].verify;
		struct check_result result = run_once(&check, server.tls);
		if (result.ok != cases[i].ok)
			fail_msg("%s: %s", cases[i].name, result.why);
		assert_int_equal(result.why[0] == '\0', result.ok);
		assert_in_range(result.certificate_end_s, time(NULL), time(NULL) + 2 * 86400);
	}
}

static void another_protocol_has_failed(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *http = server_new(
		lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
	struct check plain = grpc_check("up"), tls = grpc_check("up");
	tls.tls = true;
	tls.verify = false;
	const struct {
		const char *name;
		const struct check *check;
		struct endpoint address;
		const char *why;
	} cases[] = {
		{"h2c to HTTP/1.1", &plain, http->address, "no reply in HTTP/2"},
		{"h2c to nobody", &plain, closed_port(lb), "connection refused"},
		{"h2c to TLS", &plain, at_port(server.tls), NULL}, /* it closes, or resets */
		{"TLS to h2c", &tls, at_port(server.plain), NULL}, /* in OpenSSL's words */
	};
	for (uint32_t i = 0; i < (server.plain != 0 ? 4 : 2); i++) {
		schedule_add(lb->schedule, i, &(struct target){cases[i].address, cases[i].check});
		assert_true(loopback_wait(lb, i, 1));
		const struct check_result *result = &lb->heard[i].last;
		assert_true(result->why[0] != '\0');
		assert_result(cases[i].name, result, cases[i].why != NULL ? cases[i].why : result->why);
	}
	server_free(http);
	loopback_free(lb);
}

/* A handle that a grpc check leaves behind serves other kinds as if it were new, and the other way round. */
static void kinds_share_handles(void **state)
{
	(void)state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = "HTTP/1.1 200 OK\r\n\r\n"});
	struct check grpc = grpc_check("raw/good/HealthCheck-end"), http = http_check(), tcp = http_check();
	tcp.kind = CHECK_TCP;
	for (uint32_t i = 0; i < 30; i += 3) {
		const struct target targets[] = {
			{at_port(server.raw), &grpc}, {s->address, &http}, {s->address, &tcp}};
		for (uint32_t k = 0; k < 3; k++) {
			schedule_add(lb->schedule, i + k, &targets[k]);
			assert_true(loopback_wait(lb, i + k, 1));
			if (!lb->heard[i + k].last.ok)
				fail_msg("%u: %s", k, lb->heard[i + k].last.why);
		}
	}
	assert_memory_equal(s->request, "GET /health HTTP/1.1\r\n", 22);
	server_free(s);
	loopback_free(lb);
}

static void many_at_once_are_all_well(void **state)
{
	(void)state;
	need_grpcio();
	enum { CHECKS = 200 };
	struct loopback *lb = loopback_new();
	struct check check = grpc_check("up");
	for (uint32_t i = 0; i < CHECKS; i++)
		schedule_add(lb->schedule, i, &(struct target){at_port(server.plain), &check});
	for (uint32_t i = 0; i < CHECKS; i++) {
		assert_true(loopback_wait(lb, i, 1));
		if (!lb->heard[i].last.ok)
			fail_msg("%u: %s", i, lb->heard[i].last.why);
	}
	loopback_free(lb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_service_says_is_the_verdict),
		cmocka_unit_test(what_hangs_times_out),
		cmocka_unit_test(latency_is_that_to_the_reply),
		cmocka_unit_test(what_is_no_grpc_has_failed),
		cmocka_unit_test(the_certificate_must_be_valid_for_the_host),
		cmocka_unit_test(another_protocol_has_failed),
		cmocka_unit_test(kinds_share_handles),
		cmocka_unit_test(many_at_once_are_all_well),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
