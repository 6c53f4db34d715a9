/* SPDX-License-Identifier: ISC */
/* The header that a proxy puts before what a client has sent: the PROXY protocol, version 2, of HAProxy.
 * Pure. */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include "base/addr.h"
#include "base/span.h"

#include <stddef.h>

enum {
	PROXY_FIXED = 16, /* octets that say how many more there are */
	PROXY_MAX =
		2048, /* of a whole header; proxies that add a few values of their own send some hundred */
};

enum proxy_result { PROXY_SHORT, PROXY_SOUND, PROXY_MALFORMED };

/*
 * Reads the header that `in` begins with. PROXY_SOUND: *len is its length, and `client` is who sent what
 * follows; it is left as it was where the header does not say (LOCAL: the proxy itself; no family, or one
 * that is not of the Internet). Values behind the addresses (TLVs) are passed over. PROXY_SHORT: so far it is
 * sound, and *len is how many octets it takes to go on: PROXY_FIXED, or all. PROXY_MALFORMED: no such header.
 */
enum proxy_result proxy_read(struct span in, struct endpoint *client, size_t *len);

#endif
