/* SPDX-License-Identifier: ISC */
/* UDP queries that come as frames, over one AF_XDP socket. Runs on the worker's thread. */
#ifndef SERVE_XDP_H
#define SERVE_XDP_H

#include "serve/udp.h"

struct xdp;
struct xsk;

/* Answers on a socket, which the caller closes after xdp_free(). `mtu` is that of its interface. */
struct xdp *xdp_new(struct server *server, struct xsk *xsk, unsigned mtu);

/* Answers what has been received. */
void xdp_drain(struct xdp *xdp);
void xdp_free(struct xdp *xdp);

#endif
