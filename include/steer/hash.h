/* SPDX-License-Identifier: ISC */
/*
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005):
 * each client draws a lot for each member, from both their hashes, and takes the member whose lot, divided by
 * its weight, is the smallest. Who leaves or comes, or has another weight, moves its own clients only. All is
 * done in integers with fixed seeds, so every server on every machine decides alike.
 */
#ifndef STEER_HASH_H
#define STEER_HASH_H

#include "base/addr.h"
#include "config/steering.h"

#include <stddef.h>
#include <stdint.h>

/* The hash of the client's prefix, as long as the policy says. */
uint64_t hash_client(const struct steer_entry *policy, const struct addr *client);

/* A member's lot for that client over its weight, which is above 0: an exponential variate in fixed point. */
uint64_t hash_lot(uint64_t client, uint64_t identity, uint32_t weight);

#endif
