/* SPDX-License-Identifier: ISC */
/* What is kept of one query: octets copied by the worker that answered it, to be read by nobody in a hurry.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/addr.h"

#include <stdint.h>

struct record {
	uint64_t time_ns;               /* since 1970, when it was answered */
	struct endpoint client, server; /* FAMILY_NONE, port 0: not known */
	uint8_t transport;              /* enum transport */
	uint8_t zone_len;               /* octets of the zone's name, which ends that of the query; 0: none */
	uint16_t worker;
	uint16_t question_len;         /* octets of it behind the query's header; 0: it could not be read */
	struct prefix subnet;          /* FAMILY_NONE: the query has none */
	uint16_t query_len, reply_len; /* no reply: it was dropped */
	uint32_t places_len;
	uint8_t octets[]; /* the query, the reply, and the datacenters chosen, with a NUL behind each name */
};

static inline const uint8_t *record_query(const struct record *r)
{
	return r->octets;
}

static inline const uint8_t *record_reply(const struct record *r)
{
	return r->octets + r->query_len;
}

static inline const char *record_places(const struct record *r)
{
	return (const char *)r->octets + r->query_len + r->reply_len;
}

#endif
