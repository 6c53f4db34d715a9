/* SPDX-License-Identifier: ISC */
/*
 * How many connections each client has, of all workers and listens. The table has a fixed size: clients that
 * share a place in it share their limit, too; who shares one with whom differs from start to start. Any
 * thread may enter and leave; one atomic step each.
 */
#ifndef SERVE_CLIENTS_H
#define SERVE_CLIENTS_H

#include "base/addr.h"

#include <stdint.h>

struct clients;

#define CLIENTS_NOBODY UINT32_MAX /* no place */

/* At most `limit` connections each; 0: no limit. */
struct clients *clients_new(unsigned limit);
void clients_free(struct clients *clients);

/* One more of that client's, an IPv4 address or an IPv6 network of 64 bits. Its place, to be left when it is
 * closed; CLIENTS_NOBODY: it has as many as it may. */
uint32_t clients_enter(struct clients *clients, const struct addr *client);
void clients_leave(struct clients *clients, uint32_t place);

#endif
