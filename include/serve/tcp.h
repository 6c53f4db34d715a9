/* SPDX-License-Identifier: ISC */
/* TCP: length-framed, pipelined queries (RFC 1035 §4.2.2, RFC 7766). Runs on the worker's thread. */
#ifndef SERVE_TCP_H
#define SERVE_TCP_H

#include "serve/udp.h"

struct tcp;

struct tcp_limits {
	unsigned connections; /* at once; one more closes the one that has been idle longest */
	unsigned idle_timeout_ms;
};

/* Accepts on a listening, non-blocking socket, which it closes at tcp_free(). */
struct tcp *tcp_new(struct server *server, int fd, const struct tcp_limits *limits);

/* Answers what has been received, and says whether replies are still waiting to be taken. */
bool tcp_drain(struct tcp *tcp);
void tcp_free(struct tcp *tcp);

#endif
