/* SPDX-License-Identifier: ISC */
/* All databases and the lines of a labeller folded to tries whose leaves are labels. */
#ifndef GEO_FOLD_H
#define GEO_FOLD_H

#include "geo/databases.h"
#include "geo/labeller.h"
#include "geo/nodes.h"

/*
 * For each family a table; one for what IPv6 has at 2000::/3, where all clients are (RFC 4291 §2.4), and some
 * for where IPv6 repeats IPv4 (2002::/16, RFC 3056, and others) and it is another, by lines for networks or
 * because not all databases have it there.
 */
enum table { TABLE_V4 = FAMILY_V4, TABLE_V6 = FAMILY_V6, TABLE_CLIENTS, TABLE_REPEATED };

enum { CLIENTS_BITS = 3, CLIENTS = 1 }; /* 2000::/3 */

struct table_entries {
	uint32_t *entries; /* 1 << bits; NULL: the table is not there, or a leaf as a whole */
	unsigned bits;
};

struct folded {
	const struct labeller *labeller; /* borrowed */
	struct nodes nodes; /* those met first have lower indexes: a table's before all that leads to it */
	struct intern labels;
	struct table_entries tables[TABLES]; /* leaves without lengths, but for those that lead to a table */
	uint32_t whole[TABLES]; /* what leads to a table: LEAF_TABLE + itself, or the leaf that it is */
};

void fold(struct labeller *labeller, const struct databases *databases, struct folded *out);

void folded_free(struct folded *folded);

/* Are all entries one leaf? */
bool entries_agree(const uint32_t *entries, size_t n);

#endif
