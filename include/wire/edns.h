/* SPDX-License-Identifier: ISC */
/*
 * The EDNS options that few queries have: all but client-subnet, which query.c and reply.c see to. A query
 * without them comes by none of this.
 */
#ifndef WIRE_EDNS_H
#define WIRE_EDNS_H

#include "wire/types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct query;
struct reply;

/* What a query has asked for by options: bits of its `asked`. */
enum edns_asked {
	ASKED_NSID = 1,
	ASKED_COOKIE = 2,
	ASKED_KEEPALIVE = 4,
	ASKED_KEEPALIVE_WRONG = 8, /* with a value: malformed, but where the option means nothing, over UDP */
	ASKED_PADDING = 16,
};

/* Octets of options that a reply may have beside client-subnet, extended error and padding. */
enum { EDNS_OPTION_HEADER = 4, EDNS_TEXT_MAX = 255, EDNS_OPTIONS_MAX = 300 };

enum { EDNS_PADDING_BLOCK = 468 }; /* RFC 8467 §4.1 */

/*
 * Notes an option of a query. What we don't know is ignored (RFC 6891 §6.1.2), as is a second cookie (RFC
 * 7873 §5.2). False: it is malformed.
 */
bool edns_read(unsigned code, const uint8_t *value, size_t len, struct query *q);

/* Why a reply is what it is (RFC 8914); the text is constant. */
struct extended_error {
	enum extended_code code;
	const char *text;
};

/*
 * The OPT record is to have this option: between reply_begin() and the first record, of a query with EDNS.
 * False: there is no room for it.
 */
bool edns_put(struct reply *r, enum edns_option code, const uint8_t *value, size_t len);

/* The message is to be padded to a multiple of `block` octets, as far as there is room. When as edns_put().
 */
void edns_pad(struct reply *r, uint16_t block);

/*
 * Ends a message whose OPT record was just written: what edns_put() was given, the error (NULL: none) if
 * there is room, and padding. Part of reply_end(), whose length it returns.
 */
size_t edns_end(struct reply *r, const struct extended_error *error);

#endif
