/* SPDX-License-Identifier: ISC */
/* Choosing narrows a set: the candidates of a name and type as bits, in the order of the zone file. */
#ifndef STEER_CANDIDATES_H
#define STEER_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

struct candidates {
	uint64_t left;
	uint64_t backups; /* those that don't count as somebody as long as another is left */
};

/* Keep only `mask`, unless that leaves nobody: the last answer is better than none. Says whether it was kept.
 */
static inline bool candidates_keep(struct candidates *c, uint64_t mask)
{
	uint64_t somebody = c->left & ~c->backups;
	if (somebody == 0)
		somebody = c->left;
	if ((somebody & mask) == 0)
		return false;
	c->left &= mask;
	return true;
}

#endif
