/* SPDX-License-Identifier: ISC */
/* One listening socket: accepting, what is ready, the clock and the end of its connections. */
#include "serve/tcp.h"
#include "base/log.h"
#include "base/memory.h"
#include "serve/connection.h"
#include "serve/listen.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ROUNDS_MAX = 4,    /* a wakeup, before other sockets have their turn */
	READY_MAX = 16,    /* connections a round */
	READY_MAX_TLS = 8, /* and wakeup, where each may be a handshake, which takes as long as 100 queries */
	DRAIN_ACCEPTS = 64,    /* a round of the end */
	DRAIN_RECEIVES = 1024, /* a connection and round of the end, so that all have their turn */
	PAUSE_MS = 200,        /* when nothing can be accepted */
};

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	t->ticks++;
	connections_expire(t);
	if (t->n == 0)
		event_del(t->next_tick);
}

/* Waits for this at the listening socket: EPOLLIN, or nothing. False: there is no memory to wait with. */
static bool listen_for(const struct tcp *t, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = t->fd};
	return epoll_ctl(t->poll, EPOLL_CTL_MOD, t->fd, &event) == 0 ||
	       epoll_ctl(t->poll, EPOLL_CTL_ADD, t->fd, &event) == 0;
}

/* As others may hold the socket open, closing it is not enough. */
static void listen_no_more(struct tcp *t)
{
	event_del(t->resume);
	if (t->fd >= 0)
		epoll_ctl(t->poll, EPOLL_CTL_DEL, t->fd, NULL);
	t->accepting = false;
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

/* For a moment nobody is accepted. */
static void pause_accepting(struct tcp *t)
{
	static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};
	t->accepting = false;
	listen_for(t, 0);
	event_add(t->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	t->accepting = listen_for(t, EPOLLIN);
	if (!t->accepting)
		pause_accepting(t);
}

/*
 * What can't be accepted stays acceptable, so the loop would spin: accepting rests for a moment. Most likely
 * no descriptor is left; the longest idle connection gives its one back.
 */
static void rest(struct tcp *t, int error)
{
	if (!t->warned)
		log_warn("tcp: can't accept: %s; idle connections are closed early", strerror(error));
	t->warned = true;
	if (t->n > 0)
		connection_evict(TAILQ_FIRST(&t->connections), CLOSING_CROWDED);
	pause_accepting(t);
}

static void accept_next(struct tcp *t)
{
	if (!accept_one(t) && errno != EAGAIN && errno != EWOULDBLOCK)
		rest(t, errno);
}

/*
 * What is ready may be closed already, further up in the list or because a check's program holds the
 * descriptor in the moment before it is executed. Its number then finds nobody, or another, for whom there is
 * nothing to receive.
 */
static void serve_ready(struct tcp *t, int fd)
{
	struct connection *c = t->by_fd[fd];
	if (c != NULL)
		connection_ready(c);
}

/*
 * A round of what is ready, at most so much. Where that many are, the listening socket may be far behind
 * them: somebody is accepted all the same. False: nothing is ready.
 */
static bool serve_round(struct tcp *t, int most)
{
	struct epoll_event events[READY_MAX];
	int n = epoll_wait(t->poll, events, most, 0);
	bool someone = n == most;
	for (int i = 0; i < n; i++) {
		if (events[i].data.fd == t->fd)
			someone = true;
		else
			serve_ready(t, events[i].data.fd);
	}
	if (someone && t->accepting)
		accept_next(t);
	return n > 0;
}

/*
 * The listening socket and its connections have an epoll of their own, which looks like one descriptor to the
 * loop: it takes one system call less for each that is closed, and the loop keeps no account of them. To ask
 * it again takes less than the loop does; so one is accepted a round, as an accept that finds nobody takes as
 * long as one that does, and who is answered and gone is closed while still in the cache.
 */
static void on_ready(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct tcp *t = argument;
	int rounds = t->tls ? 1 : ROUNDS_MAX, most = t->tls ? READY_MAX_TLS : READY_MAX;
	while (rounds > 0 && serve_round(t, most))
		rounds--;
}

struct tcp *tcp_new(struct server *server, int fd, const struct tcp_limits *limits,
		    const struct endpoint *tls)
{
	struct tcp *t = mem_alloc_apart(sizeof(*t));
	*t = (struct tcp){.server = server, .fd = fd, .limits = *limits, .tls = tls != NULL};
	if (tls != NULL)
		t->listen = *tls;
	t->local = listen_local(fd);
	listen_acknowledge(fd, tls == NULL); /* a TLS handshake may begin with two segments */
	t->patience = IDLE_TICKS;
	unsigned tick_ms = limits->idle_timeout_ms / IDLE_TICKS;
	t->tick = (struct timeval){tick_ms / 1000, (tick_ms % 1000) * 1000};
	TAILQ_INIT(&t->connections);
	t->resume = event_new(server->base, -1, 0, on_resume, t);
	t->poll = epoll_create1(EPOLL_CLOEXEC);
	t->ready = event_new(server->base, t->poll, EV_READ | EV_PERSIST, on_ready, t);
	t->next_tick = event_new(server->base, -1, EV_PERSIST, on_tick, t);
	event_add(t->ready, NULL);
	on_resume(-1, 0, t);
	return t;
}

/* Accepts who wait, a round's worth, so far as there is room for them; after the last it listens no longer.
 */
static void drain_listening(struct tcp *t)
{
	for (int i = 0; i < DRAIN_ACCEPTS && t->fd >= 0 && t->n < t->limits.connections; i++) {
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
		connection_close(c, CLOSING_END);
	else
		connection_book(c);
}

bool tcp_drain(struct tcp *t)
{
	listen_no_more(t);
	drain_listening(t);
	for (struct connection *c = TAILQ_FIRST(&t->connections), *next; c != NULL; c = next) {
		next = TAILQ_NEXT(c, by_step); /* connection_book() closes none behind c */
		drain_connection(c);
	}
	return t->fd >= 0 || t->n > 0;
}

void tcp_retire(struct tcp *t)
{
	listen_no_more(t);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

unsigned tcp_connections(const struct tcp *t)
{
	return t->n;
}

void tcp_count(const struct tcp *t, struct tcp_figures *to)
{
	uint64_t closed = 0;
	for (unsigned why = 0; why < CLOSINGS; why++) {
		uint64_t n = atomic_load_explicit(&t->counts.closed[why], memory_order_relaxed);
		to->closed[why] += n;
		closed += n;
	}
	uint64_t opened = atomic_load_explicit(&t->counts.opened, memory_order_relaxed);
	to->opened += opened;
	to->open += opened > closed ? opened - closed : 0;
}

void tcp_free(struct tcp *t)
{
	while (!TAILQ_EMPTY(&t->connections))
		connection_close(TAILQ_FIRST(&t->connections), CLOSING_END);
	event_free(t->resume);
	event_free(t->ready);
	event_free(t->next_tick);
	close(t->poll);
	free(t->by_fd);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}
