/* SPDX-License-Identifier: ISC */
/* Worker threads: each with its own sockets and event loop, sharing nothing with the others but the published
 * view. */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include "base/fault.h"
#include "config/config.h"
#include "serve/publish.h"
#include "serve/tcp.h"

#include <stdbool.h>
#include <stdint.h>

struct inherited;
struct workers;

/*
 * Opens UDP and TCP sockets on every listen of the config for each of `n` workers (SO_REUSEPORT), on one with
 * tls those of TCP alone. One that
 * can't be opened is an error in `faults` ("listen 127.0.0.1:53: permission denied…") and NULL is returned;
 * of the listens that stand for none given, one whose family this machine lacks is a warning. The sockets
 * take packets from here on, but nothing is answered until workers_start(). What is inherited (NULL: nothing)
 * is not opened anew: where there are fewer sockets than workers, they share them, and where there are more,
 * they have several each: to close one resets the connections that wait at it. `secret` makes cookies where
 * the configuration has none.
 */
struct workers *workers_open(const struct config *config, unsigned n, struct inherited *inherited,
			     const struct cookie_secret *secret, struct faults *faults);

/*
 * Opens the interfaces of listens with xdp= that are not open yet, as bypass_open(), for the workers to take
 * queries there. `config` must have the same listens as that of workers_open().
 */
bool workers_bypass(struct workers *w, const struct config *config, struct faults *faults);

/* All their sockets, each once, of both types: an array that is theirs. */
const int *workers_sockets(const struct workers *w, size_t *n);

/* The publisher the workers read from; a view must be published before workers_start(). */
struct publisher *workers_publisher(struct workers *w);

/* The port that a listen got; 0: it was skipped. */
uint16_t workers_port(const struct workers *w, size_t listen);

/*
 * Packets that the kernel has dropped of a listen's since the start, for want of room: they came faster than
 * they were answered. Control asks, once a second or so.
 */
uint64_t workers_dropped(struct workers *w, size_t listen);

/* Connections of a listen, over all workers. */
void workers_tcp(const struct workers *w, size_t listen, struct tcp_figures *out);

/* Frames at interfaces with xdp= that came faster than they were taken, since the start. */
uint64_t workers_lost_frames(const struct workers *w);

/* Starts the threads. */
bool workers_start(struct workers *w, struct faults *faults);

/*
 * Another process answers on the same sockets: from now on they leave those to it, and go on with the TCP
 * connections that they have until those end, five seconds at most. workers_stop() waits for that.
 */
void workers_retire(struct workers *w);

/* Has each worker's loop come round since the last call? It asks them to, for the next. */
bool workers_alive(struct workers *w);

/* Asks each to stop once it has answered what it has received, joins them, closes the sockets, frees all. */
void workers_stop(struct workers *w);

#endif
