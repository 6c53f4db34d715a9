/* SPDX-License-Identifier: ISC */
/*
 * DNS cookies (RFC 7873) as all servers of an anycast address can make and verify them (RFC 9018):
 *
 *   | client cookie, 8 | version 1 | reserved, 3 | time, 4 | hash of all that and the client's address, 8 |
 */
#ifndef WIRE_COOKIE_H
#define WIRE_COOKIE_H

#include "base/addr.h"
#include "base/siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	COOKIE_CLIENT_OCTETS = 8,
	COOKIE_OCTETS = 24,     /* of the client's and what we make */
	COOKIE_OCTETS_MIN = 16, /* of the client's and what any server makes */
	COOKIE_OCTETS_MAX = 40,
	COOKIE_SECRETS_MAX = 8,
};

struct cookie_secret {
	uint8_t octets[SIPHASH_KEY_OCTETS];
};

/* The first makes cookies, any verifies them: so one is rolled over to the next. */
struct cookie_secrets {
	size_t n; /* at least 1 */
	const struct cookie_secret *list;
};

/* COOKIE_OLD: valid, but the client is to have a new one. */
enum cookie_state { COOKIE_WRONG, COOKIE_OLD, COOKIE_VALID };

/*
 * Looks at a cookie with its server's part, of any length. Valid is what was made for this address within the
 * last hour, or is at most 5 minutes ahead; old after half an hour, or by another secret than the first.
 */
enum cookie_state cookie_check(const struct cookie_secrets *secrets, const uint8_t *cookie, size_t len,
			       const struct addr *client, uint32_t now_s);

/* Makes a cookie into `out`, whose first 8 octets are the client's already. */
void cookie_make(const struct cookie_secrets *secrets, const struct addr *client, uint32_t now_s,
		 uint8_t out[COOKIE_OCTETS]);

#endif
