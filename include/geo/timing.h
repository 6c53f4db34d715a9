/* SPDX-License-Identifier: ISC */
/* From the latency tables, distances and a client's place to the times to datacenters. */
#ifndef GEO_TIMING_H
#define GEO_TIMING_H

#include "config/config.h"
#include "geo/labeller.h"

/* Labels are of struct times, with the region. Its lines are the config's latencies, each datacenter of which
 * has its own most specific one. The config is borrowed until it is freed. */
struct labeller *timing_new(const struct config *config);

#endif
