/* SPDX-License-Identifier: ISC */
/* The one door: a query's octets in, a response's octets out. No socket, clock, lock or allocation behind it.
 */
#ifndef ANSWER_RESPOND_H
#define ANSWER_RESPOND_H

#include "answer/answer.h"
#include "base/addr.h"
#include "base/span.h"
#include "steer/choose.h"
#include "wire/cookie.h"
#include "world/world.h"

#include <stdbool.h>

/* How the query came. */
struct peer {
	struct addr addr; /* unmapped */
	enum transport transport;
	uint16_t idle_timeout_ds; /* of a stream: how long it may be idle now, in 100 ms (RFC 7828); else 0 */
	uint16_t port;            /* in network order; only for records, as what follows */
	const struct endpoint *local; /* where it came to; FAMILY_NONE: not known. NULL: nothing is */
};

/* OUTCOME_TRANSFER: a zone transfer, or a signed message; transfer_respond() sees to it. */
enum outcome { OUTCOME_REPLY, OUTCOME_DROP, OUTCOME_TRANSFER };

/* What a worker answers from, one a thread. Zeroed at first, with the picker seeded and `view` set. */
struct responder {
	const struct view *view;            /* constant for the time of a batch */
	unsigned worker;                    /* its number, for the view's tallies */
	unsigned transfers;                 /* under way; 0 at first */
	unsigned transfers_max;             /* of them; 0: no limit */
	uint32_t now_s;                     /* of this batch: seconds since 1970, for cookies */
	uint64_t now_ms;                    /* of this batch, for view->limiter; unset where there is none */
	struct cookie_secret cookie_secret; /* where the configuration has none; the same for all workers */
	struct picker picker;               /* random numbers and turns */
	struct arrival arrivals[ARRIVALS_MAX]; /* scratch, to read queries into */
	struct tally *tally;  /* where they are counted, set as they are read; NULL: nowhere */
	struct query *query;  /* the one that is answered */
	struct client client; /* for whom; only where it is sound */
	struct answer answer;
	int64_t transfers_told_ms; /* when the log had one that was too many; 0: never */
	uint64_t transfers_untold; /* that were too many since */
};

/* Reads the first `n` of r->arrivals, whose messages are set; see arrivals_read(). */
void responder_read(struct responder *r, unsigned n);

/* The same of one message. */
static inline struct arrival *responder_read_one(struct responder *r, struct span in)
{
	r->arrivals[0].in = in;
	responder_read(r, 1);
	return &r->arrivals[0];
}

/*
 * Answers one message, which responder_read() has read. `out->len` is the room on entry (at least 512) and
 * the response's length on return. OUTCOME_DROP: nothing is to be sent (a response, or too short to have a
 * header). OUTCOME_TRANSFER: nothing was done but to set r->query. The message and `out` must not overlap.
 */
__attribute__((noinline)) enum outcome respond(struct responder *r, const struct peer *peer,
					       struct arrival *arrival, struct span *out);

#endif
