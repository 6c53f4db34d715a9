/* SPDX-License-Identifier: ISC */
/* Which connection has to go: a list of them by their last whole request. */
#include "admin/crowd.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
	ACCEPTS_MAX = 16, /* a turn of the loop: what has just come is read before it can be crowded out */
	TICK_MS = 500,
	FINISH_LOOK_MS = 50, /* before the first, what had come before is read, and who just came may ask */
};

/* evhttp says nothing when it closes a connection, so a reference is kept until that is seen. */
struct guest {
	TAILQ_ENTRY(guest) by_age;
	struct bufferevent *stream;
	uint64_t heard_ms; /* its last whole request, or when it came */
	bool asking;       /* it has said something since */
};

TAILQ_HEAD(guests, guest);

struct crowd {
	struct evconnlistener *listener;
	struct event *turn, *tick;
	struct crowd_limits limits;
	struct crowd_counters counters;
	unsigned accepted; /* in this turn of the loop */
	unsigned n;
	struct guests guests; /* the longest silent first */
	struct event *look;   /* pending: it is finishing */
	uint64_t finish_ms;   /* when it gives up */
	crowd_done *done;     /* NULL: it takes connections */
	void *context;
};

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *argument)
{
	(void)buffer;
	struct guest *g = argument;
	g->asking |= info->n_added > 0;
}

static void guest_forget(struct crowd *c, struct guest *g)
{
	evbuffer_remove_cb(bufferevent_get_input(g->stream), on_input, g);
	TAILQ_REMOVE(&c->guests, g, by_age);
	c->n--;
	bufferevent_decref(g->stream);
	free(g);
}

/* Has evhttp closed it? bufferevent_free() takes the callbacks away. */
static bool guest_gone(const struct guest *g)
{
	bufferevent_event_cb on_event;
	bufferevent_getcb(g->stream, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
}

static void sweep(struct crowd *c)
{
	for (struct guest *g = TAILQ_FIRST(&c->guests), *next; g != NULL; g = next) {
		next = TAILQ_NEXT(g, by_age);
		if (guest_gone(g))
			guest_forget(c, g);
	}
}

/* evhttp closes what has timed out, whatever it is doing. Never from a callback of that connection. */
static void guest_close(struct crowd *c, struct guest *g)
{
	bufferevent_trigger_event(g->stream, BEV_EVENT_TIMEOUT, 0);
	guest_forget(c, g);
}

static void accept_on(struct crowd *c)
{
	if (c->done == NULL)
		evconnlistener_enable(c->listener);
}

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct crowd *c = argument;
	struct guest *first;
	uint64_t now = clock_us() / 1000;
	sweep(c);
	while ((first = TAILQ_FIRST(&c->guests)) != NULL && now >= first->heard_ms + c->limits.timeout_ms) {
		c->counters.timed_out++;
		guest_close(c, first);
	}
	accept_on(c);
}

static void on_turn(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct crowd *c = argument;
	c->accepted = 0;
	accept_on(c);
}

/* No descriptor is left: to try at once again would be all that this thread does. The argument is evhttp's.
 */
static void on_accept_error(struct evconnlistener *listener, void *argument)
{
	(void)argument;
	log_warn("admin: can't accept: %s", strerror(errno));
	evconnlistener_disable(listener);
}

static struct bufferevent *on_accept(struct event_base *base, void *argument)
{
	struct crowd *c = argument;
	if (c->accepted == 0)
		event_active(c->turn, 0, 0);
	if (++c->accepted == ACCEPTS_MAX)
		evconnlistener_disable(c->listener);
	sweep(c);
	if (c->n >= c->limits.connections) {
		c->counters.crowded_out++;
		guest_close(c, TAILQ_FIRST(&c->guests));
	}
	struct guest *g = mem_alloc(sizeof(*g));
	/* the stream closes its descriptor itself, after its events: the number must not be another's while
	 * they wait */
	*g = (struct guest){.stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE),
			    .heard_ms = clock_us() / 1000};
	bufferevent_incref(g->stream);
	evbuffer_add_cb(bufferevent_get_input(g->stream), on_input, g);
	TAILQ_INSERT_TAIL(&c->guests, g, by_age);
	c->n++;
	return g->stream;
}

/* What is left of its reply. */
static size_t guest_owed(const struct guest *g)
{
	return evbuffer_get_length(bufferevent_get_output(g->stream));
}

static void on_look(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct crowd *c = argument;
	const struct guest *g;
	bool waits = false;
	sweep(c);
	TAILQ_FOREACH(g, &c->guests, by_age)
	waits |= g->asking || guest_owed(g) > 0;
	if (waits && clock_us() / 1000 < c->finish_ms)
		return;
	event_del(c->look);
	c->done(c->context);
}

void crowd_finish(struct crowd *crowd, unsigned wait_ms, crowd_done *done, void *context)
{
	static const struct timeval look = {.tv_usec = FINISH_LOOK_MS * 1000};
	crowd->finish_ms = clock_us() / 1000 + wait_ms;
	crowd->done = done;
	crowd->context = context;
	evconnlistener_disable(crowd->listener);
	event_add(crowd->look, &look);
}

struct crowd *crowd_new(struct event_base *base, struct evhttp *http, struct evconnlistener *listener,
			const struct crowd_limits *limits)
{
	static const struct timeval tick = {.tv_usec = TICK_MS * 1000};
	struct crowd *c = mem_alloc(sizeof(*c));
	*c = (struct crowd){.listener = listener, .limits = *limits};
	TAILQ_INIT(&c->guests);
	c->turn = event_new(base, -1, 0, on_turn, c);
	c->tick = event_new(base, -1, EV_PERSIST, on_tick, c);
	event_add(c->tick, &tick);
	c->look = event_new(base, -1, EV_PERSIST, on_look, c);
	evconnlistener_set_error_cb(listener, on_accept_error);
	evhttp_set_bevcb(http, on_accept, c);
	return c;
}

void crowd_free(struct crowd *crowd)
{
	while (!TAILQ_EMPTY(&crowd->guests))
		guest_forget(crowd, TAILQ_FIRST(&crowd->guests));
	event_free(crowd->turn);
	event_free(crowd->tick);
	event_free(crowd->look);
	free(crowd);
}

size_t crowd_waiting(struct crowd *crowd)
{
	const struct guest *g;
	size_t octets = 0;
	sweep(crowd);
	TAILQ_FOREACH(g, &crowd->guests, by_age)
	octets += guest_owed(g);
	return octets;
}

void crowd_heard(struct crowd *crowd, const struct bufferevent *stream)
{
	struct guest *g;
	TAILQ_FOREACH(g, &crowd->guests, by_age)
	{
		if (g->stream != stream)
			continue;
		TAILQ_REMOVE(&crowd->guests, g, by_age);
		TAILQ_INSERT_TAIL(&crowd->guests, g, by_age);
		g->heard_ms = clock_us() / 1000;
		g->asking = evbuffer_get_length(bufferevent_get_input(g->stream)) > 0; /* the next already */
		return;
	}
}

const struct crowd_counters *crowd_counters(const struct crowd *crowd)
{
	return &crowd->counters;
}
