/* SPDX-License-Identifier: ISC */
/* Frames in, respond, frames out: in batches, each reply in the frame of its query. */
#include "serve/xdp.h"
#include "base/memory.h"
#include "serve/proxies.h"
#include "transfer/transfer.h"
#include "xdp/frame.h"
#include "xdp/xsk.h"

#include <event2/event.h>
#include <stdlib.h>

enum {
	BATCH = 64,
	BATCHES_MAX = 16, /* a wakeup, so that the other sockets have their turn */
	REPLY_ROOM = 2048,
	LATER_US = 1000,
};

/* One of the frames that are read together. */
struct caller {
	struct span octets;
	struct frame frame;
	struct peer peer;
	struct endpoint local;
};

struct xdp {
	struct server *server;
	struct xsk *xsk; /* borrowed */
	unsigned mtu;
	bool proxied; /* there are proxies, whose headers say who asks */
	struct event *readable;
	struct event *later; /* the kernel is to be told again to send */
	struct caller callers[ARRIVALS_MAX];
	uint8_t reply[REPLY_ROOM];
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Is there a query in the next frame? Else it is given back. */
static bool take(struct xdp *x, struct caller *c, struct span *query)
{
	struct responder *r = x->server->responder;
	c->octets = xsk_take(x->xsk);
	if (!frame_read(c->octets, &c->frame)) {
		xsk_return(x->xsk, c->octets.octets);
		return false;
	}
	c->peer = (struct peer){.addr = c->frame.from, .transport = TRANSPORT_XDP};
	if (r->view->recorders != NULL) {
		frame_route(&c->frame, &c->local, &c->peer.port);
		c->peer.local = &c->local;
	}
	*query = c->frame.payload;
	if (!x->proxied || proxies_unwrap(r, &c->peer, query))
		return true;
	xsk_return(x->xsk, c->octets.octets);
	return false;
}

/* Answers in the query's own frame, or gives it back. */
static void answer(struct xdp *x, const struct caller *c, struct arrival *arrival)
{
	uint8_t *octets = c->octets.octets;
	size_t room = smaller(xsk_room(x->xsk, octets), FRAME_ETHERNET_OCTETS + x->mtu);
	struct span reply = {x->reply, smaller(room - c->frame.headers, REPLY_ROOM)};
	if (record_door(x->server->responder, &c->peer, arrival, &reply, NULL) == OUTCOME_DROP)
		xsk_return(x->xsk, octets);
	else
		xsk_send(x->xsk, (struct span){octets, frame_answer(&c->frame, octets, reply)});
}

/* Returns whether the batch was full, so that there may be more. */
static bool batch(struct xdp *x)
{
	static const struct timeval later = {.tv_usec = LATER_US};
	struct server *server = x->server;
	struct responder *r = server->responder;
	unsigned got = xsk_received(x->xsk, BATCH);
	server_enter(server);
	x->proxied = server->responder->view->world->config->n_proxy_froms > 0;
	for (unsigned i = 0; i < got;) {
		unsigned n = 0;
		for (; i < got && n < ARRIVALS_MAX; i++)
			n += take(x, &x->callers[n], &r->arrivals[n].in);
		responder_read(r, n);
		for (unsigned k = 0; k < n; k++)
			answer(x, &x->callers[k], &r->arrivals[k]);
	}
	view_leave(server->hazard);
	if (!xsk_flush(x->xsk) && !evtimer_pending(x->later, NULL))
		evtimer_add(x->later, &later);
	return got == BATCH;
}

static void on_event(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct xdp *x = argument;
	for (int i = 0; i < BATCHES_MAX && batch(x); i++)
		;
}

struct xdp *xdp_new(struct server *server, struct xsk *xsk, unsigned mtu)
{
	struct xdp *x = mem_alloc_apart(sizeof(*x));
	*x = (struct xdp){.server = server, .xsk = xsk, .mtu = mtu};
	x->readable = event_new(server->base, xsk->fd, EV_READ | EV_PERSIST, on_event, x);
	x->later = evtimer_new(server->base, on_event, x);
	event_add(x->readable, NULL);
	return x;
}

void xdp_drain(struct xdp *x)
{
	for (int i = 0; i < 1024 && batch(x); i++)
		;
}

void xdp_free(struct xdp *x)
{
	event_free(x->readable);
	event_free(x->later);
	free(x);
}
