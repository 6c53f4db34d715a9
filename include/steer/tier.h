/* SPDX-License-Identifier: ISC */
/* Tiers: the candidates in the method's order for one client, the best first. */
#ifndef STEER_TIER_H
#define STEER_TIER_H

#include "steer/candidates.h"
#include "zone/steering.h"

#include <stdint.h>

struct tiers {
	uint64_t all; /* everyone in any tier */
	unsigned n;
	uint64_t list[CANDIDATES_MAX + 2]; /* none is empty */
};

/* A tier a datacenter in the order (one of them all with METHOD_POOL), then AT *, then the backups. */
void tiers_build(const struct steering *steering, const struct order *order, struct tiers *out);

/*
 * The first tier with somebody left of which at least min-up of the weight is usable; where there is none,
 * the first with somebody left. `left` is not empty.
 */
uint64_t tiers_first(const struct steering *steering, const struct tiers *tiers, uint64_t left,
		     uint64_t usable);

#endif
