/* SPDX-License-Identifier: ISC */
/* Records as they are kept: encoded once, at load, the way they go on the wire. */
#ifndef WIRE_RRSET_H
#define WIRE_RRSET_H

#include "wire/types.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Each record is stored with its owner as a pointer to the question's name, which it nearly always is; then
 * an answer is a copy:
 *
 *   | C0 0C | TYPE | CLASS | TTL (4) | RDLENGTH | RDATA … |
 *
 * Names in RDATA are not compressed here.
 */
enum { RECORD_TYPE_AT = 2, RECORD_TTL_AT = 6, RECORD_RDLENGTH_AT = 10, RECORD_RDATA_AT = 12 };

/* Which names in RDATA may be compressed (RFC 1035 §3.3, RFC 3597 §4): octets before them, and how many there
 * are. */
struct rdata_shape {
	uint8_t before : 4;
	uint8_t names : 3;
	uint8_t host : 1; /* it names a host whose addresses go along with it: see rdata_host() */
};

struct steered;

/* The records of one owner and type. With `steered`, they are candidates, of which a choice tells which are
 * answered. */
struct rrset {
	uint16_t type;
	uint16_t n;
	uint32_t octets_len : 24; /* of all records together: 65,000, or 64 candidates */
	struct rdata_shape shape;
	const uint8_t *octets;
	const struct steered *steered; /* NULL: all are answered, whoever asks */
};
_Static_assert(sizeof(struct rrset) == 24, "a large zone has millions of them");

/* Where in its RDATA a type names a host whose addresses go along with it; -1: nowhere. */
static inline int rdata_host(uint16_t type)
{
	switch (type) {
	case TYPE_NS: return 0;
	case TYPE_MX:
	case TYPE_SVCB:
	case TYPE_HTTPS: return 2;
	case TYPE_SRV: return 6;
	default: return -1;
	}
}

/* A plain rrset of `n` records that are `len` octets, less than 2^24. */
struct rrset rrset_of(uint16_t type, uint16_t n, const uint8_t *octets, size_t len);

/* Octets of the record that begins here. */
static inline size_t record_len(const uint8_t *record)
{
	return RECORD_RDATA_AT + ((size_t)record[RECORD_RDLENGTH_AT] << 8 | record[RECORD_RDLENGTH_AT + 1]);
}

#endif
