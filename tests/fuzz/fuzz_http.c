/* SPDX-License-Identifier: ISC */
/*
 * Any octets over a connection to the admin API: each reply is one of ours, and no handler that needs the
 * token runs where the token was not sent.
 */
#include "admin/http.h"
#include "admin/uri.h"
#include "config/bearer.h"
#include "quiet.h"
#include "require.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TOKEN "tok"

enum { REPLIES_MAX = 1 << 20, TURNS_MAX = 100000 };

static struct event_base *base;
static struct http_server *server;
static char folder[] = "/tmp/gslbd-fuzz-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static char replies[REPLIES_MAX + 1];
static unsigned handled; /* with a token */

static void check_request(const struct http_request *request)
{
	require(request->path[0] == '/' && strstr(request->path, "/../") == NULL);
	require(request->who != NULL && request->uri->n <= URI_PARAMETERS_MAX);
	require(request->body == NULL || json_object_is_type(request->body, json_type_object));
}

static void on_open(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	check_request(request);
	reply->json = json_object_new_object();
}

static void on_closed(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	check_request(request);
	handled++;
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "rest", json_object_new_string(request->rest));
}

static const char *const parameters[] = {"name", "type", "client", NULL};
static const struct http_route routes[] = {
	{HTTP_GET, "/livez", NULL, true, on_open, false},
	{HTTP_GET, "/v1/status", NULL, false, on_closed, false},
	{HTTP_GET, "/v1/explain", parameters, false, on_closed, false},
	{HTTP_POST, "/v1/reload", NULL, false, on_closed, true},
	{HTTP_PUT, "/v1/overrides/", NULL, false, on_closed, true},
	{HTTP_DELETE, "/v1/overrides/", parameters, false, on_closed, true},
};

static void clean(void)
{
	unlink(address.sun_path);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	static const struct bearer bearer = {sizeof(TOKEN) - 1, TOKEN};
	const struct http_api api = {
		.routes = routes, .n_routes = sizeof(routes) / sizeof(routes[0]), .bearer = &bearer};
	struct faults faults = {0};
	require(mkdtemp(folder) != NULL);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	umask(077);
	const struct admin_listen listen = {.given = true, .path = address.sun_path};
	base = event_base_new();
	server = http_server_new(base, &listen, &api, NULL, &faults);
	faults_print(&faults, stderr);
	require(server != NULL);
	atexit(clean);
	return 0;
}

/* Sends what the kernel takes, and reads what there is. False: the server has closed. */
static bool exchange(int fd, const uint8_t **data, size_t *left, size_t *got)
{
	ssize_t sent = *left > 0 ? send(fd, *data, *left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
	if (sent > 0) {
		*data += sent;
		*left -= (size_t)sent;
	}
	if (*left == 0)
		shutdown(fd, SHUT_WR);
	ssize_t n = recv(fd, replies + *got, REPLIES_MAX - *got, MSG_DONTWAIT);
	*got += n > 0 ? (size_t)n : 0;
	require(*got < REPLIES_MAX);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* From one status line to the next; the only statuses are ours and those of evhttp itself. */
static void check_replies(void)
{
	static const int known[] = {200, 400, 401, 404, 405, 411, 413, 417, 501, 500};
	static const char begin[] = "\nHTTP/";
	for (const char *at = replies; at != NULL && *at != '\0'; at = strstr(at, begin)) {
		int major, minor, status;
		bool found = false;
		require(sscanf(at, " HTTP/%d.%d %d ", &major, &minor, &status) == 3);
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found |= known[i] == status;
		require(found || status == 100);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t left = size, got = 0;
	const uint8_t *at = data;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	handled = 0;
	require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	for (unsigned turn = 0;; turn++) {
		require(turn < TURNS_MAX);
		bool open = exchange(fd, &at, &left, &got);
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (!open)
			break;
	}
	close(fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	replies[got] = '\0';
	check_replies();
	require(handled == 0 || memmem(data, size, TOKEN, sizeof(TOKEN) - 1) != NULL);
	return 0;
}
