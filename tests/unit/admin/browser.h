/* SPDX-License-Identifier: ISC */
/* An admin server with a few routes, and raw clients of it, all on the loop of the test. */
#ifndef TEST_ADMIN_BROWSER_H
#define TEST_ADMIN_BROWSER_H

#include "admin/http.h"
#include "base/addr.h"
#include "config/bearer.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TOKEN  "s3cret"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"

enum { DEADLINE_MS = 20000, REPLY_MAX = 65536 };

/* The server of a test, in a folder of its own. */
struct desk {
	struct event_base *base;
	struct event *tick; /* so that one turn of the loop never waits long */
	struct http_server *server;
	char folder[32], socket_path[64];
	unsigned handled;
	char who[128]; /* of the last request */
};

struct client {
	int fd;
	bool ended; /* the server has closed */
	size_t len;
	char in[REPLY_MAX + 1];
};

static inline uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Says what it was asked, as JSON. */
static inline void handle_echo(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct desk *d = context;
	static const char *const names[] = {"GET", "PUT", "POST", "DELETE"};
	d->handled++;
	snprintf(d->who, sizeof(d->who), "%s", request->who);
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "method", json_object_new_string(names[request->method]));
	json_object_object_add(reply->json, "path", json_object_new_string(request->path));
	json_object_object_add(reply->json, "rest", json_object_new_string(request->rest));
	const char *name = http_query(request, "name");
	if (name != NULL)
		json_object_object_add(reply->json, "name", json_object_new_string(name));
	if (request->body != NULL)
		json_object_object_add(reply->json, "body", json_object_get(request->body));
}

static inline void handle_text(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct desk *d = context;
	(void)request;
	d->handled++;
	reply->text = evbuffer_new();
	reply->content_type = "text/plain";
	evbuffer_add_printf(reply->text, "alive\n");
}

/* More than the sockets' buffers take. */
static inline void handle_large(void *context, const struct http_request *request, struct http_reply *reply)
{
	enum { OCTETS = 32 << 20 };
	struct evbuffer_iovec room;
	(void)context;
	(void)request;
	reply->text = evbuffer_new();
	reply->content_type = "text/plain";
	evbuffer_reserve_space(reply->text, OCTETS, &room, 1);
	room.iov_len = OCTETS;
	memset(room.iov_base, 'x', room.iov_len);
	evbuffer_commit_space(reply->text, &room, 1);
}

static inline void handle_nothing(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct desk *d = context;
	(void)request;
	d->handled++;
	reply->status = 204;
}

static inline void handle_conflict(void *context, const struct http_request *request,
				   struct http_reply *reply)
{
	handle_echo(context, request, reply);
	http_error(reply, 409, "%s is the last", request->rest);
}

static const char *const echo_parameters[] = {"name", "type", NULL};

static const struct http_route desk_routes[] = {
	{HTTP_GET, "/livez", NULL, true, handle_text, false},
	{HTTP_GET, "/large", NULL, true, handle_large, false},
	{HTTP_GET, "/v1/status", NULL, false, handle_echo, false},
	{HTTP_GET, "/v1/explain", echo_parameters, false, handle_echo, false},
	{HTTP_PUT, "/v1/overrides/", NULL, false, handle_echo, false},
	{HTTP_DELETE, "/v1/overrides/", NULL, false, handle_nothing, false},
	{HTTP_DELETE, "/v1/overrides/last/", NULL, false, handle_conflict, false},
	{HTTP_POST, "/v1/reload", NULL, false, handle_echo, false},
};

static inline void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static inline void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

static inline struct desk *desk_new(void)
{
	const struct timeval tick = {.tv_usec = 2000};
	struct desk *d = calloc(1, sizeof(*d));
	signal(SIGPIPE, SIG_IGN);
	strcpy(d->folder, "/tmp/gslbd-admin-XXXXXX");
	if (mkdtemp(d->folder) == NULL)
		abort();
	snprintf(d->socket_path, sizeof(d->socket_path), "%s/socket", d->folder);
	d->base = event_base_new();
	d->tick = event_new(d->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(d->tick, &tick);
	return d;
}

static inline void desk_close(struct desk *d)
{
	if (d->server != NULL)
		http_server_free(d->server);
	d->server = NULL;
}

static inline void desk_free(struct desk *d)
{
	desk_close(d);
	event_free(d->tick);
	event_base_free(d->base);
	unlink(d->socket_path);
	rmdir(d->folder);
	free(d);
}

static inline struct http_api desk_api(struct desk *d)
{
	static const struct bearer bearer = {sizeof(TOKEN) - 1, TOKEN};
	return (struct http_api){desk_routes, sizeof(desk_routes) / sizeof(desk_routes[0]), d, NULL, NULL,
				 &bearer};
}

static inline struct admin_listen tcp_listen(void)
{
	struct admin_listen listen = {.given = true};
	addr_parse("127.0.0.1", 9, &listen.endpoint.addr);
	return listen;
}

/* Opens on loopback; faults end the test. */
static inline void desk_open(struct desk *d, const struct crowd_limits *limits)
{
	struct faults faults = {0};
	struct http_api api = desk_api(d);
	struct admin_listen listen = tcp_listen();
	d->server = http_server_new(d->base, &listen, &api, limits, &faults);
	faults_print(&faults, stderr);
	if (d->server == NULL)
		abort();
}

static inline struct client *client_new(struct desk *d)
{
	struct client *c = calloc(1, sizeof(*c));
	struct endpoint to = tcp_listen().endpoint;
	struct sockaddr_storage sa;
	to.port = http_server_port(d->server);
	socklen_t len = endpoint_to_sockaddr(&to, &sa);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, (struct sockaddr *)&sa, len) < 0)
		abort();
	return c;
}

static inline struct client *client_new_unix(struct desk *d)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	strcpy(sa.sun_path, d->socket_path);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		abort();
	return c;
}

static inline void client_free(struct client *c)
{
	close(c->fd);
	free(c);
}

static inline void client_read(struct client *c)
{
	ssize_t got;
	while (c->len < REPLY_MAX &&
	       (got = recv(c->fd, c->in + c->len, REPLY_MAX - c->len, MSG_DONTWAIT)) != -1) {
		if (got == 0) {
			c->ended = true;
			break;
		}
		c->len += (size_t)got;
	}
	if (!c->ended && c->len < REPLY_MAX && errno != EAGAIN && errno != EINTR)
		c->ended = true;
	c->in[c->len] = '\0';
}

static inline void turn(struct desk *d)
{
	event_base_loop(d->base, EVLOOP_ONCE);
}

/* Sends it all, the server's loop turning meanwhile. False: the server has closed. */
static inline bool client_say(struct desk *d, struct client *c, const char *text, size_t len)
{
	uint64_t begin = now_ms();
	while (len > 0 && now_ms() - begin < DEADLINE_MS) {
		ssize_t sent = send(c->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		text += sent > 0 ? sent : 0;
		len -= sent > 0 ? (size_t)sent : 0;
		turn(d);
	}
	return len == 0;
}

/* How many whole replies have come; to HEAD, with `bodies` false. */
static inline unsigned replies_in(const struct client *c, bool bodies)
{
	unsigned n = 0;
	const char *at = c->in, *end;
	while ((end = strstr(at, "\r\n\r\n")) != NULL) {
		const char *length = strcasestr(at, "Content-Length: ");
		size_t body = bodies && length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;
		if ((size_t)(c->in + c->len - end - 4) < body)
			break;
		at = end + 4 + body;
		n++;
	}
	return n;
}

/* Turns the loop until so many replies are there, or the server has closed. */
static inline bool client_hear(struct desk *d, struct client *c, unsigned n)
{
	uint64_t begin = now_ms();
	for (;;) {
		client_read(c);
		if (replies_in(c, true) >= n)
			return true;
		if (c->ended || now_ms() - begin > DEADLINE_MS)
			return false;
		turn(d);
	}
}

static inline bool client_hear_end(struct desk *d, struct client *c)
{
	uint64_t begin = now_ms();
	for (client_read(c); !c->ended && now_ms() - begin < DEADLINE_MS; client_read(c))
		turn(d);
	return c->ended;
}

static inline int client_status(const struct client *c)
{
	int status = 0;
	sscanf(c->in, "HTTP/1.%*d %d", &status);
	return status;
}

/* One request on a connection of its own: the reply that came, in a client to be freed. */
static inline struct client *ask_octets(struct desk *d, const char *request, size_t len)
{
	struct client *c = client_new(d);
	client_say(d, c, request, len);
	client_hear(d, c, 1);
	return c;
}

static inline struct client *ask(struct desk *d, const char *request)
{
	return ask_octets(d, request, strlen(request));
}

#endif
