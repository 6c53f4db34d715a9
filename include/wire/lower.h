/* SPDX-License-Identifier: ISC */
/* Names in lower case (RFC 4343), sixteen octets at a time. */
#ifndef WIRE_LOWER_H
#define WIRE_LOWER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t lower16 __attribute__((vector_size(16)));
typedef int8_t lower16_signed __attribute__((vector_size(16)));
typedef uint64_t lower_halves __attribute__((vector_size(16)));

/*
 * Lower case, sixteen octets at once. A label's length is at most 63, below 'A', so length octets stay as
 * they are. One instruction compares sixteen octets, but signed ones: so capitals are moved up until 'Z' is
 * the largest there is.
 */
static inline lower16 lower_of(lower16 v)
{
	lower16_signed moved = (lower16_signed)(v + (INT8_MAX - 'Z'));
	return v | ((lower16)(moved > INT8_MAX - 26) & 0x20);
}

/*
 * Copies a name of 8 to 16 octets in lower case, the middle ones twice. The halves meet in a register: what
 * is stored in pieces and loaded as one has to wait for the stores.
 */
static inline void lower_copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
	uint64_t first, last;
	memcpy(&first, from, 8);
	memcpy(&last, from + len - 8, 8);
	lower_halves lower = (lower_halves)lower_of((lower16)(lower_halves){first, last});
	first = lower[0];
	last = lower[1];
	memcpy(to, &first, 8);
	memcpy(to + len - 8, &last, 8);
}

static inline void lower_copy_16(uint8_t *to, const uint8_t *from)
{
	lower16 v;
	memcpy(&v, from, sizeof(v));
	v = lower_of(v);
	memcpy(to, &v, sizeof(v));
}

/* Copies a name in lower case. Where its octets are no multiple of 16, the last 16 of them may be copied
 * twice. */
static inline void lower_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	if (len < 8) {
		lower16 v = {0};
		memcpy(&v, from, len);
		v = lower_of(v);
		memcpy(to, &v, len);
		return;
	}
	if (len <= 16) {
		lower_copy_short(to, from, len);
		return;
	}
	size_t at = 0, last = len - 16;
	for (; at + 16 < last; at += 32) {
		lower_copy_16(to + at, from + at);
		lower_copy_16(to + at + 16, from + at + 16);
	}
	if (at < last)
		lower_copy_16(to + at, from + at);
	lower_copy_16(to + len - 16, from + len - 16);
}

#endif
