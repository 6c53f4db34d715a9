/* SPDX-License-Identifier: ISC */
/* A TSIG record (RFC 8945 §4.2) as it stands in a message. Private to transfer/. */
#ifndef TRANSFER_TSIG_RECORD_H
#define TRANSFER_TSIG_RECORD_H

#include "base/span.h"
#include "wire/name.h"
#include "wire/types.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Octets of a record between its owner and its RDATA, and of a TSIG's between the algorithm's name and the
 * MAC (time, fudge, the MAC's length) and from there to the other data (original ID, error, their length).
 */
enum { RECORD_FIXED = 10, TSIG_BEFORE_MAC = 10, TSIG_BEHIND_MAC = 6 };

/* Where a message's header counts the additional records. */
enum { ARCOUNT_AT = 10 };

struct tsig_record {
	size_t at; /* where it begins */
	struct name key, algorithm;
	uint64_t signed_s; /* since 1970 */
	uint16_t fudge_s;
	uint16_t mac_len, id, error, other_len;
	const uint8_t *mac, *other; /* in the message */
};

/* Finds the TSIG record that ends the message. False: there is none, or it is malformed. */
bool tsig_record_find(struct span message, struct tsig_record *out);

/*
 * Reads a name that may be compressed, from `at` on, and makes it lower case. Returns where it ends; 0: it is
 * none.
 */
size_t tsig_name_read(struct span message, size_t at, struct name *out);

#endif
