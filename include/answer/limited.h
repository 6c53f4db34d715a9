/* SPDX-License-Identifier: ISC */
/* What becomes of a response that one client's network gets too many of. */
#ifndef ANSWER_LIMITED_H
#define ANSWER_LIMITED_H

#include "answer/respond.h"

/* Is the query known to come from its source, and not to be forged? */
static inline bool limited_proven(const struct peer *peer, bool cookie_valid)
{
	return transport_streams(peer->transport) || cookie_valid;
}

/* Is the response one too many that r->query is about to get, from r->answer with that rcode? Counts it.
 * Apart from respond(), so that this costs the less without a limiter. */
__attribute__((noinline)) bool limited_over(const struct responder *r, const struct peer *peer,
					    enum rcode rcode);

/* What becomes of one that is: as limited_pass(). */
__attribute__((noinline)) bool limited_restrain(struct responder *r, const struct peer *peer,
						struct reply *reply);

/*
 * May the response be sent? `reply` holds what is written of it, up to reply_end(). False: it is to be
 * dropped. It may also be true beyond the limit, with the reply emptied and truncated; an error,
 * which is as short anyway, stays what it is.
 */
static inline bool limited_pass(struct responder *r, const struct peer *peer, struct reply *reply)
{
	return r->view->limiter == NULL || !limited_over(r, peer, r->answer.status.rcode) ||
	       limited_restrain(r, peer, reply);
}

#endif
