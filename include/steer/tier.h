/* SPDX-License-Identifier: ISC */
/* Tiers: the candidates in the method's order for one client, the best first. */
#ifndef STEER_TIER_H
#define STEER_TIER_H

#include "steer/candidates.h"
#include "steer/latency.h"
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
 * What is needed of them where the policy has no min-up: who is in any tier, and those of `left` (some of
 * these) in the first tier that has any; 0 where nobody is left.
 */
uint64_t tiers_all(const struct steering *steering, const struct order *order);
uint64_t tier_first_left(const struct steering *steering, const struct order *order, uint64_t left);

/* The same with METHOD_LATENCY: datacenters within the policy's margin of the best share its tier. */
void tiers_build_timed(const struct steering *steering, const struct timed *timed, struct tiers *out);

/* The first tier with somebody left of which at least min-up of the weight is usable; 0 where there is none.
 */
uint64_t tiers_first(const struct steering *steering, const struct tiers *tiers, uint64_t left,
		     uint64_t usable);

/* The share of a tier's weight, in percent, that is usable; a tier without any weight counts heads. */
unsigned tier_usable_percent(const struct steering *steering, uint64_t tier, uint64_t usable);

#endif
