/* SPDX-License-Identifier: ISC */
/* The event loop of a worker. */
#ifndef SERVE_LOOP_H
#define SERVE_LOOP_H

#include <stddef.h>

struct event_base;

/* A loop that waits for the sockets of `n_listens`. The caller frees it. */
struct event_base *loop_new(size_t n_listens);

#endif
