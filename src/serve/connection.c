/* SPDX-License-Identifier: ISC */
/* The life of a connection: opened, served as it is ready, and closed for one of the reasons there are. */
#include "serve/connection.h"
#include "base/memory.h"
#include "world/certificates.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { PATIENCE_LEAST = 2 }; /* ticks */

static void count(_Atomic uint64_t *n)
{
	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* The more there are beyond half of what there may be, the less time each has (RFC 7766 §6.2.3). */
static void set_patience(struct tcp *t)
{
	unsigned most = t->limits.connections, left = (most - t->n) * 2;
	unsigned ticks = left >= most ? IDLE_TICKS : IDLE_TICKS * left / most;
	t->patience = ticks > PATIENCE_LEAST ? ticks : PATIENCE_LEAST;
}

/* What replies say of it, in 100 ms (RFC 7828). */
static uint16_t patience_ds(const struct tcp *t)
{
	unsigned ds = t->limits.idle_timeout_ms / IDLE_TICKS * t->patience / 100;
	return ds < UINT16_MAX ? (uint16_t)ds : UINT16_MAX;
}

void connection_close(struct connection *c, enum closing why)
{
	struct tcp *t = c->tcp;
	TAILQ_REMOVE(&t->connections, c, by_step);
	t->n--;
	t->octets -= c->booked;
	t->by_fd[c->stream.channel.fd] = NULL;
	set_patience(t);
	count(&t->counts.closed[why]);
	clients_leave(t->limits.clients, c->place);
	stream_close(&c->stream);
	free(c);
}

void connection_evict(struct connection *c, enum closing why)
{
	static const struct linger reset = {.l_onoff = 1};
	if (stream_waits(&c->stream))
		setsockopt(c->stream.channel.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	connection_close(c, why);
}

/* Where the stream has made a step, its time begins anew. */
static void note_steps(struct connection *c)
{
	struct tcp *t = c->tcp;
	if (c->steps == c->stream.steps)
		return;
	c->steps = c->stream.steps;
	c->since = t->ticks;
	TAILQ_REMOVE(&t->connections, c, by_step);
	TAILQ_INSERT_TAIL(&t->connections, c, by_step);
}

/*
 * Where all take up too much, the longest without a step of those before it in the list must go, but not who
 * takes up nothing.
 */
void connection_book(struct connection *c)
{
	struct tcp *t = c->tcp;
	t->octets -= c->booked;
	c->booked = stream_octets(&c->stream);
	t->octets += c->booked;
	for (struct connection *o = TAILQ_FIRST(&t->connections), *next;
	     o != c && t->octets > t->limits.octets; o = next) {
		next = TAILQ_NEXT(o, by_step);
		if (o->booked > 0)
			connection_evict(o, CLOSING_MEMORY);
	}
}

/*
 * A client that waits for what it has sent to be acknowledged before it sends the rest (RFC 896) is not kept
 * waiting for a reply to carry that.
 */
static void acknowledge(struct connection *c)
{
	static const int on = 1;
	if (!c->tcp->tls && !stream_has_answered(&c->stream))
		setsockopt(c->stream.channel.fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/* Waits for what can happen next. Closing ends that. */
static void await(struct connection *c)
{
	if (c->awaited == 0)
		acknowledge(c);
	uint32_t wanted = stream_waits(&c->stream) ? EPOLLOUT : EPOLLIN;
	if (c->stream.channel.wants != 0)
		wanted = c->stream.channel.wants;
	struct epoll_event event = {.events = wanted, .data.fd = c->stream.channel.fd};
	if (wanted != c->awaited)
		epoll_ctl(c->tcp->poll, c->awaited == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c->stream.channel.fd,
			  &event);
	c->awaited = wanted;
}

/* The client of a connection from a proxy is known once its header is complete. False: it has too many. */
static bool client_enters(struct connection *c)
{
	if (c->place == CLIENTS_NOBODY)
		c->place = clients_enter(c->tcp->limits.clients, &c->stream.peer.addr);
	return c->place != CLIENTS_NOBODY;
}

/* Something has happened: all that follows from it. False: the connection is closed. */
static bool proceed(struct connection *c)
{
	if (!client_enters(c)) {
		connection_close(c, CLOSING_CLIENT);
		return false;
	}
	c->stream.peer.idle_timeout_ds = patience_ds(c->tcp);
	if (!stream_proceed(&c->stream)) {
		connection_close(c, c->stream.ended ? CLOSING_DONE : CLOSING_BROKEN);
		return false;
	}
	note_steps(c);
	connection_book(c);
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
		connection_close(c, CLOSING_BROKEN);
	else if (got == RECEIVED_NOTHING && c->stream.head == NULL && !client_enters(c))
		connection_close(c, CLOSING_CLIENT);
	else if (got == RECEIVED_NOTHING)
		await(c);
}

void connection_ready(struct connection *c)
{
	if (!stream_waits(&c->stream) || (proceed(c) && stream_holds(&c->stream)))
		receive(c);
}

void connections_expire(struct tcp *t)
{
	struct connection *c;
	while ((c = TAILQ_FIRST(&t->connections)) != NULL && t->ticks - c->since > t->patience)
		connection_evict(c, stream_is_under_way(&c->stream) ? CLOSING_SLOW : CLOSING_IDLE);
}

/* Makes room to find a connection by this descriptor. False: there is no memory for it. */
static bool find_room(struct tcp *t, size_t fd)
{
	if (fd < t->cap_fds)
		return true;
	size_t cap = fd + fd / 2 + 8;
	struct connection **by_fd = reallocarray(t->by_fd, cap, sizeof(struct connection *));
	if (by_fd == NULL)
		return false;
	memset(by_fd + t->cap_fds, 0, (cap - t->cap_fds) * sizeof(struct connection *));
	t->by_fd = by_fd;
	t->cap_fds = cap;
	return true;
}

/* Finds the connection by its descriptor from now on. */
static void enter(struct tcp *t, struct connection *c)
{
	t->by_fd[c->stream.channel.fd] = c;
	TAILQ_INSERT_TAIL(&t->connections, c, by_step);
	t->n++;
	set_patience(t);
}

/* With what the world has now; an open connection keeps it, whatever a reload brings. False: there is no
 * memory for it. */
static bool begin(struct tcp *t, struct stream *s, int fd, const struct addr *client)
{
	struct server *server = t->server;
	const struct view *view = view_enter(server->publisher, server->hazard);
	struct ssl_ctx_st *context =
		t->tls ? certificates_context(view->world->certificates, &t->listen) : NULL;
	assert((context != NULL) == t->tls); /* worlds inherit what they lack: certificates_inherit() */
	bool ok = stream_open(s, server, fd, client, context) &&
		  (!proxies_hold(view->world->config, client) || stream_expect_proxy(s));
	view_leave(server->hazard);
	return ok;
}

void connection_open(struct tcp *t, int fd, const struct sockaddr *from)
{
	struct endpoint client;
	if (t->n == t->limits.connections)
		connection_evict(TAILQ_FIRST(&t->connections), CLOSING_CROWDED);
	endpoint_from_sockaddr(from, &client);
	struct connection *c = find_room(t, (size_t)fd) ? mem_try(sizeof(*c)) : NULL;
	if (c == NULL) {
		close(fd);
		return;
	}
	c->tcp = t;
	c->place = CLIENTS_NOBODY;
	c->since = t->ticks;
	if (!begin(t, &c->stream, fd, &client.addr)) {
		stream_close(&c->stream);
		free(c);
		return;
	}
	c->stream.peer.port = htons(client.port);
	c->stream.peer.local = &t->local;
	enter(t, c);
	count(&t->counts.opened);
	if (!event_pending(t->next_tick, EV_TIMEOUT, NULL))
		event_add(t->next_tick, &t->tick);
	if (c->stream.head == NULL && !client_enters(c))
		connection_close(c, CLOSING_CLIENT);
	else
		receive(c);
}
