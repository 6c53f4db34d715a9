/* SPDX-License-Identifier: ISC */
/* Reading PROXY headers of version 2. */
#include "wire/proxy.h"
#include "wire/octets.h"

#include <string.h>

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum { SIGNATURE = sizeof(signature) - 1, VERSION = 2 };
enum { COMMAND_LOCAL, COMMAND_PROXY };
enum { FAMILY_UNSPECIFIED, FAMILY_INET, FAMILY_INET6, FAMILY_UNIX, FAMILIES };
enum { PROTOCOLS = 3 }; /* unspecified, stream, datagram: how the client came does not matter here */

/* Octets of both addresses and ports. */
static const uint8_t addresses_len[FAMILIES] = {
	[FAMILY_UNSPECIFIED] = 0, [FAMILY_INET] = 12, [FAMILY_INET6] = 36, [FAMILY_UNIX] = 216};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The source address comes first, and both ports are behind both addresses. */
static void read_client(const uint8_t *addresses, unsigned family, struct endpoint *client)
{
	if (family != FAMILY_INET && family != FAMILY_INET6)
		return;
	client->addr = (struct addr){.family = family == FAMILY_INET ? FAMILY_V4 : FAMILY_V6};
	size_t len = addr_bits(&client->addr) / 8;
	memcpy(client->addr.octets, addresses, len);
	client->port = octets_get16(addresses + 2 * len);
	addr_unmap(&client->addr);
}

enum proxy_result proxy_read(struct span in, struct endpoint *client, size_t *len)
{
	*len = PROXY_FIXED;
	if (memcmp(in.octets, signature, smaller(in.len, SIGNATURE)) != 0)
		return PROXY_MALFORMED;
	if (in.len < PROXY_FIXED)
		return PROXY_SHORT;
	unsigned command = in.octets[SIGNATURE] & 0xf, version = in.octets[SIGNATURE] >> 4;
	unsigned family = in.octets[SIGNATURE + 1] >> 4, protocol = in.octets[SIGNATURE + 1] & 0xf;
	size_t rest = octets_get16(in.octets + SIGNATURE + 2);
	if (version != VERSION || command > COMMAND_PROXY || PROXY_FIXED + rest > PROXY_MAX)
		return PROXY_MALFORMED;
	bool tells = command == COMMAND_PROXY; /* else the other fields mean nothing */
	if (tells && (family >= FAMILIES || protocol >= PROTOCOLS || rest < addresses_len[family]))
		return PROXY_MALFORMED;
	*len = PROXY_FIXED + rest;
	if (in.len < *len)
		return PROXY_SHORT;
	if (tells)
		read_client(in.octets + PROXY_FIXED, family, client);
	return PROXY_SOUND;
}
