/* SPDX-License-Identifier: ISC */
/* RDATA from presentation to wire format. */
#ifndef ZONE_RDATA_H
#define ZONE_RDATA_H

#include "base/fault.h"
#include "config/lexer.h"
#include "wire/name.h"

#include <stdbool.h>
#include <stdint.h>

struct rdata {
	uint16_t type;
	uint16_t len;
	uint8_t octets[65535];
};

/* The number of a type's mnemonic or TYPEnnn (RFC 3597 §5), 0 where it is none. */
uint16_t rdata_type(const struct token *token);

/* Has the type a place in a zone file? Adds a fault and returns false where it has none, or is no type. */
bool rdata_type_check(const struct entry *entry, size_t type_token, struct faults *faults);

/* The mnemonic of a type, or TYPEnnn, into `out` of 16 characters. */
char *rdata_type_format(uint16_t type, char *out);

/*
 * Parses the entry's tokens behind `type_token` as RDATA of that type, names being relative to `origin`. Adds
 * a fault and returns false where they are not.
 */
bool rdata_parse(const struct entry *entry, size_t type_token, const struct name *origin, struct rdata *out,
		 struct faults *faults);

#endif
