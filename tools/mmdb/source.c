/* SPDX-License-Identifier: ISC */
/* The text: a line a network, and what is known of it. */
#include "base/memory.h"
#include "mmdb.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 1024 };

static bool code_read(const char *value, size_t min, size_t max, char *out)
{
	size_t len = strlen(value);
	for (size_t i = 0; i < len; i++) {
		if (!isupper((unsigned char)value[i]) && !isdigit((unsigned char)value[i]))
			return false;
	}
	if (len < min || len > max)
		return false;
	memcpy(out, value, len + 1);
	return true;
}

static bool location_read(const char *value, struct attributes *a)
{
	char behind;
	a->located = true;
	return sscanf(value, "%lf,%lf%c", &a->latitude, &a->longitude, &behind) == 2 &&
	       fabs(a->latitude) <= 90 && fabs(a->longitude) <= 180;
}

static bool asn_read(const char *value, struct attributes *a)
{
	char *end;
	unsigned long asn = strtoul(value, &end, 10);
	a->has_asn = true;
	a->asn = (uint32_t)asn;
	return isdigit((unsigned char)value[0]) && *end == '\0' && asn <= UINT32_MAX;
}

/* Reads `key=value`. Returns what would be right, NULL where it is. */
static const char *attribute_read(char *word, struct attributes *a)
{
	char *equals = strchr(word, '=');
	if (equals == NULL)
		return "key=value, with continent, country, subdivision, asn or location as the key";
	*equals = '\0';
	const char *value = equals + 1;
	if (strcmp(word, "continent") == 0)
		return code_read(value, 2, 2, a->continent) ? NULL : "two capital letters";
	if (strcmp(word, "country") == 0)
		return code_read(value, 2, 2, a->country) ? NULL : "two capital letters";
	if (strcmp(word, "subdivision") == 0)
		return code_read(value, 1, 3, a->subdivision) ? NULL
							      : "one to three capital letters or digits";
	if (strcmp(word, "asn") == 0)
		return asn_read(value, a) ? NULL : "a number up to 4294967295";
	if (strcmp(word, "location") == 0)
		return location_read(value, a) ? NULL : "LATITUDE,LONGITUDE in degrees";
	return "continent, country, subdivision, asn or location as the key";
}

static bool network_read(const struct builder *b, const char *word, struct prefix *out)
{
	return prefix_parse(word, strlen(word), out) && (!b->v4_only || out->addr.family == FAMILY_V4);
}

static void line_read(struct builder *b, char *text, struct spot at)
{
	struct line line = {0};
	bool first = true;
	text[strcspn(text, ";\n")] = '\0';
	for (char *p = text, *word; p += strspn(p, " \t\r"), *p != '\0';) {
		word = p;
		p += strcspn(p, " \t\r");
		if (*p != '\0')
			*p++ = '\0';
		at.column = (unsigned)(word - text) + 1;
		const char *right = NULL;
		if (!first)
			right = attribute_read(word, &line.attributes);
		else if (!network_read(b, word, &line.prefix))
			right = b->v4_only ? "an IPv4 network without bits behind its length"
					   : "a network without bits behind its length";
		if (right != NULL)
			fault_add(&b->faults, at, "%s is expected", right);
		first = false;
	}
	if (first)
		return;
	b->lines = mem_grow(b->lines, &b->cap_lines, b->n_lines + 1, sizeof(*b->lines));
	b->lines[b->n_lines++] = line;
}

bool source_read(struct builder *b, const char *path)
{
	char text[LINE_MAX_OCTETS];
	struct spot at = {.file = path};
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		fault_add(&b->faults, at, "can't be read: %s", strerror(errno));
		return false;
	}
	while (fgets(text, sizeof(text), file) != NULL) {
		at.line++;
		if (strchr(text, '\n') == NULL && !feof(file))
			fault_add(&b->faults, at, "the line is longer than %d octets", LINE_MAX_OCTETS - 2);
		else
			line_read(b, text, at);
	}
	fclose(file);
	return b->faults.errors == 0;
}
