/* SPDX-License-Identifier: ISC */
/* Making and verifying DNS cookies. */
#include "wire/cookie.h"
#include "wire/octets.h"

#include <string.h>

enum { VERSION_AT = 8, TIME_AT = 12, HASH_AT = 16, VERSION = 1 };
enum { AHEAD_MAX_S = 300, AGE_MAX_S = 3600, AGE_RENEWED_S = 1800 };

/* Over what is before the hash, and the address as it is in packets (RFC 9018 §4.4). */
static uint64_t hash(const struct cookie_secret *secret, const uint8_t *cookie, const struct addr *client)
{
	uint8_t octets[HASH_AT + sizeof(client->octets)];
	size_t len = addr_bits(client) / 8;
	memcpy(octets, cookie, HASH_AT);
	memcpy(octets + HASH_AT, client->octets, len);
	return siphash(secret->octets, octets, HASH_AT + len);
}

enum cookie_state cookie_check(const struct cookie_secrets *secrets, const uint8_t *cookie, size_t len,
			       const struct addr *client, uint32_t now_s)
{
	if (len != COOKIE_OCTETS || cookie[VERSION_AT] != VERSION)
		return COOKIE_WRONG;
	int32_t age_s = (int32_t)(now_s - octets_get32(cookie + TIME_AT)); /* RFC 1982: it may wrap around */
	if (age_s > AGE_MAX_S || age_s < -AHEAD_MAX_S)
		return COOKIE_WRONG;
	uint64_t given;
	memcpy(&given, cookie + HASH_AT, sizeof(given));
	for (size_t i = 0; i < secrets->n; i++) {
		if (hash(&secrets->list[i], cookie, client) == given)
			return i > 0 || age_s > AGE_RENEWED_S ? COOKIE_OLD : COOKIE_VALID;
	}
	return COOKIE_WRONG;
}

void cookie_make(const struct cookie_secrets *secrets, const struct addr *client, uint32_t now_s,
		 uint8_t out[COOKIE_OCTETS])
{
	octets_put32(out + VERSION_AT, (uint32_t)VERSION << 24);
	octets_put32(out + TIME_AT, now_s);
	uint64_t made = hash(&secrets->list[0], out, client);
	memcpy(out + HASH_AT, &made, sizeof(made));
}
