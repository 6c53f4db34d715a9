/* SPDX-License-Identifier: ISC */
/* Domain names between presentation and wire format. */
#include "wire/name.h"
#include "wire/lower.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool fail(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* Reads one character of a label, an escape counting as one. Returns how many it took, 0 for a bad escape. */
static size_t unescape(const char *text, size_t len, uint8_t *out)
{
	if (text[0] != '\\') {
		*out = (uint8_t)text[0];
		return 1;
	}
	if (len < 2)
		return 0;
	if (!isdigit((unsigned char)text[1])) {
		*out = (uint8_t)text[1];
		return 2;
	}
	if (len < 4 || !isdigit((unsigned char)text[2]) || !isdigit((unsigned char)text[3]))
		return 0;
	int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
	*out = (uint8_t)value;
	return value <= 255 ? 4 : 0;
}

static bool append_origin(struct name *out, const struct name *origin, const char **why)
{
	static const struct name root = {.len = 1};
	if (origin == NULL)
		origin = &root;
	if (out->len + origin->len > NAME_OCTETS_MAX)
		return fail(why, "the name is longer than 255 octets");
	memcpy(out->octets + out->len, origin->octets, origin->len);
	out->len = (uint8_t)(out->len + origin->len);
	out->labels = (uint8_t)(out->labels + origin->labels);
	return true;
}

bool name_parse(const char *text, size_t len, const struct name *origin, struct name *out, const char **why)
{
	*out = (struct name){0};
	if (len == 0)
		return fail(why, "the name is empty");
	if (len == 1 && text[0] == '@')
		return append_origin(out, origin, why);
	if (len == 1 && text[0] == '.')
		return append_origin(out, NULL, why);

	size_t label = 0, at = 0; /* where the label's length octet is, and the label's length so far */
	for (size_t i = 0; i < len;) {
		if (text[i] == '.') {
			if (at == 0)
				return fail(why, "the name has an empty label");
			out->octets[label] = (uint8_t)at;
			out->labels++;
			label += at + 1;
			at = 0;
			i++;
			continue;
		}
		uint8_t c;
		size_t took = unescape(text + i, len - i, &c);
		if (took == 0)
			return fail(why, "a backslash needs a character or three digits up to 255 behind it");
		if (at == LABEL_OCTETS_MAX)
			return fail(why, "a label is longer than 63 octets");
		if (label + 1 + at >= NAME_OCTETS_MAX - 1)
			return fail(why, "the name is longer than 255 octets");
		out->octets[label + 1 + at++] = lower(c);
		i += took;
	}
	if (at == 0) {
		out->len = (uint8_t)label;
		return append_origin(out, NULL, why);
	}
	out->octets[label] = (uint8_t)at;
	out->labels++;
	out->len = (uint8_t)(label + at + 1);
	return append_origin(out, origin, why);
}

char *name_format(const uint8_t *octets, char *out)
{
	char *p = out;
	if (*octets == 0)
		*p++ = '.';
	for (; *octets != 0; octets += *octets + 1) {
		for (unsigned i = 1; i <= *octets; i++) {
			uint8_t c = octets[i];
			if (strchr(".\\\";()@$", c) != NULL && c != '\0') {
				*p++ = '\\';
				*p++ = (char)c;
			} else if (c > 0x20 && c < 0x7f) {
				*p++ = (char)c;
			} else {
				p += sprintf(p, "\\%03u", c);
			}
		}
		*p++ = '.';
	}
	*p = '\0';
	return out;
}

void name_from_octets(const uint8_t *octets, struct name *out)
{
	unsigned end = 0, labels = 0;
	for (; octets[end] != 0; labels++)
		end += octets[end] + 1u;
	lower_copy(out->octets, octets, end + 1);
	out->len = (uint8_t)(end + 1);
	out->labels = (uint8_t)labels;
}

size_t name_length(const uint8_t *octets)
{
	size_t at = 0;
	while (octets[at] != 0)
		at += octets[at] + 1u;
	return at + 1;
}

bool name_within(const struct name *name, const struct name *apex)
{
	if (name->labels < apex->labels)
		return false;
	const uint8_t *at = name->octets;
	for (unsigned skip = name->labels - apex->labels; skip > 0; skip--)
		at += *at + 1;
	return name->len - (size_t)(at - name->octets) == apex->len &&
	       memcmp(at, apex->octets, apex->len) == 0;
}

void name_labels(const struct name *name, uint8_t at[NAME_LABELS_MAX + 1])
{
	unsigned offset = 0;
	for (unsigned i = 0; i <= name->labels; i++) {
		at[i] = (uint8_t)offset;
		offset += name->octets[offset] + 1u;
	}
}
