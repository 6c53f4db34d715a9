/* SPDX-License-Identifier: ISC */
/* What each worker's door, a socket that it accepts from, may have of what `tcp` allows the server. Called at
 * boot. */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include "config/config.h"
#include "serve/tcp.h"

#include <sys/resource.h>

/* For each of `doors`, of all workers together. Its clients are the caller's: clients_free(). */
struct tcp_limits limits_of(const struct tcp_rule *rule, unsigned n_workers, size_t doors);

/* Descriptors without which so many `doors` of workers can't serve. */
rlim_t limits_descriptors(unsigned n_workers, size_t doors);

/* TCP connections that each door may have: what the rule says, as far as there are descriptors; at least one.
 */
unsigned limits_connections(const struct tcp_rule *rule, unsigned n_workers, size_t doors);

/* An even share, rounded up. */
unsigned limits_share(unsigned all, size_t n);

#endif
