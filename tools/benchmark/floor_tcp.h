/* SPDX-License-Identifier: ISC */
/* The floor over TCP. */
#ifndef BENCHMARK_FLOOR_TCP_H
#define BENCHMARK_FLOOR_TCP_H

#include "base/addr.h"

#include <stdbool.h>

/* Starts a thread that answers a query a connection there, for as long as the process lives. */
bool floor_tcp_start(const struct endpoint *at);

#endif
