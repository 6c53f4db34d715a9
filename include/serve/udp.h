/* SPDX-License-Identifier: ISC */
/* UDP: queries in batches. Runs on the worker's thread. */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include "serve/publish.h"
#include "transfer/transfer.h"

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

/* Answers on a bound, non-blocking socket, which it closes at udp_free(). `wildcard`: it is bound to no one
 * address. */
struct udp *udp_new(struct server *server, int fd, bool wildcard);

/* Answers what has been received. */
void udp_drain(struct udp *udp);
void udp_free(struct udp *udp);

#endif
