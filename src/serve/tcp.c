/* SPDX-License-Identifier: ISC */
/* The connections of one listening socket: the list of all by how long they have been idle. */
#include "serve/tcp.h"
#include "base/log.h"
#include "base/memory.h"
#include "serve/stream.h"
#include "world/certificates.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ACCEPTS_MAX = 64, /* a wakeup */
	READY_MAX = 64,   /* connections a wakeup */
	TLS_MAX = 8,      /* of either where each may be a handshake, which takes as long as 100 queries */
	IDLE_TICKS = 8,   /* so many pass before an idle connection is closed */
	DRAIN_RECEIVES = 1024, /* a connection and round, so that all have their turn */
	PAUSE_MS = 200,        /* when nothing can be accepted */
};

struct connection {
	TAILQ_ENTRY(connection) by_idle;
	struct tcp *tcp;
	uint32_t awaited; /* EPOLLOUT where replies wait, else EPOLLIN; 0: nothing yet */
	unsigned since;   /* the tick in which something happened last */
	struct stream stream;
	size_t booked; /* of tcp->octets */
};

TAILQ_HEAD(connections, connection);

struct tcp {
	struct server *server;
	struct event *acceptable, *resume, *ready, *next_tick;
	int fd;   /* listening; -1 once it no longer does */
	int poll; /* epoll of the connections */
	size_t cap_fds;
	struct connection **by_fd; /* NULL: none of ours */
	bool tls;
	struct endpoint listen; /* with tls: which of the configuration's it is */
	struct tcp_limits limits;
	struct timeval tick; /* a clock that costs queries nothing */
	unsigned ticks;
	unsigned n;
	size_t octets;                  /* that all connections take up: stream_octets() */
	bool warned;                    /* that nothing can be accepted */
	struct connections connections; /* the longest idle first */
};

static void connection_close(struct connection *c)
{
	TAILQ_REMOVE(&c->tcp->connections, c, by_idle);
	c->tcp->n--;
	c->tcp->octets -= c->booked;
	c->tcp->by_fd[c->stream.channel.fd] = NULL;
	stream_close(&c->stream);
	free(c);
}

/* Closes one that must go. What it would not take is not left to the kernel either. */
static void evict(struct connection *c)
{
	static const struct linger reset = {.l_onoff = 1};
	if (stream_waits(&c->stream))
		setsockopt(c->stream.channel.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	connection_close(c);
}

static void touch(struct connection *c)
{
	c->since = c->tcp->ticks;
	TAILQ_REMOVE(&c->tcp->connections, c, by_idle);
	TAILQ_INSERT_TAIL(&c->tcp->connections, c, by_idle);
}

/*
 * Enters what the connection takes up now. Where all take up too much, the longest idle of those before it in
 * the list must go, but not who takes up nothing.
 */
static void book(struct connection *c)
{
	struct tcp *t = c->tcp;
	t->octets -= c->booked;
	c->booked = stream_octets(&c->stream);
	t->octets += c->booked;
	for (struct connection *o = TAILQ_FIRST(&t->connections), *next;
	     o != c && t->octets > t->limits.octets; o = next) {
		next = TAILQ_NEXT(o, by_idle);
		if (o->booked > 0)
			evict(o);
	}
}

/* Waits for what can happen next. Closing ends that. */
static void await(struct connection *c)
{
	uint32_t wanted = stream_waits(&c->stream) ? EPOLLOUT : EPOLLIN;
	if (c->stream.channel.wants != 0)
		wanted = c->stream.channel.wants;
	struct epoll_event event = {.events = wanted, .data.fd = c->stream.channel.fd};
	if (wanted != c->awaited)
		epoll_ctl(c->tcp->poll, c->awaited == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c->stream.channel.fd,
			  &event);
	c->awaited = wanted;
}

/* Something has happened: all that follows from it. False: the connection is closed. */
static bool proceed(struct connection *c)
{
	touch(c);
	if (!stream_proceed(&c->stream)) {
		connection_close(c);
		return false;
	}
	book(c);
	await(c);
	return true;
}

/* Receives, where anything has come. */
static void receive(struct connection *c)
{
	enum received got;
	do {
		got = stream_receive(&c->stream);
	} while (got == RECEIVED_SOME && proceed(c) && stream_holds(&c->stream));
	if (got == RECEIVED_BROKEN)
		connection_close(c);
	else if (got == RECEIVED_NOTHING)
		await(c);
}

/* Sends what waits, and answers what had to wait for that. */
static void send_on(struct connection *c)
{
	if (proceed(c) && stream_holds(&c->stream))
		receive(c);
}

static int most(const struct tcp *t, int plain)
{
	return t->tls ? TLS_MAX : plain;
}

/*
 * Connections have an epoll of their own, which looks like one descriptor to the loop: it takes one system
 * call less for each that is closed, and the loop keeps no account of them. What is ready may be closed
 * already, further up in the list or because a check's program holds the descriptor in the moment before it
 * is executed. Its number then finds nobody, or another, for whom there is nothing to receive.
 */
static void on_ready(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	struct epoll_event events[READY_MAX];
	int n = epoll_wait(t->poll, events, most(t, READY_MAX), 0);
	for (int i = 0; i < n; i++) {
		struct connection *c = t->by_fd[events[i].data.fd];
		if (c != NULL && stream_waits(&c->stream))
			send_on(c);
		else if (c != NULL)
			receive(c);
	}
}

/* Closes whoever has been idle for too long. */
static void on_tick(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	struct connection *c;
	t->ticks++;
	while ((c = TAILQ_FIRST(&t->connections)) != NULL && t->ticks - c->since > IDLE_TICKS)
		evict(c);
	if (t->n == 0)
		event_del(t->next_tick);
}

/* Finds the connection by its descriptor from now on. */
static void enter(struct tcp *t, struct connection *c)
{
	size_t fd = (size_t)c->stream.channel.fd, before = t->cap_fds;
	t->by_fd = mem_grow(t->by_fd, &t->cap_fds, fd + 1, sizeof(*t->by_fd));
	memset(t->by_fd + before, 0, (t->cap_fds - before) * sizeof(*t->by_fd));
	t->by_fd[fd] = c;
}

/* With what the world has now; an open connection keeps it, whatever a reload brings. */
static void stream_begin(struct tcp *t, struct stream *s, int fd, const struct addr *client)
{
	struct server *server = t->server;
	const struct view *view = view_enter(server->publisher, server->hazard);
	struct ssl_ctx_st *context =
		t->tls ? certificates_context(view->world->certificates, &t->listen) : NULL;
	assert((context != NULL) == t->tls); /* worlds inherit what they lack: certificates_inherit() */
	stream_open(s, server, fd, client, context);
	if (proxies_hold(view->world->config, client))
		stream_expect_proxy(s);
	view_leave(server->hazard);
}

static void connection_open(struct tcp *t, int fd, const struct sockaddr *from)
{
	struct endpoint client;
	if (t->n == t->limits.connections)
		evict(TAILQ_FIRST(&t->connections));
	endpoint_from_sockaddr(from, &client);
	struct connection *c = mem_alloc(sizeof(*c));
	c->tcp = t;
	c->since = t->ticks;
	stream_begin(t, &c->stream, fd, &client.addr);
	c->stream.peer.idle_timeout_ds = (uint16_t)(t->limits.idle_timeout_ms / 100);
	enter(t, c);
	TAILQ_INSERT_TAIL(&t->connections, c, by_idle);
	t->n++;
	if (!event_pending(t->next_tick, EV_TIMEOUT, NULL))
		event_add(t->next_tick, &t->tick);
	receive(c);
}

/* False: there is none to accept, or errno says why it can't be. */
static bool accept_one(struct tcp *t)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(t->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		connection_open(t, fd, (struct sockaddr *)&from);
	return fd >= 0 || errno == ECONNABORTED || errno == EINTR;
}

/*
 * What can't be accepted stays acceptable, so the loop would spin: accepting rests for a moment. Most likely
 * no descriptor is left; the longest idle connection gives its one back.
 */
static void rest(struct tcp *t, int error)
{
	static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	if (!t->warned)
		log_warn("tcp: can't accept: %s; idle connections are closed early", strerror(error));
	t->warned = true;
	if (t->n > 0)
		evict(TAILQ_FIRST(&t->connections));
	event_del(t->acceptable);
	event_add(t->resume, &pause);
}

static void on_acceptable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	int n = 0, all = most(t, ACCEPTS_MAX);
	while (n < all && accept_one(t))
		n++;
	if (n < all && errno != EAGAIN && errno != EWOULDBLOCK)
		rest(t, errno);
}

static void on_resume(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	event_add(t->acceptable, NULL);
}

struct tcp *tcp_new(struct server *server, int fd, const struct tcp_limits *limits,
		    const struct endpoint *tls)
{
	struct tcp *t = mem_alloc_apart(sizeof(*t));
	*t = (struct tcp){.server = server, .fd = fd, .limits = *limits, .tls = tls != NULL};
	if (tls != NULL)
		t->listen = *tls;
	unsigned tick_ms = limits->idle_timeout_ms / IDLE_TICKS;
	t->tick = (struct timeval){tick_ms / 1000, (tick_ms % 1000) * 1000};
	TAILQ_INIT(&t->connections);
	t->acceptable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_acceptable, t);
	t->resume = event_new(server->base, -1, 0, on_resume, t);
	t->poll = epoll_create1(EPOLL_CLOEXEC);
	t->ready = event_new(server->base, t->poll, EV_READ | EV_PERSIST, on_ready, t);
	t->next_tick = event_new(server->base, -1, EV_PERSIST, on_tick, t);
	event_add(t->acceptable, NULL);
	event_add(t->ready, NULL);
	return t;
}

/* Accepts who wait, a wakeup's worth, so far as there is room for them; after the last it listens no longer.
 */
static void drain_listening(struct tcp *t)
{
	for (int i = 0; i < ACCEPTS_MAX && t->fd >= 0 && t->n < t->limits.connections; i++) {
		if (accept_one(t))
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return;
		close(t->fd);
		t->fd = -1;
	}
}

/* Answers all that has come; closes once nothing comes and nothing waits. */
static void drain_connection(struct connection *c)
{
	bool quiet = !stream_waits(&c->stream), open = stream_proceed(&c->stream);
	for (int i = 0; open && stream_reads(&c->stream) && i < DRAIN_RECEIVES; i++) {
		enum received got = stream_receive(&c->stream);
		if (got == RECEIVED_NOTHING)
			break;
		quiet = false;
		open = got != RECEIVED_BROKEN && stream_proceed(&c->stream);
	}
	if (!open || quiet)
		connection_close(c);
	else
		book(c);
}

bool tcp_drain(struct tcp *t)
{
	event_del(t->acceptable);
	event_del(t->resume);
	drain_listening(t);
	for (struct connection *c = TAILQ_FIRST(&t->connections), *next; c != NULL; c = next) {
		next = TAILQ_NEXT(c, by_idle); /* book() closes none behind c */
		drain_connection(c);
	}
	return t->fd >= 0 || t->n > 0;
}

void tcp_retire(struct tcp *t)
{
	event_del(t->acceptable);
	event_del(t->resume);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

unsigned tcp_connections(const struct tcp *t)
{
	return t->n;
}

void tcp_free(struct tcp *t)
{
	while (!TAILQ_EMPTY(&t->connections))
		connection_close(TAILQ_FIRST(&t->connections));
	event_free(t->acceptable);
	event_free(t->resume);
	event_free(t->ready);
	event_free(t->next_tick);
	close(t->poll);
	free(t->by_fd);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}
