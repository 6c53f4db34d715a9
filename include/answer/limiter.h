/* SPDX-License-Identifier: ISC */
/*
 * Response rate limiting: who forges the address of a victim is not to have us flood it. One bounded table
 * for all workers, as the kernel spreads the queries of one client over them:
 *
 *   client's network ─┐
 *   kind of response ─┼─ hash ──> bucket of 4 cells ──> | when it is even again (44) | told (1) | tag (19) |
 *   name, of 64 ──────┘
 *
 * A cell is a leaky bucket (GCRA, as in ITU-T I.371): each response moves the moment at which the client is
 * even again by 1/rate s, and one that would move it more than a second ahead of now is too much. So a
 * second's worth may come at once, and under a flood the rate goes on. What is too much changes nothing, so a
 * flood only reads. A cell whose moment has passed says the same as none at all: only in a table of such that
 * are all ahead does a newcomer take the place of one, of that which is ahead the least.
 *
 * The names of a zone share 64 cells for each network and kind, by a hash: who is asked for two names has
 * two rates, but who is flooded with all names of a zone has at most 64.
 *
 * Times are milliseconds of a clock that never goes back, CLOCK_MONOTONIC_COARSE.
 */
#ifndef ANSWER_LIMITER_H
#define ANSWER_LIMITER_H

#include "config/config.h"
#include "wire/query.h"

#include <stdbool.h>
#include <stdint.h>

struct limiter;

/*
 * By these rules, which must outlive it. NULL where nothing is to be limited. With `before` (NULL: none) it
 * goes on with the table of that, if it has the same size; both are to be freed, in any order, with
 * limiter_free() once no worker uses them. Control's thread.
 */
struct limiter *limiter_new(const struct rate_limit *rules, struct limiter *before);
void limiter_free(struct limiter *limiter);

const struct rate_limit *limiter_rules(const struct limiter *limiter);

/*
 * What counts together: responses of a kind to one client's network, of one source: the number of a name or a
 * zone; 0: of nothing of ours. Any worker.
 */
uint64_t limiter_key(const struct limiter *limiter, const struct addr *client, enum limit_kind kind,
		     uint64_t source);

/* A response that is about to be sent. */
struct limit_case {
	const struct addr *client;
	enum limit_kind kind;
	uint64_t key;              /* limiter_key() */
	const struct query *query; /* to tell of it */
};

/* Counts it: is it one too many? Any worker; one that loses the race for a cell is told no. */
bool limiter_over(struct limiter *limiter, const struct limit_case *response, uint64_t now_ms);

/* Is one that is too many to be held back, as its client is not exempt? Leaves an event. Any worker. */
bool limiter_restrains(struct limiter *limiter, const struct limit_case *response);

/* That a client's network has begun to be limited. */
struct limit_event {
	struct prefix client;
	enum limit_kind kind;
	uint16_t type; /* of the question; 0: it could not be read */
	struct name name;
	uint64_t cell, tag; /* of the table */
};

/*
 * Takes an event; false where there is none. Workers leave no more than four until they are taken: what comes
 * more is not told. Control's thread.
 */
bool limiter_event(struct limiter *limiter, struct limit_event *out);

/* Is it still limited, or was it a moment ago? */
bool limiter_holds(const struct limiter *limiter, const struct limit_event *event, uint64_t now_ms);

#endif
