/* SPDX-License-Identifier: ISC */
/* Picking who of a tier is answered. */
#ifndef STEER_PICK_H
#define STEER_PICK_H

#include "base/random.h"
#include "health/board.h"
#include "zone/steering.h"

#include <stdint.h>

enum { TURNS_MAX = 4096 };

/* Where round robin stands in one pool: each cycle of `total` turns visits every point of the weights once.
 */
struct turn {
	uint64_t pool;
	uint32_t set;
	uint32_t count;
	uint32_t total;
	uint32_t step; /* has no divisor in common with `total` */
};

/* A worker's own: nothing is shared, so that a pick writes to no other's cache line. */
struct picker {
	struct random random;
	struct turn turns[TURNS_MAX]; /* by set and pool, of which more than that take each other's place */
};

/* A picker seeded from the kernel; for tests and simulations that repeat use random_seed_with(). */
void picker_seed(struct picker *picker);

/* What is picked from, and for whom. */
struct pool {
	const struct steered *steered;
	const struct set_extra *extra; /* NULL: nothing */
	uint64_t client;               /* pick=hash: hash_client() */
	uint64_t members;              /* not empty */
	unsigned answers;              /* at most */
	bool everyone;                 /* whatever the policy's pick, and their weight */
};

/*
 * Picks by the policy's pick into `picked`, the first the most meant; those of weight 0 only where nothing
 * heavier is in the pool. Returns how many.
 */
unsigned pick_members(const struct pool *pool, struct picker *picker, uint8_t *picked);

#endif
