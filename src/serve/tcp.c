/* SPDX-License-Identifier: ISC */
/* TCP connections: a buffer in, a buffer out, and the list of all by how long they have been idle. */
#include "serve/tcp.h"
#include "base/log.h"
#include "base/memory.h"
#include "wire/octets.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FRAME = 2,         /* the length before each message */
	INPUT_ROOM = 4096, /* as long as no longer message is under way */
	INPUT_MAX = FRAME + MESSAGE_OCTETS_MAX,
	OUTPUT_MAX = 262144, /* replies waiting; beyond it nothing more is read */
	ACCEPTS_MAX = 64,    /* a wakeup */
	PAUSE_MS = 200,      /* when there are no descriptors left */
};

struct connection {
	TAILQ_ENTRY(connection) by_idle;
	struct tcp *tcp;
	struct event *readable, *writable;
	int fd;
	struct peer peer;
	bool ended; /* the client sends nothing more */
	uint8_t *in;
	size_t in_room, in_len;
	uint8_t *out; /* NULL while nothing waits */
	size_t out_room, out_len, out_sent;
};

TAILQ_HEAD(connections, connection);

struct tcp {
	struct server *server;
	struct event *acceptable, *resume;
	int fd;
	struct tcp_limits limits;
	struct timeval idle;
	unsigned n;
	bool exhausted;                 /* said so */
	struct connections connections; /* the longest idle first */
};

static void connection_close(struct connection *c)
{
	TAILQ_REMOVE(&c->tcp->connections, c, by_idle);
	c->tcp->n--;
	event_free(c->readable);
	event_free(c->writable);
	close(c->fd);
	free(c->in);
	free(c->out);
	free(c);
}

static void touch(struct connection *c)
{
	TAILQ_REMOVE(&c->tcp->connections, c, by_idle);
	TAILQ_INSERT_TAIL(&c->tcp->connections, c, by_idle);
}

static uint8_t *output_reserve(struct connection *c, size_t len)
{
	c->out = mem_grow(c->out, &c->out_room, c->out_len + len, 1);
	return c->out + c->out_len;
}

/* Sends what waits. False: the connection is broken. */
static bool flush(struct connection *c)
{
	while (c->out_sent < c->out_len) {
		ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		c->out_sent += (size_t)sent;
	}
	c->out_len = c->out_sent = 0;
	if (c->out_room > INPUT_MAX) {
		free(c->out);
		c->out = NULL;
		c->out_room = 0;
	}
	return true;
}

/* Answers one message behind what waits already. False: the connection is to be closed. */
static bool answer(struct connection *c, uint8_t *message, size_t len)
{
	uint8_t *out = output_reserve(c, INPUT_MAX);
	struct span query = {message, len}, reply = {out + FRAME, MESSAGE_OCTETS_MAX};
	if (respond(c->tcp->server->responder, &c->peer, query, &reply) == OUTCOME_DROP)
		return false;
	octets_put16(out, (unsigned)reply.len);
	c->out_len += FRAME + reply.len;
	return true;
}

/* Answers each whole message that has been received, as far as there is room for replies. */
static bool answer_messages(struct connection *c)
{
	struct server *server = c->tcp->server;
	size_t at = 0;
	bool ok = true;
	server->responder->view = view_enter(server->publisher, server->hazard);
	while (ok && c->in_len - at >= FRAME && c->out_len < OUTPUT_MAX) {
		size_t len = octets_get16(c->in + at);
		if (c->in_len - at - FRAME < len)
			break;
		ok = answer(c, c->in + at + FRAME, len);
		at += FRAME + len;
	}
	view_leave(server->hazard);
	c->in_len -= at;
	memmove(c->in, c->in + at, c->in_len);
	return ok;
}

/* Is a whole message waiting in the input? */
static bool message_waits(const struct connection *c)
{
	return c->in_len >= FRAME && c->in_len - FRAME >= octets_get16(c->in);
}

/* Room for the message under way, and no more than that. */
static void fit_input(struct connection *c)
{
	size_t need = c->in_len >= FRAME ? FRAME + (size_t)octets_get16(c->in) : 0;
	size_t room = need > INPUT_ROOM ? INPUT_MAX : INPUT_ROOM;
	if (room == c->in_room || c->in_len > room)
		return;
	uint8_t *in = mem_alloc(room);
	memcpy(in, c->in, c->in_len);
	free(c->in);
	c->in = in;
	c->in_room = room;
}

/* Waits for what can happen next: to read, unless too much waits to be sent; to write, if anything does. */
static void arm(struct connection *c)
{
	if (c->ended || c->out_len - c->out_sent >= OUTPUT_MAX)
		event_del(c->readable);
	else
		event_add(c->readable, &c->tcp->idle);
	if (c->out_len > c->out_sent)
		event_add(c->writable, &c->tcp->idle);
	else
		event_del(c->writable);
}

/* Answers and sends until nothing more can be done now. False: closed. */
static bool proceed(struct connection *c)
{
	bool ok = true;
	do {
		ok = answer_messages(c);
		if (!flush(c)) {
			connection_close(c);
			return false;
		}
	} while (ok && c->out_len == 0 && message_waits(c));
	bool done = c->ended && !message_waits(c) && c->out_len == 0;
	if (done || (!ok && c->out_len == 0)) {
		connection_close(c);
		return false;
	}
	if (!ok) {
		c->ended = true; /* what was answered before the bad message is still sent */
		c->in_len = 0;
	}
	fit_input(c);
	arm(c);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct connection *c = argument;
	if (what & EV_TIMEOUT) {
		connection_close(c);
		return;
	}
	ssize_t got = recv(fd, c->in + c->in_len, c->in_room - c->in_len, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (got < 0) {
		connection_close(c);
		return;
	}
	c->ended = got == 0;
	c->in_len += (size_t)got;
	touch(c);
	proceed(c);
}

static void on_writable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	struct connection *c = argument;
	if ((what & EV_TIMEOUT) || !flush(c))
		connection_close(c);
	else
		proceed(c);
}

static void connection_open(struct tcp *t, int fd, const struct sockaddr *from)
{
	static const int on = 1;
	struct endpoint endpoint;
	if (t->n == t->limits.connections)
		connection_close(TAILQ_FIRST(&t->connections));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	endpoint_from_sockaddr(from, &endpoint);
	struct connection *c = mem_alloc(sizeof(*c));
	*c = (struct connection){.tcp = t, .fd = fd, .peer = {.addr = endpoint.addr, .stream = true}};
	c->in_room = INPUT_ROOM;
	c->in = mem_alloc(c->in_room);
	c->readable = event_new(t->server->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(t->server->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	TAILQ_INSERT_TAIL(&t->connections, c, by_idle);
	t->n++;
	arm(c);
}

/* No descriptor is left: the longest idle connection gives its one back, and accepting rests for a moment. */
static void on_exhausted(struct tcp *t)
{
	static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	if (!t->exhausted)
		log_warn("tcp: can't accept: %s; idle connections are closed early", strerror(errno));
	t->exhausted = true;
	if (!TAILQ_EMPTY(&t->connections))
		connection_close(TAILQ_FIRST(&t->connections));
	event_del(t->acceptable);
	event_add(t->resume, &pause);
}

static void on_acceptable(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct tcp *t = argument;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		int accepted = accept4(fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (accepted >= 0) {
			connection_open(t, accepted, (struct sockaddr *)&from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			on_exhausted(t);
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

static void on_resume(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	event_add(t->acceptable, NULL);
}

struct tcp *tcp_new(struct server *server, int fd, const struct tcp_limits *limits)
{
	struct tcp *t = mem_alloc(sizeof(*t));
	*t = (struct tcp){.server = server, .fd = fd, .limits = *limits};
	struct timeval idle = {limits->idle_timeout_ms / 1000, (limits->idle_timeout_ms % 1000) * 1000};
	t->idle = *event_base_init_common_timeout(server->base, &idle);
	TAILQ_INIT(&t->connections);
	t->acceptable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_acceptable, t);
	t->resume = event_new(server->base, -1, 0, on_resume, t);
	event_add(t->acceptable, NULL);
	return t;
}

bool tcp_drain(struct tcp *t)
{
	bool waiting = false;
	event_del(t->acceptable);
	for (struct connection *c = TAILQ_FIRST(&t->connections), *next; c != NULL; c = next) {
		next = TAILQ_NEXT(c, by_idle);
		ssize_t got = recv(c->fd, c->in + c->in_len, c->in_room - c->in_len, MSG_DONTWAIT);
		c->in_len += got > 0 ? (size_t)got : 0;
		waiting |= proceed(c) && c->out_len > 0;
	}
	return waiting;
}

void tcp_free(struct tcp *t)
{
	while (!TAILQ_EMPTY(&t->connections))
		connection_close(TAILQ_FIRST(&t->connections));
	event_free(t->acceptable);
	event_free(t->resume);
	close(t->fd);
	free(t);
}
