/* SPDX-License-Identifier: ISC */
/* Numbers in network order. */
#ifndef WIRE_OCTETS_H
#define WIRE_OCTETS_H

#include <stdint.h>
#include <string.h>

static inline uint16_t octets_get16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t octets_get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline void octets_put16(uint8_t *p, unsigned value)
{
	uint16_t v = __builtin_bswap16((uint16_t)value);
	memcpy(p, &v, sizeof(v));
}

static inline void octets_put32(uint8_t *p, uint32_t value)
{
	uint32_t v = __builtin_bswap32(value);
	memcpy(p, &v, sizeof(v));
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "gslbd is written for little-endian machines"
#endif

#endif
