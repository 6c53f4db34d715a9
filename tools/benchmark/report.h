/* SPDX-License-Identifier: ISC */
/* What a load generator prints at its end: one line of JSON. */
#ifndef BENCHMARK_REPORT_H
#define BENCHMARK_REPORT_H

#include "histogram.h"

#include <stdio.h>
#include <time.h>

struct report {
	uint64_t sent, received, lost, wrong;
	double seconds;
	double stalled; /* share of the time whose latencies don't count */
};

static inline void report_print(const struct report *r, const struct histogram *latencies)
{
	printf("{\"sent\":%lu,\"received\":%lu,\"lost\":%lu,\"wrong\":%lu,\"seconds\":%.3f,\"qps\":%.0f,"
	       "\"stalled\":%.3f,"
	       "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f}\n",
	       r->sent, r->received, r->lost, r->wrong, r->seconds, (double)r->received / r->seconds,
	       r->stalled, (double)histogram_at(latencies, 0.5) / 1e3,
	       (double)histogram_at(latencies, 0.99) / 1e3, (double)histogram_at(latencies, 0.999) / 1e3);
}

static inline uint64_t timespec_ns(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

static inline uint64_t clock_read_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return timespec_ns(&t);
}

static inline uint64_t report_now_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

#endif
