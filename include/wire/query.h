/* SPDX-License-Identifier: ISC */
/* A query, read in one pass over its octets. */
#ifndef WIRE_QUERY_H
#define WIRE_QUERY_H

#include "base/addr.h"
#include "base/span.h"
#include "wire/name.h"
#include "wire/types.h"

#include <stdbool.h>
#include <stdint.h>

/* The EDNS client-subnet option (RFC 7871 §6). */
struct client_subnet {
	bool present;
	uint8_t source;        /* SOURCE PREFIX-LENGTH; 0: the client does not say where it is */
	struct addr addr;      /* FAMILY_NONE only with source 0 */
	const uint8_t *option; /* in the message, which the reply repeats but for the scope */
};

struct query {
	uint16_t flags; /* as received */
	uint16_t type;  /* 0: the question could not be read */
	uint16_t class;
	uint16_t question_len; /* octets of the question behind the header; 0: it could not be read */
	bool edns;
	bool dnssec_ok;
	bool tsig; /* the message is sound and signed: its last record is a TSIG */
	uint8_t edns_version;
	uint8_t asked;      /* by options other than client-subnet: bits of enum edns_asked */
	bool cookie_valid;  /* set by respond() before it looks for the answer: the client is where it says */
	uint8_t cookie_len; /* 8, or 16 to 40 */
	uint16_t udp_size;  /* what a datagram may have that it is sent: 512 without EDNS, and no more than we
			       send */
	struct client_subnet subnet;
	const uint8_t *cookie;  /* in the message; only where it is among `asked` */
	const uint8_t *message; /* whose header, and question with its letter case, the reply repeats */
	struct name name;       /* lower case */
	uint8_t label_at[NAME_LABELS_MAX + 1];
};

/*
 * Reads a message. False: it is to be dropped (too short for a header, or a response, which answering could
 * make a loop of), and nothing of it is read. Otherwise *rcode is NOERROR, or what is wrong with it: FORMERR
 * for anything malformed, NOTIMP for an opcode other than QUERY, BADVERS (RFC 6891 §6.1.3). What was read up
 * to the fault is valid, so that the reply can repeat the question; options are present only where all is
 * sound. Records before the additional section are malformed, but for the SOA of an IXFR (RFC 1995 §3). A
 * query of no question is sound where it has a cookie (RFC 7873 §5.4): its class and type are 0, and it has
 * no name.
 */
bool query_read(struct span in, struct query *q, enum rcode *rcode);

#endif
