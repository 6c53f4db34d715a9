/* SPDX-License-Identifier: ISC */
/* Fast random numbers for picks and jitter: unpredictable at the start, not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* One generator a thread (wyrand, Yi 2019): a counter, folded by a multiplication with itself. */
struct random {
	uint64_t counter;
};

/* Seeds from the kernel. */
void random_seed(struct random *r);

/* At most 256 octets from the kernel, fit for secrets. */
void random_secret(void *out, size_t len);

/* Seeds from a number, for tests and simulations that must repeat. */
void random_seed_with(struct random *r, uint64_t seed);

static inline uint64_t random_next(struct random *r)
{
	uint64_t x = r->counter += 0xa0761d6478bd642fu;
	unsigned __int128 product = (unsigned __int128)x * (x ^ 0xe7037ed1a0b428dbu);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A number in [0, bound), bound > 0. The bias is below bound / 2^32 (Lemire's multiplication without
 * rejection). */
static inline uint32_t random_below(struct random *r, uint32_t bound)
{
	return (uint32_t)(((random_next(r) >> 32) * bound) >> 32);
}

#endif
