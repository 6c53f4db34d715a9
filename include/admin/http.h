/* SPDX-License-Identifier: ISC */
/*
 * The HTTP server that carries the admin API, over libevent's evhttp: routes, a token, JSON in and out. All
 * of it runs on the thread of the event base.
 */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include "admin/crowd.h"
#include "base/fault.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;
struct event_base;
struct json_object;
struct inherited;
struct bearer;
struct uri;

enum { HTTP_HEADER_MAX = 16384, HTTP_BODY_MAX = 65536, HTTP_CLASSES = 6 };

/* Octets: while more waits for clients to take it, nothing is done that needs a token. */
enum { HTTP_WAITING_MAX = 128 << 20 };

enum http_method { HTTP_GET, HTTP_PUT, HTTP_POST, HTTP_DELETE };

/* What a handler may read while it runs. HEAD is a GET whose reply's body is left out. */
struct http_request {
	enum http_method method;
	const char *path; /* decoded, without query */
	const char *rest; /* decoded: what follows a route that ends in '/', one character or more; else "" */
	const struct uri *uri;
	struct json_object *body; /* an object; NULL: none */
	const char *who;          /* for the log: "127.0.0.1" or "unix:uid 0 pid 7" */
};

/* What a handler leaves: `json`, or `text` with its type, or neither. Both are the server's to free. */
struct http_reply {
	int status; /* 200 unless set */
	struct json_object *json;
	struct evbuffer *text;
	const char *content_type; /* of `text`; must outlive the call */
};

/*
 * Whatever no route names is refused: paths, methods, query parameters. The longest of those that match is
 * taken.
 */
struct http_route {
	enum http_method method;
	const char *path;              /* exactly; where it ends in '/', all below it and not itself */
	const char *const *parameters; /* that the query may have, NULL at the end; NULL: none */
	bool open;                     /* needs no token */
	void (*handle)(void *context, const struct http_request *request, struct http_reply *reply);
	bool quiet; /* leaves no line in the log where it succeeds, as there are many */
};

/* Borrowed for the server's life, the last two for http_server_new() alone. */
struct http_api {
	const struct http_route *routes;
	size_t n_routes;
	void *context; /* handed to each handler */
	/* Asked before any handler but a GET's. False, with the reply's error: nothing may change now. NULL:
	 * it always may. */
	bool (*permits)(void *context, struct http_reply *reply);
	struct inherited *inherited; /* sockets to listen on; NULL: none */
	const struct bearer
		*bearer; /* that callers must show; NULL: none, which only a UNIX socket may have */
};

/* Since the start. Requests that are not even HTTP are evhttp's to refuse, and in none of them. */
struct http_counters {
	uint64_t replies[HTTP_CLASSES]; /* by the first digit of their status */
	uint64_t refused_tokens;        /* wrong or missing */
	struct crowd_counters connections;
};

struct http_server;

/*
 * Listens where `listen` says, and serves from the loop. `limits` NULL: 64 connections, 10 s. NULL: errors in
 * `faults`, such as an address that is taken.
 */
struct http_server *http_server_new(struct event_base *base, const struct admin_listen *listen,
				    const struct http_api *api, const struct crowd_limits *limits,
				    struct faults *faults);

/*
 * Takes no more connections. Requests that have begun, and replies that are under way, are finished, each its
 * connection's last; then, or after `wait_ms`, done() is called from the loop, from where it may be ended.
 */
void http_server_finish(struct http_server *server, unsigned wait_ms, crowd_done *done, void *context);

/* Closes all connections, replies that are under way included. Not from a handler. */
void http_server_free(struct http_server *server);

/* The socket that it listens on. */
int http_server_socket(const struct http_server *server);

/* The socket is another process's too: its file is not removed in the end. */
void http_server_leave(struct http_server *server);

/* The port that TCP got; 0: a UNIX socket. */
uint16_t http_server_port(const struct http_server *server);

/* Callers must show this one from now on, which is copied. NULL: none, but a port keeps the one it has. */
void http_server_bearer_set(struct http_server *server, const struct bearer *bearer);

struct http_counters http_server_counters(const struct http_server *server);

/* The value of a query parameter, decoded; NULL: not given. It lives as long as the request. */
const char *http_query(const struct http_request *request, const char *name);

/* Makes the reply {"error": "…"} with this status, instead of what it was. */
__attribute__((format(printf, 3, 4))) void http_error(struct http_reply *reply, int status,
						      const char *format, ...);

#endif
