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

struct xdp {
	struct server *server;
	struct xsk *xsk; /* borrowed */
	unsigned mtu;
	bool proxied; /* there are proxies, whose headers say who asks */
	struct event *readable;
	struct event *later; /* the kernel is to be told again to send */
	uint8_t reply[REPLY_ROOM];
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Answers the frame in place. False: there is nothing to send. */
static bool answer(struct xdp *x, struct span *frame)
{
	struct frame query;
	if (!frame_read(*frame, &query))
		return false;
	struct peer peer = {.addr = query.from, .transport = TRANSPORT_XDP};
	struct endpoint local;
	if (x->server->responder->view->recorders != NULL) {
		frame_route(&query, &local, &peer.port);
		peer.local = &local;
	}
	size_t room = smaller(xsk_room(x->xsk, frame->octets), FRAME_ETHERNET_OCTETS + x->mtu);
	struct span reply = {x->reply, smaller(room - query.headers, REPLY_ROOM)};
	if (x->proxied && !proxies_unwrap(x->server->responder, &peer, &query.payload))
		return false;
	struct responder *r = x->server->responder;
	if (record_door(r, &peer, responder_read_one(r, query.payload), &reply, NULL) == OUTCOME_DROP)
		return false;
	frame->len = frame_answer(&query, frame->octets, reply);
	return true;
}

/* Returns whether the batch was full, so that there may be more. */
static bool batch(struct xdp *x)
{
	static const struct timeval later = {.tv_usec = LATER_US};
	struct server *server = x->server;
	unsigned got = xsk_received(x->xsk, BATCH);
	server_enter(server);
	x->proxied = server->responder->view->world->config->n_proxy_froms > 0;
	for (unsigned i = 0; i < got; i++) {
		struct span frame = xsk_take(x->xsk);
		if (answer(x, &frame))
			xsk_send(x->xsk, frame);
		else
			xsk_return(x->xsk, frame.octets);
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
	struct xdp *x = mem_alloc(sizeof(*x));
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
