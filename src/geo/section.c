/* SPDX-License-Identifier: ISC */
/* Reading the values of a MaxMind database's sections, whatever octets are in them. */
#include "geo/section.h"

/* What the sizes and pointers of one form are counted from, by the octets that follow the control octets. */
static const uint32_t size_bases[] = {0, 29, 285, 65821}, pointer_bases[] = {0, 0, 2048, 526336, 0};

static inline uint64_t number(const uint8_t *octets, size_t n)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | octets[i];
	return value;
}

static inline bool pointer_read(const struct section *s, size_t at, uint8_t control, struct value *out)
{
	unsigned n = (control >> 3 & 3) + 1u;
	if (n > s->size - at)
		return false;
	uint64_t high = n < 4 ? (uint64_t)(control & 7) << 8 * n : 0;
	*out = (struct value){SECTION_POINTER, n, pointer_bases[n] + (high | number(s->octets + at, n)),
			      at + n};
	return true;
}

static inline bool value_read(const struct section *s, size_t at, struct value *out)
{
	if (at >= s->size)
		return false;
	uint8_t control = s->octets[at++];
	unsigned type = control >> 5;
	if (type == SECTION_POINTER)
		return pointer_read(s, at, control, out);
	if (type == SECTION_EXTENDED) {
		if (at >= s->size)
			return false;
		type = 7u + s->octets[at++];
	}

	uint32_t size = control & 31;
	unsigned more = size < 29 ? 0 : size - 28;
	if (more > s->size - at)
		return false;
	if (more > 0)
		size = size_bases[more] + (uint32_t)number(s->octets + at, more);
	at += more;
	bool octets = type != SECTION_MAP && type != SECTION_ARRAY && type != SECTION_BOOLEAN;
	if (octets && size > s->size - at)
		return false;
	*out = (struct value){type, size, at, octets ? at + size : at};
	return true;
}

bool section_read(const struct section *s, size_t at, struct value *out)
{
	return value_read(s, at, out);
}

bool section_follow(const struct section *s, size_t at, struct value *out)
{
	if (!section_read(s, at, out))
		return false;
	if (out->type != SECTION_POINTER)
		return true;
	size_t next = out->next;
	if (!section_read(s, out->inside, out) || out->type == SECTION_POINTER)
		return false;
	out->next = next;
	return true;
}

static inline bool nests(const struct value *value)
{
	return value->type == SECTION_MAP || value->type == SECTION_ARRAY;
}

/* Passes all items of a map or array. *left: how many there may be; NULL: pointers are not followed, so that
 * the octets are the limit. */
static bool pass(const struct section *s, struct value *value, unsigned room, uint32_t *left)
{
	bool map = value->type == SECTION_MAP;
	uint32_t n = map ? 2 * value->size : value->size; /* sizes have 25 bits at most */
	if (room == 0 || (left != NULL && n > *left))
		return false;
	if (left != NULL)
		*left -= n;
	for (uint32_t i = 0; i < n; i++) {
		struct value item;
		if (!value_read(s, value->next, &item))
			return false;
		bool key = map && i % 2 == 0, pointer = item.type == SECTION_POINTER;
		if (key && item.type != SECTION_STRING && !pointer)
			return false;
		value->next = item.next;
		if (pointer && left != NULL &&
		    (!value_read(s, item.inside, &item) || item.type == SECTION_POINTER))
			return false;
		if (nests(&item) && !pass(s, &item, room - 1, left))
			return false;
		if (!pointer)
			value->next = item.next;
	}
	return true;
}

bool section_skip(const struct section *s, struct value *value)
{
	return !nests(value) || pass(s, value, SECTION_NESTING_MAX, NULL);
}

bool section_bounded(const struct section *s, size_t at, uint32_t most)
{
	struct value value;
	if (!section_follow(s, at, &value))
		return false;
	value.next = value.inside; /* not behind a pointer to it */
	return !nests(&value) || pass(s, &value, SECTION_NESTING_MAX, &most);
}

uint64_t section_number(const struct section *s, const struct value *value)
{
	return number(s->octets + value->inside, value->size);
}
