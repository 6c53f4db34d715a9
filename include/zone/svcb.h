/* SPDX-License-Identifier: ISC */
/* Parameters of SVCB and HTTPS records (RFC 9460). Private to zone/. */
#ifndef ZONE_SVCB_H
#define ZONE_SVCB_H

#include "zone/rdata.h"

/* SvcParamKeys (IANA "DNS Service Bindings"). */
enum svcb_key {
	SVCB_MANDATORY = 0,
	SVCB_ALPN = 1,
	SVCB_NO_DEFAULT_ALPN = 2,
	SVCB_PORT = 3,
	SVCB_IPV4HINT = 4,
	SVCB_ECH = 5,
	SVCB_IPV6HINT = 6,
	SVCB_DOHPATH = 7, /* RFC 9461 */
	SVCB_OHTTP = 8,   /* RFC 9540 */
	SVCB_INVALID = 65535
};

enum { SVCB_HEAD = 4 }; /* octets of key and length before a value */

/*
 * Parses the entry's tokens from `first` on as parameters (RFC 9460 §2.1, §7, §8, appendix A) and puts them
 * behind the priority and the target that are in `out` already, in the order of their keys. Adds a fault and
 * returns false where one is wrong, or they do not go together.
 */
bool svcb_read(const struct entry *entry, size_t first, struct rdata *out, struct faults *faults);

/* What is wrong with the parameters of a record's octets, whose target ends within them; NULL: nothing. */
const char *svcb_wrong(const struct rdata *rdata);

#endif
