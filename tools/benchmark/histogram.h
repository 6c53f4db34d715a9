/* SPDX-License-Identifier: ISC */
/* Times in buckets of 1/32 of their size: what percentiles are read from. */
#ifndef BENCHMARK_HISTOGRAM_H
#define BENCHMARK_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB = 32, HISTOGRAM_BUCKETS = 60 * HISTOGRAM_SUB };

struct histogram {
	uint64_t n;
	uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_bucket(uint64_t ns)
{
	if (ns < HISTOGRAM_SUB)
		return (unsigned)ns;
	unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - 5;
	return (shift + 1) * HISTOGRAM_SUB + (unsigned)(ns >> shift) - HISTOGRAM_SUB;
}

static inline void histogram_add(struct histogram *h, uint64_t ns)
{
	h->counts[histogram_bucket(ns)]++;
	h->n++;
}

static inline void histogram_merge(struct histogram *into, const struct histogram *h)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->counts[i] += h->counts[i];
	into->n += h->n;
}

/* The least time that `share` of all is at most, to the bucket's upper end. */
static inline uint64_t histogram_at(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)((double)h->n * share), seen = 0;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->counts[i];
		if (seen > wanted || (seen == h->n && seen > 0)) {
			unsigned shift = i < 2 * HISTOGRAM_SUB ? 0 : i / HISTOGRAM_SUB - 1;
			return i < 2 * HISTOGRAM_SUB
				       ? i
				       : ((uint64_t)(i % HISTOGRAM_SUB + HISTOGRAM_SUB + 1) << shift) - 1;
		}
	}
	return 0;
}

#endif
