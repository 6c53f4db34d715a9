/* SPDX-License-Identifier: ISC */
/* Where the admin API listens, what it takes for a token, and what it logs. */
#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <cmocka.h>

static const char status[] = "GET /v1/status HTTP/1.1\r\n\r\n";

static struct admin_listen unix_listen(struct desk *d)
{
	return (struct admin_listen){.given = true, .path = d->socket_path};
}

/* Opens what `listen` says; where that fails, its one fault is `fault`, and the file it names `file`. */
static bool opens(struct desk *d, const struct admin_listen *listen, bool token, const char *file,
		  const char *fault)
{
	struct faults faults = {0};
	struct http_api api = desk_api(d);
	if (!token)
		api.bearer = NULL;
	d->server = http_server_new(d->base, listen, &api, NULL, &faults);
	bool opened = d->server != NULL;
	assert_int_equal(faults.errors, opened ? 0 : 1);
	if (!opened) {
		assert_string_equal(faults.list[0].file, file);
		assert_string_equal(faults.list[0].text, fault);
		assert_int_equal(faults.list[0].line, 0);
	}
	faults_free(&faults);
	return opened;
}

static int unix_status(struct desk *d, const char *request)
{
	struct client *c = client_new_unix(d);
	client_say(d, c, request, strlen(request));
	client_hear(d, c, 1);
	int got = client_status(c);
	client_free(c);
	return got;
}

static void a_unix_socket_is_its_owners_alone(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct admin_listen listen = unix_listen(d);
	struct stat st;
	char who[64];
	mode_t mask = umask(0);
	assert_true(opens(d, &listen, false, NULL, NULL));
	umask(mask);
	assert_int_equal(stat(d->socket_path, &st), 0);
	assert_int_equal(st.st_mode, S_IFSOCK | 0600);
	assert_int_equal(http_server_port(d->server), 0);
	assert_int_equal(unix_status(d, status), 200);
	snprintf(who, sizeof(who), "unix:uid %u pid %d", (unsigned)getuid(), (int)getpid());
	assert_string_equal(d->who, who);
	desk_close(d);
	assert_int_equal(stat(d->socket_path, &st), -1);
	desk_free(d);
}

static const char with_token[] = "GET /v1/status HTTP/1.1\r\n" BEARER "\r\n";

static void a_unix_socket_needs_the_token_it_has(void **state)
{
	(void)state;
	static const struct bearer next = {3, "new"};
	struct desk *d = desk_new();
	struct admin_listen listen = unix_listen(d);
	assert_true(opens(d, &listen, true, NULL, NULL));
	assert_int_equal(unix_status(d, status), 401);
	assert_int_equal(unix_status(d, with_token), 200);
	http_server_bearer_set(d->server, &next);
	assert_int_equal(unix_status(d, with_token), 401);
	http_server_bearer_set(d->server, NULL);
	assert_int_equal(unix_status(d, status), 200);
	desk_free(d);
}

static void a_port_is_never_without_a_token(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	desk_open(d, NULL);
	http_server_bearer_set(d->server, NULL);
	struct client *refused = ask(d, status), *let_in = ask(d, with_token);
	assert_int_equal(client_status(refused), 401);
	assert_int_equal(client_status(let_in), 200);
	client_free(refused);
	client_free(let_in);
	desk_free(d);
}

static int bind_unix(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	strcpy(sa.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void a_stale_socket_is_replaced(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct admin_listen listen = unix_listen(d);
	close(bind_unix(d->socket_path));
	assert_true(opens(d, &listen, false, NULL, NULL));
	assert_int_equal(unix_status(d, status), 200);
	desk_free(d);
}

static void what_is_in_use_is_left_alone(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct admin_listen listen = unix_listen(d);
	struct stat st;
	char name[128];
	snprintf(name, sizeof(name), "admin %s", d->socket_path);
	int other = bind_unix(d->socket_path);
	assert_false(opens(d, &listen, false, name, "another program listens there already"));
	assert_int_equal(stat(d->socket_path, &st), 0);
	close(other);
	unlink(d->socket_path);

	write_file(d->socket_path, "no socket");
	assert_false(opens(d, &listen, false, name, "another program listens there already"));
	assert_int_equal(stat(d->socket_path, &st), 0);
	desk_free(d);
}

static void anothers_socket_is_not_removed_at_the_end(void **state)
{
	(void)state;
	struct desk *d = desk_new();
	struct admin_listen listen = unix_listen(d);
	struct stat st;
	char aside[80];
	snprintf(aside, sizeof(aside), "%s/aside", d->folder);
	assert_true(opens(d, &listen, false, NULL, NULL));
	assert_int_equal(rename(d->socket_path, aside), 0);
	int other = bind_unix(d->socket_path);
	desk_close(d);
	assert_int_equal(stat(d->socket_path, &st), 0);
	close(other);
	unlink(aside);
	desk_free(d);
}

static void a_port_in_use_is_a_fault(void **state)
{
	(void)state;
	struct desk *d = desk_new(), *second = desk_new();
	struct admin_listen listen = tcp_listen();
	char name[128], address[ADDR_TEXT_MAX];
	assert_true(opens(d, &listen, true, NULL, NULL));
	listen.endpoint.port = http_server_port(d->server);
	snprintf(name, sizeof(name), "admin %s", endpoint_format(&listen.endpoint, address));
	assert_false(opens(second, &listen, true, name, "another program listens there already"));
	assert_false(opens(second, &listen, false, "admin", "a port needs a token file"));
	desk_free(second);
	desk_free(d);
}

/* The log of what `requests` cause, from a file in place of stderr. */
static void log_of(struct desk *d, const char *const *requests, size_t n, char *out, size_t room)
{
	char path[80];
	snprintf(path, sizeof(path), "%s/log", d->folder);
	int saved = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dup2(fd, STDERR_FILENO);
	for (size_t i = 0; i < n; i++)
		client_free(ask(d, requests[i]));
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t len = pread(fd, out, room - 1, 0);
	out[len > 0 ? len : 0] = '\0';
	close(fd);
	unlink(path);
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void changes_are_logged_with_who_made_them(void **state)
{
	(void)state;
	static const char *const requests[] = {
		"PUT /v1/overrides/fra HTTP/1.1\r\n" BEARER "Content-Length: 2\r\n\r\n{}",
		"DELETE /v1/overrides/fra HTTP/1.1\r\n" BEARER "\r\n",
		"DELETE /v1/overrides/last/x HTTP/1.1\r\n" BEARER "\r\n",
		"GET /v1/status HTTP/1.1\r\n" BEARER "\r\n",
	};
	struct desk *d = desk_new();
	char log[4096];
	desk_open(d, NULL);
	log_of(d, requests, sizeof(requests) / sizeof(requests[0]), log, sizeof(log));
	assert_int_equal(times(log, "\n"), 2);
	assert_int_equal(times(log, " info admin: 127.0.0.1:"), 2);
	assert_int_equal(times(log, ": PUT /v1/overrides/fra: 200\n"), 1);
	assert_int_equal(times(log, ": DELETE /v1/overrides/fra: 204\n"), 1);
	desk_free(d);
}

static void refused_tokens_are_logged_once_a_second(void **state)
{
	(void)state;
	static const char *const requests[] = {status, status, status, status, status};
	struct desk *d = desk_new();
	char log[4096];
	unsigned first = 0, more = 0, sum = 0;
	desk_open(d, NULL);
	uint64_t begin = now_ms();
	log_of(d, requests, 5, log, sizeof(log));
	first += times(log, " warning admin: a request with a wrong token or none from 127.0.0.1");
	assert_in_range(first, 1, 1 + (now_ms() - begin) / 1000);
	while (first + sum < 5 && now_ms() - begin < DEADLINE_MS) {
		log_of(d, (const char *const[]){"GET /livez HTTP/1.1\r\n\r\n"}, 1, log, sizeof(log));
		if (sscanf(strstr(log, "admin: ") ? strstr(log, "admin: ") : "", "admin: %u more", &more) ==
		    1)
			sum += more;
	}
	assert_int_equal(first + sum, 5);
	assert_int_equal(http_server_counters(d->server).refused_tokens, 5);
	desk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unix_socket_is_its_owners_alone),
		cmocka_unit_test(a_unix_socket_needs_the_token_it_has),
		cmocka_unit_test(a_port_is_never_without_a_token),
		cmocka_unit_test(a_stale_socket_is_replaced),
		cmocka_unit_test(what_is_in_use_is_left_alone),
		cmocka_unit_test(anothers_socket_is_not_removed_at_the_end),
		cmocka_unit_test(a_port_in_use_is_a_fault),
		cmocka_unit_test(changes_are_logged_with_who_made_them),
		cmocka_unit_test(refused_tokens_are_logged_once_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
