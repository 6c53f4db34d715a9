/* SPDX-License-Identifier: ISC */
/* All databases and a geomap folded to one trie a family, whose leaves are orders of datacenters. */
#ifndef GEO_FOLD_H
#define GEO_FOLD_H

#include "config/config.h"
#include "geo/databases.h"
#include "geo/trie.h"

struct folded {
	struct trie trie;     /* leaves: numbers of orders */
	struct intern orders; /* items: a count, as many datacenters, and zeroes up to the number of all;
				 uint16_t */
	uint32_t roots[3];    /* by enum family */
};

void fold(const struct config *config, const struct geomap *map, const struct databases *databases,
	  struct folded *out);

/* The same with datacenters left out of every order: `kept` has a bool for each of the config's. */
void folded_project(const struct folded *from, const bool *kept, struct folded *out);

void folded_free(struct folded *folded);

#endif
