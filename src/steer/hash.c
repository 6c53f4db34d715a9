/* SPDX-License-Identifier: ISC */
/* Lots of clients for members. */
#include "steer/hash.h"
#include "wire/name.h"

#include <string.h>

enum { FRACTION_BITS = 30 };

uint64_t hash_client(const struct steer_entry *policy, const struct addr *client)
{
	struct addr prefix = *client;
	uint64_t halves[2];
	addr_mask(&prefix, prefix.family == FAMILY_V4 ? policy->hash_v4 : policy->hash_v6);
	memcpy(halves, prefix.octets, sizeof(halves));
	uint64_t hash = name_hash_mix(halves[0] ^ 0xa0761d6478bd642fu, prefix.family ^ 0xe7037ed1a0b428dbu);
	return name_hash_mix(hash ^ halves[1], 0x8ebc6af09c88c6e3u);
}

/*
 * -log2 of x / 2^32, times 2^30, for x above 0. Between powers of two log2(1 + f) = f + f (1 - f) p(f), where
 * the polynomial is fitted to 4e-5; it is exact at both ends, so that the error is relative where the
 * result is small.
 */
static uint64_t minus_log2(uint32_t x)
{
	static const int64_t p[] = {475296191, -296964243, 197676760, -104369674, 27585783};
	int shift = __builtin_clz(x);
	int64_t f = (int64_t)((x << shift) & 0x7fffffff) >> 1, sum = 0;
	for (int i = 4; i >= 0; i--)
		sum = (sum * f >> FRACTION_BITS) + p[i];
	int64_t bend = f * (((int64_t)1 << FRACTION_BITS) - f) >> FRACTION_BITS;
	int64_t mantissa = f + (bend * sum >> FRACTION_BITS);
	return ((uint64_t)(shift + 1) << FRACTION_BITS) - (uint64_t)mantissa;
}

uint64_t hash_lot(uint64_t client, uint64_t identity, uint32_t weight)
{
	uint32_t x = (uint32_t)(name_hash_mix(client ^ identity, 0x589965cc75374cc3u) >> 32);
	return (minus_log2(x | 1) << 26) / weight;
}
