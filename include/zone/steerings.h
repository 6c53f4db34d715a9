/* SPDX-License-Identifier: ISC */
/*
 * Steerings that say the same are one: thousands of names are mostly steered in a handful of ways, and what
 * they share stays in the processor's cache. Private to zone/ but for who loads zones.
 */
#ifndef ZONE_STEERINGS_H
#define ZONE_STEERINGS_H

#include "zone/steering.h"

/* To be kept while zones are loaded that shall share; the steerings themselves are the arena's. */
struct steerings *steerings_new(void);
void steerings_free(struct steerings *steerings);

/* One whose policy and members are the same; NULL: there is none. */
struct steering *steerings_find(const struct steerings *steerings, const struct steering *like);

void steerings_add(struct steerings *steerings, struct steering *steering);

#endif
