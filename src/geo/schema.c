/* SPDX-License-Identifier: ISC */
/* The schemas of the databases in use, as one table of the paths at which each attribute may be found. */
#include "geo/schema.h"
#include "base/country.h"
#include "geo/section.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum attribute { COUNTRY, CONTINENT, SUBDIVISION, ASN, LATITUDE, LONGITUDE, ATTRIBUTES };

/* Where the record has several of an attribute, the path listed first is believed. Arrays: the first element.
 */
static const struct row {
	enum attribute attribute;
	const char *path[4];
} rows[] = {
	{COUNTRY, {"country", "iso_code"}},
	{COUNTRY, {"country_code"}},
	{COUNTRY, {"country"}},
	{COUNTRY, {"country_iso_code"}},
	{COUNTRY, {"registered_country", "iso_code"}},
	{CONTINENT, {"continent", "code"}},
	{CONTINENT, {"continent_code"}},
	{CONTINENT, {"continent"}},
	{SUBDIVISION, {"subdivisions", "0", "iso_code"}},
	{SUBDIVISION, {"subdivision_code"}},
	{SUBDIVISION, {"region_code"}},
	{SUBDIVISION, {"state_code"}},
	{SUBDIVISION, {"subdivision"}},
	{SUBDIVISION, {"region"}},
	{SUBDIVISION, {"state1"}},
	{SUBDIVISION, {"state"}},
	{ASN, {"autonomous_system_number"}},
	{ASN, {"asn"}},
	{ASN, {"as_number"}},
	{ASN, {"traits", "autonomous_system_number"}},
	{LATITUDE, {"location", "latitude"}},
	{LATITUDE, {"latitude"}},
	{LATITUDE, {"lat"}},
	{LONGITUDE, {"location", "longitude"}},
	{LONGITUDE, {"longitude"}},
	{LONGITUDE, {"lng"}},
	{LONGITUDE, {"lon"}},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), ROWS_ALL = (1 << ROWS) - 1 };
_Static_assert(ROWS < 31, "a set of rows is an int");

struct reading {
	const MMDB_entry_data_list_s *next; /* the record's values in depth-first order */
	struct place *out;
	unsigned rank[ATTRIBUTES]; /* the row that an attribute was found by; ROWS: not yet */
	double latitude, longitude;
};

enum { TEXT_MAX = 32 };

/* A short text; false where the value is no text, empty or longer. */
static bool text_read(const MMDB_entry_data_s *value, char *out)
{
	if (value->type != MMDB_DATA_TYPE_UTF8_STRING || value->data_size == 0 ||
	    value->data_size >= TEXT_MAX)
		return false;
	for (uint32_t i = 0; i < value->data_size; i++)
		out[i] = value->utf8_string[i];
	out[value->data_size] = '\0';
	return true;
}

static bool number_read(const MMDB_entry_data_s *value, double *out)
{
	char text[TEXT_MAX], *end;
	switch (value->type) {
	case MMDB_DATA_TYPE_DOUBLE: *out = value->double_value; break;
	case MMDB_DATA_TYPE_FLOAT: *out = (double)value->float_value; break;
	case MMDB_DATA_TYPE_UINT16: *out = value->uint16; break;
	case MMDB_DATA_TYPE_UINT32: *out = value->uint32; break;
	case MMDB_DATA_TYPE_INT32: *out = value->int32; break;
	case MMDB_DATA_TYPE_UINT64: *out = (double)value->uint64; break;
	case MMDB_DATA_TYPE_UTF8_STRING:
		if (!text_read(value, text))
			return false;
		*out = strtod(text, &end);
		return *end == '\0' && isfinite(*out);
	default: return false;
	}
	return isfinite(*out);
}

static void capitals(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

static bool country_read(const MMDB_entry_data_s *value, char *out)
{
	char text[TEXT_MAX];
	if (!text_read(value, text))
		return false;
	capitals(text);
	if (country_find(text) == NULL)
		return false;
	memcpy(out, text, 3);
	return true;
}

static bool continent_read(const MMDB_entry_data_s *value, char *out)
{
	char text[TEXT_MAX];
	if (!text_read(value, text) || strlen(text) != 2)
		return false;
	capitals(text);
	if (continent_number(text) == 0)
		return false;
	memcpy(out, text, 3);
	return true;
}

/* A code of up to three capitals and digits, perhaps with its country before it (US-CA); a name is none. */
static bool subdivision_read(const MMDB_entry_data_s *value, char *out)
{
	char text[TEXT_MAX];
	if (!text_read(value, text))
		return false;
	const char *code = strlen(text) > 3 && text[2] == '-' ? text + 3 : text;
	size_t len = strlen(code);
	if (len > 3)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isupper((unsigned char)code[i]) && !isdigit((unsigned char)code[i]))
			return false;
	memcpy(out, code, len + 1);
	return true;
}

static bool asn_read(const MMDB_entry_data_s *value, uint32_t *out)
{
	char text[TEXT_MAX];
	double number;
	if (text_read(value, text)) {
		capitals(text);
		char *end, *digits = strncmp(text, "AS", 2) == 0 ? text + 2 : text;
		if (!isdigit((unsigned char)*digits))
			return false;
		number = strtod(digits, &end);
		if (*end != '\0' && *end != ' ')
			return false;
	} else if (!number_read(value, &number)) {
		return false;
	}
	if (!(number >= 1 && number <= UINT32_MAX))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool degrees_read(const MMDB_entry_data_s *value, double most, double *out)
{
	double degrees;
	if (!number_read(value, &degrees) || fabs(degrees) > most)
		return false;
	*out = degrees;
	return true;
}

/* A value that makes no sense leaves what was found before. */
static bool attribute_read(struct reading *r, enum attribute attribute, const MMDB_entry_data_s *value)
{
	switch (attribute) {
	case COUNTRY: return country_read(value, r->out->country);
	case CONTINENT: return continent_read(value, r->out->continent);
	case SUBDIVISION: return subdivision_read(value, r->out->subdivision);
	case ASN: return asn_read(value, &r->out->asn);
	case LATITUDE: return degrees_read(value, 90, &r->latitude);
	case LONGITUDE: return degrees_read(value, 180, &r->longitude);
	case ATTRIBUTES: break;
	}
	return false;
}

static void offer(struct reading *r, unsigned row, const MMDB_entry_data_s *value)
{
	enum attribute attribute = rows[row].attribute;
	if (row < r->rank[attribute] && attribute_read(r, attribute, value))
		r->rank[attribute] = row;
}

/* Those of `set` whose path goes on with this key. */
static int rows_with(int set, unsigned depth, const char *key, size_t len)
{
	int kept = 0;
	for (int left = set; left != 0; left &= left - 1) {
		const char *step = rows[__builtin_ctz((unsigned)left)].path[depth];
		/* the first letter rules nearly all out; a key may have any octets in it, even a NUL */
		if (step != NULL && len > 0 && step[0] == key[0] && strlen(step) == len &&
		    memcmp(step, key, len) == 0)
			kept |= left & -left;
	}
	return kept;
}

/* Takes the next value, and all inside it. `set`: the rows whose path leads here, `depth` steps from the
 * root. */
static void take(struct reading *r, int set, unsigned depth)
{
	if (r->next == NULL)
		return;
	const MMDB_entry_data_s *value = &r->next->entry_data;
	r->next = r->next->next;
	if (value->type == MMDB_DATA_TYPE_ARRAY) {
		for (uint32_t i = 0; i < value->data_size; i++)
			take(r, i == 0 ? rows_with(set, depth, "0", 1) : 0, depth + 1);
	} else if (value->type == MMDB_DATA_TYPE_MAP) {
		for (uint32_t i = 0; i < value->data_size && r->next != NULL; i++) {
			const MMDB_entry_data_s *key = &r->next->entry_data;
			r->next = r->next->next;
			bool text = key->type == MMDB_DATA_TYPE_UTF8_STRING;
			take(r, text ? rows_with(set, depth, key->utf8_string, key->data_size) : 0,
			     depth + 1);
		}
	} else {
		for (int left = set; left != 0; left &= left - 1) {
			unsigned row = (unsigned)__builtin_ctz((unsigned)left);
			if (rows[row].path[depth] == NULL)
				offer(r, row, value);
		}
	}
}

bool schema_read(MMDB_entry_s *record, struct place *out)
{
	*out = (struct place){0};
	const struct section section = {record->mmdb->data_section, record->mmdb->data_section_size};
	if (!section_bounded(&section, record->offset, SCHEMA_VALUES_MAX))
		return false;
	MMDB_entry_data_list_s *list = NULL;
	if (MMDB_get_entry_data_list(record, &list) != MMDB_SUCCESS) {
		MMDB_free_entry_data_list(list);
		return false;
	}
	struct reading r = {.next = list, .out = out};
	for (size_t i = 0; i < ATTRIBUTES; i++)
		r.rank[i] = ROWS;
	take(&r, ROWS_ALL, 0);
	MMDB_free_entry_data_list(list);

	/* some write 0, 0 for "we don't know", and nobody lives there */
	out->located =
		r.rank[LATITUDE] < ROWS && r.rank[LONGITUDE] < ROWS && (r.latitude != 0 || r.longitude != 0);
	if (out->located) {
		out->latitude = (float)r.latitude;
		out->longitude = (float)r.longitude;
	}
	return true;
}
