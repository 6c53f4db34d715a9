/* SPDX-License-Identifier: ISC */
/* TCP and TLS connections: accepting, limits, and when each may proceed. Runs on the worker's thread. */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "serve/clients.h"
#include "serve/udp.h"

#include <stdatomic.h>

struct tcp;

/* What is beyond a limit closes those connections that have been idle longest, of those that can help. */
struct tcp_limits {
	unsigned connections; /* at once */
	size_t octets;        /* of memory for long queries under way and replies that wait */
	unsigned idle_timeout_ms;
	struct clients *clients; /* of all; borrowed */
};

/* Why a connection was closed. */
enum closing {
	CLOSING_DONE,    /* the client has ended it, or sent what is no query, and has all replies */
	CLOSING_BROKEN,  /* by the network, by TLS or by a header that is none; or a transfer can't go on */
	CLOSING_IDLE,    /* no query for too long */
	CLOSING_SLOW,    /* a handshake or a query under way, or replies that wait, for too long */
	CLOSING_CROWDED, /* others came, and it had been idle longest */
	CLOSING_MEMORY,  /* likewise, for what it took up */
	CLOSING_CLIENT,  /* its client had as many as it may */
	CLOSING_END,     /* of this process */
	CLOSINGS
};

/* Of connections: open now, and opened and closed since the start. */
struct tcp_figures {
	uint64_t open, opened, closed[CLOSINGS];
};

/*
 * Accepts on a listening, non-blocking socket, which it closes in the end. `tls`: which of the
 * configuration's listens it is, where TLS is to be spoken, with the certificate that the world then has for
 * it; NULL: plain.
 */
struct tcp *tcp_new(struct server *server, int fd, const struct tcp_limits *limits,
		    const struct endpoint *tls);

/*
 * A round of the end: accepts who waits, answers what has been received, and closes whoever was silent since
 * the round before and has all replies. False once there is nobody left.
 */
bool tcp_drain(struct tcp *tcp);

/* Listens no longer: who waits to be accepted is another process's, which has the same socket. */
void tcp_retire(struct tcp *tcp);

/* Connections that are open. */
unsigned tcp_connections(const struct tcp *tcp);

/* Adds its figures. Any thread may ask. */
void tcp_count(const struct tcp *tcp, struct tcp_figures *to);
void tcp_free(struct tcp *tcp);

#endif
