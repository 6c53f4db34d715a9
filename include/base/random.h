/* SPDX-License-Identifier: ISC */
/* Fast random numbers for picks and jitter: unpredictable at the start, not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* One generator a thread (xoshiro256**, Blackman and Vigna 2018). */
struct random {
	uint64_t s[4];
};

/* Seeds from the kernel. */
void random_seed(struct random *r);

/* At most 256 octets from the kernel, fit for secrets. */
void random_secret(void *out, size_t len);

/* Seeds from a number, for tests and simulations that must repeat. */
void random_seed_with(struct random *r, uint64_t seed);

static inline uint64_t random_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t random_next(struct random *r)
{
	uint64_t result = random_rotl(r->s[1] * 5, 7) * 9;
	uint64_t t = r->s[1] << 17;
	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = random_rotl(r->s[3], 45);
	return result;
}

/* A number in [0, bound), bound > 0. The bias is below bound / 2^32 (Lemire's multiplication without
 * rejection). */
static inline uint32_t random_below(struct random *r, uint32_t bound)
{
	return (uint32_t)(((random_next(r) >> 32) * bound) >> 32);
}

#endif
