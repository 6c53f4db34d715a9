/* SPDX-License-Identifier: ISC */
/* The common types, field by field. */
#include "zone/fields.h"
#include "config/value.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <ctype.h>
#include <string.h>

enum { STRING_MAX = 255, TAG_MAX = 15 };

/* What a field is. */
enum field { END, ADDRESS, OCTET, SHORT, LONG, PERIOD, NAME, TAG, STRING, STRINGS, TEXT };

enum { WORD_MAX = 8 };

struct layout {
	char word[WORD_MAX]; /* in upper case; zeroes behind it */
	uint16_t type;
	uint8_t fields[8];
};

/* The most frequent first. Those without fields are read elsewhere. */
static const struct layout layouts[] = {
	{"A", TYPE_A, {ADDRESS}},
	{"AAAA", TYPE_AAAA, {END}},
	{"CNAME", TYPE_CNAME, {NAME}},
	{"MX", TYPE_MX, {SHORT, NAME}},
	{"TXT", TYPE_TXT, {STRINGS}},
	{"NS", TYPE_NS, {NAME}},
	{"PTR", TYPE_PTR, {NAME}},
	{"SRV", TYPE_SRV, {SHORT, SHORT, SHORT, NAME}},
	{"CAA", TYPE_CAA, {OCTET, TAG, TEXT}},
	{"SOA", TYPE_SOA, {NAME, NAME, LONG, PERIOD, PERIOD, PERIOD, PERIOD}},
	{"NAPTR", TYPE_NAPTR, {SHORT, SHORT, STRING, STRING, STRING, NAME}},
	{"HTTPS", TYPE_HTTPS, {END}},
	{"SVCB", TYPE_SVCB, {END}},
	{"DS", TYPE_DS, {END}},
	{"TLSA", TYPE_TLSA, {END}},
	{"SSHFP", TYPE_SSHFP, {END}},
	{"DNAME", TYPE_DNAME, {NAME}},
};

enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

uint16_t fields_type(const struct token *token)
{
	char word[WORD_MAX] = {0};
	if (token->len > WORD_MAX)
		return 0;
	for (size_t i = 0; i < token->len; i++)
		word[i] = (char)toupper((unsigned char)token->text[i]);
	for (size_t i = 0; i < LAYOUTS; i++) {
		if (memcmp(layouts[i].word, word, WORD_MAX) == 0)
			return layouts[i].type;
	}
	return 0;
}

/* Octets that mean themselves in a name, and in a string that has quotes about it. */
static bool plain_in_name(char c)
{
	return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '@' && c != '$';
}

static bool plain_in_string(char c)
{
	return c >= ' ' && c < 0x7f && c != '\\' && c != '"';
}

size_t fields_name(const struct token *token, const struct name *origin, uint8_t *out)
{
	size_t at = 1, label = 0; /* where the next octet goes, and the length octet of its label */
	if (token->len == 1 && token->text[0] == '@')
		return (size_t)((uint8_t *)mempcpy(out, origin->octets, origin->len) - out);
	if (token->len == 0 || token->len > NAME_OCTETS_MAX - 2)
		return 0;
	for (size_t i = 0; i < token->len; i++) {
		char c = token->text[i];
		if (c == '.') {
			size_t len = at - label - 1;
			if (len == 0 || len > LABEL_OCTETS_MAX)
				return 0;
			out[label] = (uint8_t)len;
			label = at++;
		} else if (plain_in_name(c)) {
			out[at++] = (uint8_t)c;
		} else {
			return 0;
		}
	}
	size_t len = at - label - 1;
	out[label] = (uint8_t)len;
	if (len == 0)
		return at;
	if (len > LABEL_OCTETS_MAX || at + origin->len > NAME_OCTETS_MAX)
		return 0;
	memcpy(out + at, origin->octets, origin->len);
	return at + origin->len;
}

/* Four numbers up to 255, without zeros before them. */
static bool put_address(const struct token *t, uint8_t *out)
{
	const char *p = t->text, *end = p + t->len;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;
		if (i > 0 && (p == end || *p++ != '.'))
			return false;
		for (; p < end && *p >= '0' && *p <= '9' && digits < 4; p++, digits++)
			value = value * 10 + (unsigned)(*p - '0');
		if (digits == 0 || value > UINT8_MAX || (digits > 1 && p[-(int)digits] == '0'))
			return false;
		out[i] = (uint8_t)value;
	}
	return p == end;
}

/* A number, or for a PERIOD also a duration, of `octets` octets. */
static bool put_number(const struct token *t, bool period, size_t octets, uint8_t *out)
{
	uint64_t value;
	uint32_t seconds;
	if (!value_number(t->text, t->len, &value)) {
		if (!period || !value_ttl(t->text, t->len, &seconds))
			return false;
		value = seconds;
	}
	for (size_t i = 0; i < octets; i++)
		out[i] = (uint8_t)(value >> 8 * (octets - 1 - i));
	return value >> 8 * octets == 0;
}

/* What is between the quotes, or the whole token. False: it is not plain. */
static bool unquote(const struct token *t, const char **text, size_t *len)
{
	bool quoted = t->len >= 2 && t->text[0] == '"' && t->text[t->len - 1] == '"';
	*text = t->text + quoted;
	*len = t->len - 2 * (size_t)quoted;
	for (size_t i = 0; i < *len; i++) {
		if (!plain_in_string((*text)[i]))
			return false;
	}
	return true;
}

/* The octets of a string with its length before it; 0: not plain. */
static size_t put_string(const struct token *t, uint8_t *out)
{
	const char *text;
	size_t len;
	if (!unquote(t, &text, &len) || len > STRING_MAX)
		return 0;
	out[0] = (uint8_t)len;
	memcpy(out + 1, text, len);
	return len + 1;
}

static size_t put_tag(const struct token *t, uint8_t *out)
{
	for (size_t i = 0; i < t->len; i++) {
		if (!isalnum((unsigned char)t->text[i]))
			return 0;
	}
	return t->len <= TAG_MAX ? put_string(t, out) : 0;
}

/* All of the data, without a length before it. */
static size_t put_text(const struct token *t, uint8_t *out)
{
	const char *text;
	size_t len;
	if (!unquote(t, &text, &len) || len > STRING_MAX)
		return 0;
	memcpy(out, text, len);
	return len;
}

/* How many octets the field has; 0: it is not plain. */
static size_t put_field(enum field field, const struct token *t, const struct name *origin, uint8_t *out)
{
	switch (field) {
	case ADDRESS: return put_address(t, out) ? 4 : 0;
	case OCTET: return put_number(t, false, 1, out) ? 1 : 0;
	case SHORT: return put_number(t, false, 2, out) ? 2 : 0;
	case LONG: return put_number(t, false, 4, out) ? 4 : 0;
	case PERIOD: return put_number(t, true, 4, out) ? 4 : 0;
	case NAME: return fields_name(t, origin, out);
	case TAG: return put_tag(t, out);
	case STRING:
	case STRINGS: return put_string(t, out);
	case TEXT: return put_text(t, out);
	case END: break;
	}
	return 0;
}

static const uint8_t *layout_of(uint16_t type)
{
	static const uint8_t none[1] = {END};
	for (size_t i = 0; i < LAYOUTS; i++) {
		if (layouts[i].type == type)
			return layouts[i].fields;
	}
	return none;
}

bool fields_read(const struct token *fields, size_t n, const struct name *origin, struct rdata *out)
{
	const uint8_t *layout = layout_of(out->type);
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		size_t took = put_field((enum field) * layout, &fields[i], origin, out->octets + len);
		len += took;
		if (took == 0 || len > sizeof(out->octets) - STRING_MAX - 1)
			return false;
		layout += *layout != STRINGS;
	}
	out->len = (uint16_t)len;
	return n > 0 && (*layout == END || *layout == STRINGS);
}
