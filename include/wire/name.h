/* SPDX-License-Identifier: ISC */
/* Domain names in wire format (RFC 1035 §3.1), lower case for comparison (RFC 4343). */
#ifndef WIRE_NAME_H
#define WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	NAME_OCTETS_MAX = 255,
	NAME_LABELS_MAX = 127,
	LABEL_OCTETS_MAX = 63,
	NAME_TEXT_MAX = 1025, /* every octet as \DDD, the dots, and the NUL */
	NAME_PADDING = 9,     /* so that eight octets can be read from where any label begins */
};

/* An absolute name with its root label; `labels` does not count the root. */
struct name {
	uint8_t len;
	uint8_t labels;
	uint8_t octets[NAME_OCTETS_MAX + NAME_PADDING];
};

/*
 * Parses the presentation format (RFC 1035 §5.1: `\.`, `\DDD`; `@` is the origin, a name without a final dot
 * is relative to it) and makes it lower case. `origin` may be NULL: then every name is absolute. On failure
 * *why is a constant text that says what is wrong.
 */
bool name_parse(const char *text, size_t len, const struct name *origin, struct name *out, const char **why);

/* Writes a name as text, with its final dot and a NUL, into `out` of NAME_TEXT_MAX characters, and returns
 * it. */
char *name_format(const uint8_t *octets, char *out);

/* From the octets of an absolute, uncompressed, valid name; makes it lower case. */
void name_from_octets(const uint8_t *octets, struct name *out);

/* Length in octets, with the root label, of an uncompressed, valid name. */
size_t name_length(const uint8_t *octets);

/* Is `name` the same as `apex`, or below it? Both are lower case. */
bool name_within(const struct name *name, const struct name *apex);

/* Is the label that begins there `*` (RFC 4592 §2.1.1)? */
static inline bool label_is_wildcard(const uint8_t *label)
{
	return label[0] == 1 && label[1] == '*';
}

/* Both halves of a product, folded (Yi 2018, wyhash): where an operand is secret nobody outside can aim for
 * collisions. */
static inline uint64_t name_hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * The octets of a name of less than 8, some of them twice: names of one length that differ have different
 * ones. A question that could not be read has none, and is hashed all the same.
 */
static inline uint64_t name_short(const uint8_t *octets, size_t len)
{
	uint32_t first, last;
	if (len < 4)
		return octets[0] | (uint64_t)octets[len / 2] << 8 | (uint64_t)octets[(len - 1) & 3] << 16;
	memcpy(&first, octets, 4);
	memcpy(&last, octets + len - 4, 4);
	return (uint64_t)first << 32 | last;
}

/*
 * The hash of a name's octets: sixteen at a time, the last ones being those that end the name, whether they
 * were taken before or not.
 */
static inline uint64_t name_hash(const uint8_t *octets, size_t len, uint64_t seed)
{
	uint64_t first, last, hash = seed ^ len, other = seed * 0x9e3779b97f4a7c15u;
	if (len < 8)
		return name_hash_mix(hash ^ name_short(octets, len), other);
	const uint8_t *end = octets + len;
	if (len > 16) {
		for (; end - octets > 16; octets += 16) {
			memcpy(&first, octets, 8);
			memcpy(&last, octets + 8, 8);
			hash = name_hash_mix(hash ^ first, other ^ last);
		}
		octets = end - 16;
	}
	memcpy(&first, octets, 8);
	memcpy(&last, end - 8, 8);
	hash = name_hash_mix(hash ^ first, other ^ last);
	return hash ^ hash >> 32; /* names that differ in one octet are spread by the high half only */
}

/* Where each label begins: at[0..labels-1], at[labels] being the root. */
void name_labels(const struct name *name, uint8_t at[NAME_LABELS_MAX + 1]);

#endif
