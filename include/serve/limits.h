/* SPDX-License-Identifier: ISC */
/* What each worker's door, a socket that it accepts from, may have of what `tcp` allows the server. Called at
 * boot. */
#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include "config/config.h"
#include "serve/tcp.h"

/* For each of `doors`, of all workers together. Its clients are the caller's: clients_free(). */
struct tcp_limits limits_of(const struct tcp_rule *rule, unsigned n_workers, size_t doors);

/* An even share, rounded up. */
unsigned limits_share(unsigned all, size_t n);

#endif
