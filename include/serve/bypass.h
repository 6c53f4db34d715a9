/* SPDX-License-Identifier: ISC */
/*
 * Interfaces at which UDP queries are taken before the kernel's network stack, for listens with xdp=. Nothing
 * depends on them: what can't be had, or is not for a listen, goes through the ordinary sockets.
 */
#ifndef SERVE_BYPASS_H
#define SERVE_BYPASS_H

#include "base/fault.h"
#include "config/config.h"
#include "serve/udp.h"

struct bypass;

/* For the interfaces of that config, none of which is open yet. */
struct bypass *bypass_new(const struct config *config);

/*
 * Opens those that are not open yet; their listens are. Each that can't be opened is an error in `faults`
 * that says why, and each whose driver can't do it a warning; what is in use is logged. True: all are open.
 * Control's thread; the config's listens and bypasses alone count, and are always the same.
 */
bool bypass_open(struct bypass *bypass, const struct config *config, unsigned n_workers,
		 struct faults *faults);

/* On the worker's thread: it gets its share of the queues that are open now. */
void bypass_join(struct bypass *bypass, struct server *server, unsigned worker);

/* Packets take their ordinary way from now on. Before the workers are stopped. */
void bypass_detach(struct bypass *bypass);

/* On the worker's thread: answers what has been received. */
void bypass_drain(struct bypass *bypass, unsigned worker);

/* Once no worker runs, before their event loops are freed. */
void bypass_free(struct bypass *bypass);

/* Frames that were lost as there was no room for them, since the start. */
uint64_t bypass_lost(const struct bypass *bypass);

#endif
