/* SPDX-License-Identifier: ISC */
/* The one record of most negative answers, with its names compressed before anybody asks. */
#ifndef WIRE_PREPARED_H
#define WIRE_PREPARED_H

#include "wire/name.h"
#include "wire/rrset.h"

/* Names of an SOA, and what it has beside them; its owner is a pointer, or the root. */
enum { PREPARED_NAMES = 3, PREPARED_OCTETS_MAX = RECORD_RDATA_AT + 2 * NAME_OCTETS_MAX + 20 };

/*
 * What comes after the question in a reply to who asks for its owner. In a reply to who asks for a name below
 * that, all that pointers point to is as much further behind as that name is longer.
 */
struct prepared {
	uint16_t len;
	uint8_t owner_len;
	uint8_t n; /* pointers */
	uint16_t pointers_at[PREPARED_NAMES];
	uint8_t octets[PREPARED_OCTETS_MAX]; /* `len` of them where it is kept: prepared_size() */
};

/* Prepares an SOA, from the way it is kept. */
void prepared_make(const struct rrset *soa, const struct name *owner, struct prepared *out);

static inline size_t prepared_size(const struct prepared *p)
{
	return offsetof(struct prepared, octets) + p->len;
}

#endif
