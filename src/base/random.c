/* SPDX-License-Identifier: ISC */
/* Seeding of the random number generator. */
#include "base/random.h"

#include <stdlib.h>
#include <sys/random.h>

/* splitmix64 (Steele, Lea and Flood 2014), so that seeds near each other are counters far from each other. */
void random_seed_with(struct random *r, uint64_t seed)
{
	uint64_t z = seed + 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	r->counter = z ^ (z >> 31);
}

void random_seed(struct random *r)
{
	uint64_t seed;
	random_secret(&seed, sizeof(seed));
	random_seed_with(r, seed);
}

void random_secret(void *out, size_t len)
{
	if (getrandom(out, len, 0) != (ssize_t)len)
		abort();
}
