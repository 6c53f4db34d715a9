/* SPDX-License-Identifier: ISC */
/* The records of most negative answers and referrals, with their names compressed before anybody asks. */
#ifndef WIRE_PREPARED_H
#define WIRE_PREPARED_H

#include "base/arena.h"
#include "wire/name.h"
#include "wire/rrset.h"

#include <stdbool.h>

struct reply_records;

/* An SOA with long names takes less, and so does what goes into any reply. */
enum { PREPARED_OCTETS_MAX = RECORD_RDATA_AT + 2 * NAME_OCTETS_MAX + 20, PREPARED_POINTERS_MAX = 64 };

/*
 * What comes after the question in a reply to who asks for its owner: records of the authority section, and
 * behind them others. In a reply to who asks for a name below that, all that pointers point to is as much
 * further behind as that name is longer.
 */
struct prepared {
	const uint8_t *octets;
	const uint16_t *pointers_at;
	uint16_t len;
	uint16_t additional; /* records of that section */
	uint8_t owner_len;
	uint8_t n; /* pointers */
};

/*
 * Prepares `n` rrsets from the way they are kept, of which the first is the authority section; the others are
 * additional. NULL: they are too many, or too long; an SOA alone never is.
 */
const struct prepared *prepared_make(const struct reply_records *list, unsigned n, const struct name *owner,
				     struct arena *arena);

#endif
