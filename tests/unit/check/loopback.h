/* SPDX-License-Identifier: ISC */
/* Servers on loopback that behave as a script says, on the loop of the test; and a schedule with what it has
 * said. */
#ifndef TEST_CHECK_LOOPBACK_H
#define TEST_CHECK_LOOPBACK_H

#include "check/schedule.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a server does once it has said its text. */
enum then { THEN_CLOSE, THEN_HOLD, THEN_RESET, THEN_REPEAT };

struct script {
	const char *say;  /* once the request has come whole */
	const char *rest; /* later, or again and again (THEN_REPEAT) */
	enum then then;
	bool at_once;                   /* without waiting for a request */
	unsigned pause_ms;              /* between the two texts; 2 by default */
	const char *until;              /* what ends a request; an empty line by default */
	const char *path, *say_at_path; /* said instead where the request has this in its first line */
	SSL_CTX *tls;                   /* borrowed; NULL: none */
};

struct visitor;

struct server {
	struct evconnlistener *listener;
	struct script script;
	struct endpoint address;
	unsigned accepted;
	struct visitor *visitors;
	char request[1024]; /* the last, or the start of it */
};

struct visitor {
	struct server *server;
	struct bufferevent *stream;
	struct event *later;
	bool said;
	struct visitor *next, **link; /* of the server's */
};

enum { HEARD_MAX = 2048, PROGRAM_DESCRIPTORS = 600 };

struct heard {
	unsigned n;
	struct check_result last;
};

/* The loop and the schedule of a test, and the results by id. */
struct loopback {
	struct event_base *base;
	struct event *tick; /* so that one turn of the loop never waits long */
	struct schedule *schedule;
	struct heard heard[HEARD_MAX];
	void (*also)(struct loopback *lb, uint32_t id); /* called for each result, if set */
};

static inline uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline void on_heard(void *context, uint32_t id, const struct check_result *result)
{
	struct loopback *lb = context;
	lb->heard[id].n++;
	lb->heard[id].last = *result;
	if (lb->also != NULL)
		lb->also(lb, id);
}

static inline void on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static inline struct loopback *loopback_new(void)
{
	const struct timeval tick = {.tv_usec = 5000};
	struct loopback *lb = calloc(1, sizeof(*lb));
	lb->base = event_base_new();
	lb->tick = event_new(lb->base, -1, EV_PERSIST, on_tick, NULL);
	event_add(lb->tick, &tick);
	lb->schedule = schedule_new(lb->base, on_heard, lb, PROGRAM_DESCRIPTORS);
	return lb;
}

static inline void loopback_free(struct loopback *lb)
{
	if (lb->schedule != NULL)
		schedule_free(lb->schedule);
	event_free(lb->tick);
	event_base_free(lb->base);
	free(lb);
}

/* Runs the loop until `id` has `n` results; false if that takes ten seconds. */
static inline bool loopback_wait(struct loopback *lb, uint32_t id, unsigned n)
{
	uint64_t deadline = now_ms() + 10000;
	while (lb->heard[id].n < n && now_ms() < deadline)
		event_base_loop(lb->base, EVLOOP_ONCE);
	return lb->heard[id].n >= n;
}

/* Runs the loop for a span of time in which something may, or may not, happen. */
static inline void loopback_run(struct loopback *lb, unsigned ms)
{
	uint64_t end = now_ms() + ms;
	while (now_ms() < end)
		event_base_loop(lb->base, EVLOOP_ONCE);
}

static inline void visitor_free(struct visitor *v)
{
	if (v->later != NULL)
		event_free(v->later);
	bufferevent_free(v->stream);
	*v->link = v->next;
	if (v->next != NULL)
		v->next->link = v->link;
	free(v);
}

static inline void visitor_end(evutil_socket_t fd, short what, void *context)
{
	struct visitor *v = context;
	(void)fd;
	(void)what;
	struct linger at_once = {.l_onoff = 1};
	if (v->server->script.then == THEN_RESET)
		setsockopt(bufferevent_getfd(v->stream), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	visitor_free(v);
}

static inline void visitor_rest(evutil_socket_t fd, short what, void *context)
{
	struct visitor *v = context;
	(void)fd;
	(void)what;
	const char *rest = v->server->script.rest;
	if (v->server->script.then != THEN_REPEAT) {
		bufferevent_write(v->stream, rest, strlen(rest));
		return;
	}
	while (evbuffer_get_length(bufferevent_get_output(v->stream)) < 32768)
		bufferevent_write(v->stream, rest, strlen(rest));
}

static inline void visitor_written(struct bufferevent *stream, void *context)
{
	struct visitor *v = context;
	(void)stream;
	unsigned pause_ms = v->server->script.pause_ms;
	const struct timeval soon = {.tv_usec = pause_ms ? pause_ms * 1000 : 2000};
	if (!v->said)
		return;
	if (v->server->script.rest != NULL && v->later == NULL) {
		v->later = evtimer_new(bufferevent_get_base(v->stream), visitor_rest, v);
		evtimer_add(v->later, &soon);
	} else if (v->server->script.then == THEN_REPEAT) {
		visitor_rest(-1, 0, v);
	} else if (v->server->script.then != THEN_HOLD) {
		visitor_end(-1, 0, v);
	}
}

static inline void visitor_say(struct visitor *v)
{
	const struct script *script = &v->server->script;
	const char *at = script->path != NULL ? strstr(v->server->request, script->path) : NULL;
	const char *say =
		at != NULL && at < strchr(v->server->request, '\n') ? script->say_at_path : script->say;
	v->said = true;
	if (say[0] != '\0')
		bufferevent_write(v->stream, say, strlen(say));
	else
		visitor_written(v->stream, v);
}

static inline void visitor_read(struct bufferevent *stream, void *context)
{
	struct visitor *v = context;
	struct evbuffer *in = bufferevent_get_input(stream);
	if (v->said)
		return;
	const char *until = v->server->script.until != NULL ? v->server->script.until : "\r\n\r\n";
	if (evbuffer_search(in, until, strlen(until), NULL).pos < 0)
		return;
	ssize_t len = evbuffer_copyout(in, v->server->request, sizeof(v->server->request) - 1);
	v->server->request[len > 0 ? len : 0] = '\0';
	visitor_say(v);
}

static inline void visitor_gone(struct bufferevent *stream, short what, void *context)
{
	(void)stream;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		visitor_free(context);
}

static inline void on_visitor(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
			      int len, void *context)
{
	struct visitor *v = calloc(1, sizeof(*v));
	(void)from;
	(void)len;
	v->server = context;
	v->server->accepted++;
	v->next = v->server->visitors;
	v->link = &v->server->visitors;
	*v->link = v;
	if (v->next != NULL)
		v->next->link = &v->next;
	struct event_base *base = evconnlistener_get_base(listener);
	v->stream =
		v->server->script.tls == NULL
			? bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE)
			: bufferevent_openssl_socket_new(base, fd, SSL_new(v->server->script.tls),
							 BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(v->stream, visitor_read, visitor_written, visitor_gone, v);
	bufferevent_enable(v->stream, EV_READ | EV_WRITE);
	if (v->server->script.at_once)
		visitor_say(v);
}

/* A server at a free port of `ip`. */
static inline struct server *server_new(struct loopback *lb, const char *ip, const struct script *script)
{
	struct server *s = calloc(1, sizeof(*s));
	struct sockaddr_storage sa;
	s->script = *script;
	if (!addr_parse(ip, strlen(ip), &s->address.addr))
		abort();
	socklen_t len = endpoint_to_sockaddr(&s->address, &sa);
	s->listener =
		evconnlistener_new_bind(lb->base, on_visitor, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
					1024, (struct sockaddr *)&sa, (int)len);
	if (s->listener == NULL) {
		free(s);
		return NULL;
	}
	getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&sa, &len);
	endpoint_from_sockaddr((struct sockaddr *)&sa, &s->address);
	return s;
}

static inline void server_free(struct server *s)
{
	while (s->visitors != NULL)
		visitor_free(s->visitors);
	evconnlistener_free(s->listener);
	free(s);
}

/* An address at which nobody listens. */
static inline struct endpoint closed_port(struct loopback *lb)
{
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = ""});
	struct endpoint address = s->address;
	server_free(s);
	return address;
}

static const struct number_range status_2xx = {200, 299};

/* An http check that is done once a minute unless the test says otherwise. */
static inline struct check http_check(void)
{
	return (struct check){
		.name = "test",
		.kind = CHECK_HTTP,
		.interval_ms = 60000,
		.timeout_ms = 5000,
		.rise = 1,
		.fall = 1,
		.path = "/health",
		.method = "GET",
		.body_limit = 65536,
		.verify = true,
		.expect.n = 1,
		.expect.list = &status_2xx,
	};
}

#endif
