/* SPDX-License-Identifier: ISC */
/* Each kind of value, from text to what it is stored as. */
#include "base/memory.h"
#include "config/fields.h"
#include "config/schema.h"
#include "config/steering.h"
#include "config/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool in_range(const struct option_row *row, uint64_t value)
{
	return value >= row->min && value <= row->max;
}

static bool read_number(const struct option_row *row, const char *text, size_t len, uint16_t *out)
{
	uint64_t value;
	if (!value_number(text, len, &value) || !in_range(row, value))
		return false;
	*out = (uint16_t)value;
	return true;
}

static bool read_percent(const char *text, size_t len, uint8_t *out)
{
	uint64_t value;
	if (len > 0 && text[len - 1] == '%')
		len--;
	if (!value_number(text, len, &value) || value > 100)
		return false;
	*out = (uint8_t)value;
	return true;
}

static bool read_duration(const struct option_row *row, const char *text, size_t len, uint32_t *out)
{
	uint32_t ms;
	if (!value_duration_ms(text, len, &ms) || !in_range(row, ms))
		return false;
	*out = row->kind == VALUE_US ? ms * 1000 : ms;
	return true;
}

static bool read_word(const struct option_row *row, const char *text, int *out)
{
	for (size_t i = 0; i < row->words->n; i++) {
		if (strcasecmp(row->words->rows[i].word, text) == 0) {
			*out = (int)i;
			return true;
		}
	}
	return false;
}

/* `LOW..HIGH`, both as `read` reads them. */
static bool read_pair(const char *text, size_t len, bool (*read)(const char *, size_t, uint32_t *),
		      struct range *out)
{
	const char *dots = strstr(text, "..");
	return dots != NULL && read(text, (size_t)(dots - text), &out->low) &&
	       read(dots + 2, len - (size_t)(dots - text) - 2, &out->high);
}

static bool read_count(const char *text, size_t len, uint32_t *out)
{
	uint64_t value;
	if (!value_number(text, len, &value) || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool read_capacity(const struct option_row *row, const char *text, size_t len, struct range *out)
{
	if (strstr(text, "..") != NULL)
		return read_pair(text, len, read_count, out) && out->low < out->high &&
		       in_range(row, out->high);
	out->low = 0;
	if (!read_count(text, len, &out->high) || !in_range(row, out->high))
		return false;
	out->low = (uint32_t)((uint64_t)out->high * 8 / 10);
	return true;
}

static bool read_ttls(const char *text, size_t len, struct range *out)
{
	return read_pair(text, len, value_ttl, out) && out->low <= out->high && out->high > 0;
}

static bool read_hash_prefix(const char *text, size_t len, struct hash_prefix *out)
{
	const char *comma = strchr(text, ',');
	uint64_t v4, v6;
	if (comma == NULL || !value_number(text, (size_t)(comma - text), &v4) ||
	    !value_number(comma + 1, len - (size_t)(comma - text) - 1, &v6) || v4 > 32 || v6 > 128)
		return false;
	*out = (struct hash_prefix){(uint8_t)v4, (uint8_t)v6};
	return true;
}

static bool read_optional_ms(const struct option_row *row, const char *text, size_t len,
			     struct optional_duration *out)
{
	out->given = true;
	return read_duration(row, text, len, &out->ms);
}

static bool read_optional_comeback(const struct option_row *row, const char *text, size_t len,
				   struct optional_comeback *out)
{
	out->given = true;
	return read_comeback(row, text, len, &out->rule);
}

static bool read_name(const char *text, const char **out)
{
	*out = text;
	for (; *text != '\0'; text++) {
		if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_')
			return false;
	}
	return text > *out;
}

/* As the kernel takes names of interfaces. */
static bool read_interface(const char *text, const char **out)
{
	size_t len = strlen(text);
	bool sound = len > 0 && len < INTERFACE_NAME_MAX && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
	for (size_t i = 0; i < len; i++)
		sound &= isgraph((unsigned char)text[i]) && strchr("/:%", text[i]) == NULL;
	if (sound)
		*out = text;
	return sound;
}

/* `200-299,301` */
static bool read_numbers(struct arena *arena, const struct option_row *row, const char *text, size_t len,
			 struct numbers *out)
{
	struct number_range list[32];
	size_t n = 0;
	for (const char *end = text + len; text <= end && n < 32;) {
		const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
		const char *dash = memchr(text, '-', (size_t)(stop - text)), *first_end = dash ? dash : stop;
		struct number_range *range = &list[n++];
		if (!read_number(row, text, (size_t)(first_end - text), &range->first))
			return false;
		range->last = range->first;
		if (dash != NULL && !read_number(row, dash + 1, (size_t)(stop - dash) - 1, &range->last))
			return false;
		if (range->last < range->first)
			return false;
		if (comma == NULL) {
			*out = (struct numbers){n, arena_copy(arena, list, n * sizeof(*list))};
			return true;
		}
		text = comma + 1;
	}
	return false;
}

/* `1/100` */
static bool read_sample(const struct option_row *row, const char *text, size_t len, uint32_t *out)
{
	return len > 2 && strncmp(text, "1/", 2) == 0 && read_count(text + 2, len - 2, out) &&
	       in_range(row, *out);
}

static bool read_degrees(const char *text, const char *end, double limit, double *out)
{
	char *stop;
	if (text == end || strspn(text, "+-.0123456789") < (size_t)(end - text))
		return false;
	*out = strtod(text, &stop);
	return stop == end && *out >= -limit && *out <= limit;
}

static bool read_location(const char *text, struct location *out)
{
	const char *comma = strchr(text, ',');
	out->given = true;
	return comma != NULL && read_degrees(text, comma, 90, &out->latitude) &&
	       read_degrees(comma + 1, text + strlen(text), 180, &out->longitude);
}

static bool read_yes_no(const char *text, bool *out)
{
	*out = strcasecmp(text, "yes") == 0;
	return *out || strcasecmp(text, "no") == 0;
}

/* What goes into a line of HTTP as it stands must not end the word or the line. */
static bool printable(const char *text)
{
	while (*text > 0x20 && *text < 0x7f)
		text++;
	return *text == '\0';
}

/* A host name, an IPv4 address or an IPv6 one in brackets, as a Host header has them (RFC 9110 §7.2). */
static bool host_right(const char *text, size_t len)
{
	struct endpoint endpoint;
	uint64_t port = 1;
	if (text[0] == '[')
		return endpoint_parse(text, len, &endpoint);
	const char *colon = strchr(text, ':');
	size_t name_len = colon ? (size_t)(colon - text) : len;
	if (colon != NULL && (!value_number(colon + 1, len - name_len - 1, &port) || port > UINT16_MAX))
		return false;
	for (size_t i = 0; i < name_len; i++) {
		if (!isalnum((unsigned char)text[i]) && strchr("-._", text[i]) == NULL)
			return false;
	}
	return name_len > 0 && port > 0;
}

/* One that is wrong counts as given, and has no family. */
static bool read_endpoint(const char *text, size_t len, struct optional_endpoint *out)
{
	struct endpoint endpoint;
	size_t address_len;
	out->given = true;
	/* a last group of one digit is common in addresses, and no port that anyone checks */
	if (!endpoint_parse(text, len, &endpoint) ||
	    (port_doubtful(text, len, &address_len) && len - address_len > 2))
		return false;
	out->endpoint = endpoint;
	return true;
}

bool value_read(const struct reader *r, const struct option_row *row, const char *text, size_t len,
		void *into)
{
	void *at = (char *)into + row->offset;
	switch (row->kind) {
	case VALUE_UNSUPPORTED: return false;
	case VALUE_NUMBER: return read_number(row, text, len, at);
	case VALUE_COUNT: return read_count(text, len, at) && in_range(row, *(uint32_t *)at);
	case VALUE_PERCENT: return read_percent(text, len, at);
	case VALUE_MS:
	case VALUE_US: return read_duration(row, text, len, at);
	case VALUE_ANSWERS:
		if (strcasecmp(text, "all") != 0)
			return read_number(row, text, len, at);
		*(uint16_t *)at = ANSWERS_ALL;
		return true;
	case VALUE_WORD: return read_word(row, text, at);
	case VALUE_YES_NO: return read_yes_no(text, at);
	case VALUE_TEXT: *(const char **)at = text; return len > 0;
	case VALUE_LINE: return read_line(text, at);
	case VALUE_TOKEN: return read_http_token(text, at);
	case VALUE_HEADER: return read_header(r->arena, text, at);
	case VALUE_WORDS: return read_words(r->arena, text, at);
	case VALUE_NAME: return read_name(text, at);
	case VALUE_INTERFACE: return read_interface(text, at);
	case VALUE_FILE: *(const char **)at = path_beside(r, text); return text[0] != '\0';
	case VALUE_SIZE: return read_size(row, text, len, at);
	case VALUE_NETWORKS: return read_networks(r->arena, text, len, at);
	case VALUE_JSON: return read_json_rule(r->arena, text, at);
	case VALUE_LOAD: return read_load(text, at);
	case VALUE_COMEBACK: return read_comeback(row, text, len, at);
	case VALUE_CAPACITY: return read_capacity(row, text, len, at);
	case VALUE_SAMPLE: return read_sample(row, text, len, at);
	case VALUE_PEERS: return len > 0;
	case VALUE_TTLS: return read_ttls(text, len, at);
	case VALUE_HASH_PREFIX: return read_hash_prefix(text, len, at);
	case VALUE_OPTIONAL_MS: return read_optional_ms(row, text, len, at);
	case VALUE_OPTIONAL_COMEBACK: return read_optional_comeback(row, text, len, at);
	case VALUE_URL_PATH: *(const char **)at = text; return text[0] == '/' && printable(text);
	case VALUE_HOST: *(const char **)at = text; return host_right(text, len);
	case VALUE_NUMBERS: return read_numbers(r->arena, row, text, len, at);
	case VALUE_ENDPOINT: return read_endpoint(text, len, at);
	case VALUE_LOCATION: return read_location(text, at);
	case VALUE_CHECK: *(int *)at = config_check(r->config, text, len); return *(int *)at != CONFIG_NONE;
	}
	return false;
}
