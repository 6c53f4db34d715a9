/* SPDX-License-Identifier: ISC */
/* What a reply says to the EDNS options of a query, beside client-subnet. Only for queries that have such. */
#ifndef ANSWER_OPTIONS_H
#define ANSWER_OPTIONS_H

#include "answer/respond.h"
#include "wire/reply.h"

/*
 * Looks at the query's cookie, which sets r->query.cookie_valid, and gives the reply its options: name server
 * identifier (RFC 5001), cookie (RFC 7873), idle timeout (RFC 7828) and padding (RFC 7830). Between
 * reply_begin() and the first record, of a query with anything among `asked`. Returns the rcode: that given,
 * unless it is NOERROR and an option is wrong.
 */
enum rcode options_answer(struct responder *r, const struct peer *peer, struct reply *reply,
			  enum rcode rcode);

#endif
