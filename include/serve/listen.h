/* SPDX-License-Identifier: ISC */
/* Bound sockets: their options, and what may stand in the way. Called at boot. */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "base/addr.h"
#include "base/fault.h"
#include "process/inherit.h"

#include <stdbool.h>
#include <stdint.h>

/* Does the address stand for all of its family? */
bool listen_is_wildcard(const struct addr *addr);

/* Does this machine have the address? What else may be wrong with it doesn't matter here. */
bool listen_exists(const struct addr *addr);

/*
 * Is the endpoint free for sockets of that type? SO_REUSEPORT lets another program of the same user in, so
 * this looks for one by binding without. Probe all endpoints before any is opened: they may overlap. False
 * with a fault.
 */
bool listen_probe(const struct endpoint *endpoint, int type, struct faults *faults);

/*
 * A bound, non-blocking socket of SOCK_DGRAM, or a listening one of SOCK_STREAM, that may stand beside others
 * of this user on the same endpoint: number `nth` of those that this process was started with, else a new
 * one. The caller closes it. -1 with a fault ("listen 127.0.0.1:53: permission…").
 */
int listen_take(struct inherited *inherited, const struct endpoint *endpoint, int type, unsigned nth,
		struct faults *faults);

/*
 * Late: on connections that a listening socket accepts from now on, the reply to the first query acknowledges
 * that too, as the kernel has it with those after: a packet less for a connection of one query. Else the
 * kernel does at once, as it is used to.
 */
void listen_acknowledge(int fd, bool late);

/* What a socket is bound to: FAMILY_NONE where that is no one address. */
struct endpoint listen_local(int fd);

/* The port of that. */
uint16_t listen_port(int fd);

/* Tells, in the log, where the kernel gave a socket of SOCK_DGRAM a smaller receive buffer than was asked
 * for. */
void listen_tell_buffer(int fd, const struct endpoint *endpoint);

#endif
