/* SPDX-License-Identifier: ISC */
/*
 * A steered name as servers that can't steer may have it: what a client whose place nobody knows could be
 * answered at this moment.
 */
#ifndef TRANSFER_FLATTEN_H
#define TRANSFER_FLATTEN_H

#include "world/world.h"

enum { FLAT_RECORDS_MAX = 256 };

struct flat {
	uint32_t ttl_s; /* of all records */
	unsigned n;
	struct flat_record {
		const struct rrset *set;
		uint32_t at; /* offset of the record in the set's octets */
	} records[FLAT_RECORDS_MAX];
};

/*
 * The records of a node's set, plain or steered, of the set's own type: of the first tier with enough
 * usable candidates, those that weigh at least half as much as the heaviest; of the first tier as if all
 * were up where no tier is usable, because a copy outlives an outage. What an ALIAS stands for is looked up
 * likewise. One CNAME at most, and then nothing of the name's other types.
 */
void flatten(const struct view *view, const struct node *node, const struct rrset *set, struct flat *out);

#endif
