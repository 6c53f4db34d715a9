/* SPDX-License-Identifier: ISC */
/* Numbers in network order. */
#ifndef WIRE_OCTETS_H
#define WIRE_OCTETS_H

#include <stdbool.h>
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

static inline void octets_put64(uint8_t *p, uint64_t value)
{
	uint64_t v = __builtin_bswap64(value);
	memcpy(p, &v, sizeof(v));
}

/*
 * Copies `len` octets, at least 8, none of them beyond: in pieces of a fixed size, of which the last lies
 * over the one before where they don't come out even. For the few octets that records and questions have.
 */
static inline void octets_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len < 16) {
		uint64_t first, last;
		memcpy(&first, from, 8);
		memcpy(&last, from + len - 8, 8);
		memcpy(to, &first, 8);
		memcpy(to + len - 8, &last, 8);
		return;
	}
	for (size_t at = 0; at < len - 16; at += 16)
		memcpy(to + at, from + at, 16);
	memcpy(to + len - 16, from + len - 16, 16);
}

/* Are `len` octets the same? As octets_copy() goes over them. */
static inline bool octets_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t x, y;
	if (len < 8) {
		while (len > 0 && *a++ == *b++)
			len--;
		return len == 0;
	}
	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	if (x != y)
		return false;
	for (size_t at = 8; at < len - 8; at += 8) {
		memcpy(&x, a + at, 8);
		memcpy(&y, b + at, 8);
		if (x != y)
			return false;
	}
	memcpy(&x, a + len - 8, 8);
	memcpy(&y, b + len - 8, 8);
	return x == y;
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "gslbd is written for little-endian machines"
#endif

#endif
