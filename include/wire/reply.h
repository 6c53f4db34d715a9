/* SPDX-License-Identifier: ISC */
/* A response, written from front to back into the caller's octets; never longer than its limit. */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include "wire/edns.h"
#include "wire/prepared.h"
#include "wire/query.h"
#include "wire/rrset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_NAMES_MAX = 64 };

/* A name in the message: where it begins, and its octets when written out. */
struct written_name {
	uint16_t at;
	uint16_t len;
};

struct reply {
	uint8_t *octets;
	size_t len;
	size_t limit;         /* room for records: the message's limit less the OPT record that comes last */
	size_t opt_len;       /* of that, with client-subnet */
	uint16_t options_len; /* of that, the other options */
	uint16_t block;  /* octets; the message is padded to a multiple of them (RFC 7830); 0: it is not */
	uint64_t counts; /* of all sections, the question's the highest 16 bits, as in the header */
	const struct query *q;
	uint8_t n_names;
	struct written_name names[REPLY_NAMES_MAX]; /* and their ancestors, to compress against */
	uint8_t options[EDNS_OPTIONS_MAX];
};

/* What a response to the query may take of `room` octets: over UDP no more than the client takes. */
static inline size_t reply_limit(const struct query *q, enum transport transport, size_t room)
{
	size_t limit = transport_streams(transport) ? MESSAGE_OCTETS_MAX : q->udp_size;
	return limit < room ? limit : room;
}

/*
 * Begins with the header's room and the question. `room` is what `octets` holds, at least 512; the
 * message is limited to reply_limit() of that.
 */
void reply_begin(struct reply *r, const struct query *q, uint8_t *octets, size_t room,
		 enum transport transport);

/*
 * Adds the whole of an rrset, or, with `picked`, the `n` records that begin at these offsets, in this order,
 * in either case with one TTL where `has_ttl`. `owner` is NULL for the question's name, or an uncompressed
 * name. Adds all or nothing: false where it does not fit.
 */
struct reply_records {
	const struct rrset *set;
	const uint8_t *owner;
	const uint32_t *picked; /* NULL: all */
	uint16_t n;
	bool has_ttl;
	uint32_t ttl_s;                  /* in place of the records' own */
	const struct prepared *prepared; /* the same, and what goes along, where nothing is added before it
					    and the question's name is the owner or below; else NULL */
};
bool reply_add(struct reply *r, enum section section, const struct reply_records *records);

/* Takes all records back, so that only the question is left. */
void reply_empty(struct reply *r);

/* What the header and OPT record say beside the records. */
struct reply_status {
	enum rcode rcode;
	bool authoritative;
	bool truncated;
	uint8_t scope; /* SCOPE PREFIX-LENGTH (RFC 7871 §7.2.1), where the query had the option */
	const struct extended_error *error; /* told where the query had EDNS; NULL: none */
};

/* Ends the message: OPT record where the query had one, header. Returns its length. */
size_t reply_end(struct reply *r, const struct query *q, const struct reply_status *status);

#endif
