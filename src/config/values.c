/* SPDX-License-Identifier: ISC */
/* Each kind of value, from text to what it is stored as. */
#include "base/memory.h"
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
	for (int i = 0; row->words[i] != NULL; i++) {
		if (strcasecmp(row->words[i], text) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool read_status(const char *text, size_t len, uint16_t *out)
{
	uint64_t value;
	if (!value_number(text, len, &value) || value < 100 || value > 599)
		return false;
	*out = (uint16_t)value;
	return true;
}

/* `200-299,301` */
static bool read_statuses(struct arena *arena, const char *text, size_t len, struct statuses *out)
{
	struct number_range list[32];
	size_t n = 0;
	for (const char *end = text + len; text <= end && n < 32;) {
		const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
		const char *dash = memchr(text, '-', (size_t)(stop - text)), *first_end = dash ? dash : stop;
		struct number_range *range = &list[n++];
		if (!read_status(text, (size_t)(first_end - text), &range->first))
			return false;
		range->last = range->first;
		if (dash != NULL && !read_status(dash + 1, (size_t)(stop - dash) - 1, &range->last))
			return false;
		if (range->last < range->first)
			return false;
		if (comma == NULL) {
			*out = (struct statuses){n, arena_copy(arena, list, n * sizeof(*list))};
			return true;
		}
		text = comma + 1;
	}
	return false;
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
	out->given = true;
	if (!endpoint_parse(text, len, &endpoint))
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
	case VALUE_URL_PATH: *(const char **)at = text; return text[0] == '/' && printable(text);
	case VALUE_HOST: *(const char **)at = text; return host_right(text, len);
	case VALUE_STATUSES: return read_statuses(r->arena, text, len, at);
	case VALUE_ENDPOINT: return read_endpoint(text, len, at);
	case VALUE_LOCATION: return read_location(text, at);
	case VALUE_CHECK: *(int *)at = config_check(r->config, text, len); return *(int *)at != CONFIG_NONE;
	}
	return false;
}
