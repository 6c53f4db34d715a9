/* SPDX-License-Identifier: ISC */
/*
 * Queries that came together, read and looked up before the first of them is answered: what their answers are
 * made of is asked of memory for all of them at once.
 */
#ifndef ANSWER_ARRIVAL_H
#define ANSWER_ARRIVAL_H

#include "base/span.h"
#include "wire/query.h"
#include "world/world.h"
#include "zone/lookup.h"

enum { ARRIVALS_MAX = 16 };

struct arrival {
	struct span in; /* the message */
	bool heard;     /* as query_read() says, with rcode; false: `query` has no question and no subnet,
			   and the rest no meaning */
	enum rcode rcode;
	uint64_t hash;           /* of its name, where zones_may_have() that */
	const struct node *node; /* of a sound query, for zones_settle() */
	struct query query;
};

/*
 * Reads the messages `in` of `n` of them, at most ARRIVALS_MAX, and sets the rest. `tally` is where their
 * answers will be counted; NULL: they are not.
 */
void arrivals_read(struct arrival *list, unsigned n, const struct view *view, const struct tally *tally);

/* Looks up the name of a query that did not come as a message. */
void arrival_find(struct arrival *arrival, const struct zones *zones);

#endif
