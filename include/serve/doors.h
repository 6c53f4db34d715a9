/* SPDX-License-Identifier: ISC */
/* The sockets of all listens: opened, or taken over from the process before, and dealt out to the workers. */
#ifndef SERVE_DOORS_H
#define SERVE_DOORS_H

#include "config/config.h"
#include "serve/drops.h"
#include "serve/tcp.h"

struct inherited;

/* A worker's two sockets of a listen. */
struct door {
	size_t listen;
	unsigned worker;
	struct udp *udp; /* NULL: retired, not opened, or there is none but TLS */
	struct tcp *tcp; /* NULL: not opened */
};

struct listen_drops {
	size_t listen;
	struct drops drops; /* of one of its UDP sockets */
};

struct doors {
	size_t n, cap;
	struct door
		*list; /* by listen: as many as there are workers, or more where more sockets are inherited */
	size_t n_sockets, cap_sockets;
	int *sockets; /* of both types, each once */
	size_t n_drops, cap_drops;
	struct listen_drops *drops;
	uint16_t *ports; /* by listen; 0: skipped */
	struct tcp_limits limits;
};

struct doors_setup {
	const struct config *config;
	struct inherited *inherited; /* NULL: nothing */
	unsigned n_workers;
	struct server *const *servers; /* by worker */
	const unsigned *cpus;          /* by worker; NULL: none is pinned */
};

/*
 * Opens the sockets of each listen for each worker. What is inherited is not opened anew, and none of it is
 * closed, as that resets connections that wait at it: workers share what are too few, and have several where
 * there are more. False with faults; a listen that stands for none given and whose family this machine lacks
 * is skipped with a warning. Either way doors_close() and doors_free() follow.
 */
bool doors_open(struct doors *doors, const struct doors_setup *setup, struct faults *faults);

/* Closes those of a worker, whose event loop is still there. */
void doors_close(struct doors *doors, unsigned worker);

/* Once all are closed. */
void doors_free(struct doors *doors);

#endif
