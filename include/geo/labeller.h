/* SPDX-License-Identifier: ISC */
/*
 * What an address is asked for: an item of a fixed size, its label, that follows from the lines that hold for
 * a client and from its place. Folding, projecting and serving don't know what is in a label.
 *
 *   place, network ─> lines that hold ─> label ─┬─ an order of datacenters (geo/ranking.h)
 *                                               └─ times to datacenters (geo/timing.h)
 */
#ifndef GEO_LABELLER_H
#define GEO_LABELLER_H

#include "geo/lines.h"

#include <stdbool.h>

/* What of a label a name can show. */
struct wanted {
	const bool *datacenters; /* for each of the config's */
	bool regions;            /* where the client is, too */
};

struct labeller;

/* Writes the label where these `n` lines hold, the most specific first. `label` is zeroed; octets that are
 * not used must stay zero, because equal labels are equal octets. */
typedef void label_make(struct labeller *labeller, const struct place *place, const uint32_t *lines, size_t n,
			void *label);

/* The same label without what isn't wanted. `label` is zeroed. */
typedef void label_narrow(const void *whole, const struct wanted *wanted, void *label);

/* How many octets of the label are used. */
typedef size_t label_used(const void *label);

typedef void labeller_free(struct labeller *labeller);

/* Of one thread. */
struct labeller {
	struct lines lines;
	size_t size; /* octets of a label, a multiple of 4 */
	label_make *make;
	label_narrow *narrow;
	label_used *used;
	labeller_free *free;
};

#endif
