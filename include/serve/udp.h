/* SPDX-License-Identifier: ISC */
/* UDP: queries in batches. Runs on the worker's thread. */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include "base/clock.h"
#include "record/recorder.h"
#include "serve/publish.h"

struct event_base;
struct udp;

/* What a worker answers with, shared by its sockets. */
struct server {
	struct event_base *base;
	struct publisher *publisher;
	struct hazard *hazard;
	struct responder *responder;
	uint8_t *input;   /* room for what has just come over one TCP connection: STREAM_INPUT_ROOM */
	uint8_t *replies; /* room for what is about to be sent over it: STREAM_REPLIES_ROOM */
};

/* Takes the view for a batch, and the time; view_leave() ends the batch. */
static inline void server_enter(struct server *server)
{
	struct responder *r = server->responder;
	r->view = view_enter(server->publisher, server->hazard);
	r->now_s = clock_wall_coarse_s();
	if (r->view->limiter != NULL)
		r->now_ms = clock_coarse_ms();
}

/* Answers on a bound, non-blocking socket, which it closes at udp_free(). `wildcard`: it is bound to no one
 * address. */
struct udp *udp_new(struct server *server, int fd, bool wildcard);

/* Answers what has been received. */
void udp_drain(struct udp *udp);
void udp_free(struct udp *udp);

#endif
