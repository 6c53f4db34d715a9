/* SPDX-License-Identifier: ISC */
/* Checking the metadata of a MaxMind database. */
#include "geo/metadata.h"
#include "geo/section.h"

#include <string.h>

enum { NODE_COUNT, RECORD_SIZE, IP_VERSION, LANGUAGES = 4, DESCRIPTION, KEYS = 9 };
enum { SECTION_MAX = 128 * 1024, SEPARATOR = 16 };

static const char marker[] = "\xab\xcd\xefMaxMind.com";
enum { MARKER_LEN = sizeof(marker) - 1 };

/* All that MMDB_open() asks for. */
static const struct row {
	const char *key;
	unsigned type;
	const char *otherwise;
} rows[KEYS] = {
	{"node_count", SECTION_UINT32, "its metadata has no node_count that can be read"},
	{"record_size", SECTION_UINT16, "its metadata has no record_size that can be read"},
	{"ip_version", SECTION_UINT16, "its metadata has no ip_version that can be read"},
	{"database_type", SECTION_STRING, "its metadata has no database_type that can be read"},
	{"languages", SECTION_ARRAY, "its metadata has no languages that can be read"},
	{"description", SECTION_MAP, "its metadata has no description that can be read"},
	{"binary_format_major_version", SECTION_UINT16,
	 "its metadata has no binary_format_major_version that can be read"},
	{"binary_format_minor_version", SECTION_UINT16,
	 "its metadata has no binary_format_minor_version that can be read"},
	{"build_epoch", SECTION_UINT64, "its metadata has no build_epoch that can be read"},
};

/* What follows the last marker; no octets where there is none. */
static struct section section_find(const uint8_t *file, size_t size)
{
	size_t begin = size > SECTION_MAX ? size - SECTION_MAX : 0;
	for (size_t at = size; at >= begin + MARKER_LEN; at--)
		if (memcmp(file + at - MARKER_LEN, marker, MARKER_LEN) == 0)
			return (struct section){file + at, size - at};
	return (struct section){file + size, 0};
}

/* The value of the first such key of a map. */
static bool value_find(const struct section *s, const struct value *map, const char *key, struct value *out)
{
	size_t len = strlen(key), at = map->inside;
	for (uint32_t i = 0; i < map->size; i++) {
		if (!section_follow(s, at, out) || out->type != SECTION_STRING)
			return false;
		size_t next = out->next;
		if (out->size == len && memcmp(s->octets + out->inside, key, len) == 0)
			return section_follow(s, next, out);
		if (!section_read(s, next, out) || !section_skip(s, out))
			return false;
		at = out->next;
	}
	return false;
}

static bool row_read(const struct section *s, const struct value *map, const struct row *row,
		     struct value *out)
{
	if (!value_find(s, map, row->key, out) || out->type != row->type)
		return false;
	switch (row->type) {
	case SECTION_UINT16: return out->size <= 2;
	case SECTION_UINT32: return out->size <= 4;
	case SECTION_UINT64: return out->size <= 8;
	default: return true;
	}
}

/* Takes the octets of the texts in a map or array from *room. False: not all are texts, or they are too long.
 */
static bool texts_fit(const struct section *s, const struct value *list, size_t *room)
{
	size_t n = (list->type == SECTION_MAP ? 2 : 1) * (size_t)list->size, at = list->inside;
	for (size_t i = 0; i < n; i++) {
		struct value text;
		if (!section_follow(s, at, &text) || text.type != SECTION_STRING || text.size > *room)
			return false;
		*room -= text.size;
		at = text.next;
	}
	return true;
}

/* `before`: how many octets there are before the metadata. */
static bool tree_fits(const struct metadata *m, size_t before, const char **why)
{
	*why = "it is for neither IPv4 nor IPv6";
	if (m->ip_version != 4 && m->ip_version != 6)
		return false;
	*why = "its records have neither 24, 28 nor 32 bits";
	if (m->record_size != 24 && m->record_size != 28 && m->record_size != 32)
		return false;
	*why = "its search tree is empty";
	if (m->node_count == 0)
		return false;
	*why = "its search tree is larger than the file";
	return (uint64_t)m->node_count * (m->record_size / 4) + SEPARATOR <= before;
}

bool metadata_read(const uint8_t *file, size_t size, struct metadata *out, const char **why)
{
	*why = "it is larger than 4 GiB";
	if (size > UINT32_MAX)
		return false;
	struct section s = section_find(file, size);
	struct value map, values[KEYS];
	*why = "it has no metadata of a MaxMind database";
	if (s.size == 0 || !section_follow(&s, 0, &map) || map.type != SECTION_MAP)
		return false;
	for (size_t i = 0; i < KEYS; i++) {
		*why = rows[i].otherwise;
		if (!row_read(&s, &map, &rows[i], &values[i]))
			return false;
	}
	size_t room = METADATA_TEXTS_MAX;
	*why = "the languages or the description of its metadata are not texts, or too long";
	if (!texts_fit(&s, &values[LANGUAGES], &room) || !texts_fit(&s, &values[DESCRIPTION], &room))
		return false;
	out->node_count = (uint32_t)section_number(&s, &values[NODE_COUNT]);
	out->record_size = (unsigned)section_number(&s, &values[RECORD_SIZE]);
	out->ip_version = (unsigned)section_number(&s, &values[IP_VERSION]);
	return tree_fits(out, size - s.size - MARKER_LEN, why);
}
