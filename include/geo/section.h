/* SPDX-License-Identifier: ISC */
/*
 * The values of a section of a MaxMind database (its file format specification, version 2.0: "Data section"),
 * read without trust: nothing outside of the section is ever looked at, and reading one value takes no loop
 * over a size that the file says.
 */
#ifndef GEO_SECTION_H
#define GEO_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct section {
	const uint8_t *octets; /* borrowed */
	size_t size;
};

/* Types as the format numbers them; others are values whose octets mean nothing here. */
enum {
	SECTION_EXTENDED,
	SECTION_POINTER,
	SECTION_STRING,
	SECTION_UINT16 = 5,
	SECTION_UINT32,
	SECTION_MAP,
	SECTION_UINT64 = 9,
	SECTION_ARRAY = 11,
	SECTION_BOOLEAN = 14
};

/*
 *   inside         next               inside        next, after section_skip()
 *   v              v                  v             v
 *  |control|octets|      |array's control|item|item|
 */
struct value {
	unsigned type;
	uint32_t size; /* octets; of an array: items, of a map: pairs, each of a key and a value */
	size_t inside; /* where its octets or its first item begin; of a pointer: where it points to */
	size_t next; /* what comes after it; of maps and arrays: the same as `inside`, until section_skip() */
};

/* The value that begins at an offset of the section. False where it does not fit into what is left of it. */
bool section_read(const struct section *section, size_t at, struct value *out);

/*
 * The same, but for a pointer what it points to, and as `next` what comes after the pointer. False for a
 * pointer to a pointer, which the format forbids.
 */
bool section_follow(const struct section *section, size_t at, struct value *out);

/*
 * Moves `next` of what section_read() gave behind all of its items. Pointers are passed over, not followed,
 * so that takes a step an octet at most. False where an item can't be read, a key is neither a string nor a
 * pointer, or there are maps and arrays inside of each other more than SECTION_NESTING_MAX deep.
 */
#define SECTION_NESTING_MAX 64
bool section_skip(const struct section *section, struct value *value);

/*
 * Whether a value can be read with all of its items and theirs, pointers followed, and has `most` of them at
 * most: pointers to what has pointers make of a few octets more than any memory holds. The same else as in
 * section_skip().
 */
bool section_bounded(const struct section *section, size_t at, uint32_t most);

/* The number in the octets of a value, of which there must be 8 at most. */
uint64_t section_number(const struct section *section, const struct value *value);

#endif
