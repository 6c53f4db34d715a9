/* SPDX-License-Identifier: ISC */
/* What a reply says to the EDNS options of a query, beside client-subnet. Only for queries that have such. */
#ifndef ANSWER_OPTIONS_H
#define ANSWER_OPTIONS_H

#include "answer/respond.h"
#include "wire/reply.h"

/*
 * Looks at the query's cookie, which sets its cookie_valid, and gives the reply its options: name server
 * identifier (RFC 5001), cookie (RFC 7873), idle timeout (RFC 7828) and padding (RFC 7830). Between
 * reply_begin() and the first record, of a query with anything among `asked`. Returns the rcode: that given,
 * unless it is NOERROR and an option is wrong.
 */
enum rcode options_answer(const struct responder *r, struct query *q, const struct peer *peer,
			  struct reply *reply, enum rcode rcode);

/* Has r->query a valid cookie? For who has to know that before there is a reply. */
bool options_prove(const struct responder *r, const struct peer *peer);

/* The client tells us how long it may be idle (RFC 7828 §3.2.1): malformed, which options_answer() finds too.
 */
static inline bool options_malformed(const struct query *q, const struct peer *peer)
{
	return (q->asked & ASKED_KEEPALIVE_WRONG) && transport_streams(peer->transport);
}

#endif
