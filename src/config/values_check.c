/* SPDX-License-Identifier: ISC */
/* The kinds of values that only checks have, and whether two checks say the same. */
#include "config/fields.h"
#include "config/value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* RFC 9110 §5.6.2 */
static size_t http_token(const char *text)
{
	size_t len = 0;
	while (isalnum((unsigned char)text[len]) ||
	       (text[len] != '\0' && strchr("!#$%&'*+-.^_`|~", text[len]) != NULL))
		len++;
	return len;
}

bool read_http_token(const char *text, const char **out)
{
	*out = text;
	return text[0] != '\0' && text[http_token(text)] == '\0';
}

static const char *const *texts_add(struct arena *arena, const struct texts *texts, const char *text)
{
	const char **longer = arena_alloc(arena, (texts->n + 1) * sizeof(*longer));
	if (texts->n > 0)
		memcpy(longer, texts->list, texts->n * sizeof(*longer));
	longer[texts->n] = text;
	return longer;
}

/* No control characters, which could end a header and begin another. */
bool read_line(const char *text, const char **out)
{
	*out = text;
	while ((unsigned char)*text >= 0x20 && *text != 0x7f)
		text++;
	return *text == '\0' && text > *out;
}

/* `Name: value` */
bool read_header(struct arena *arena, const char *text, struct texts *out)
{
	const char *line;
	size_t name = http_token(text);
	if (name == 0 || text[name] != ':' || !read_line(text, &line))
		return false;
	out->list = texts_add(arena, out, text);
	out->n++;
	return true;
}

bool read_words(struct arena *arena, const char *text, struct texts *out)
{
	*out = (struct texts){0};
	while (*(text += strspn(text, " \t\r\n")) != '\0') {
		size_t len = strcspn(text, " \t\r\n");
		out->list = texts_add(arena, out, arena_copy_text(arena, text, len));
		out->n++;
		text += len;
	}
	return out->n > 0;
}

bool read_size(const struct option_row *row, const char *text, size_t len, uint32_t *out)
{
	uint64_t value;
	int letter = len > 0 ? tolower((unsigned char)text[len - 1]) : 0, shift = letter == 'k'   ? 10
										  : letter == 'm' ? 20
												  : 0;
	if (!value_number(text, shift > 0 ? len - 1 : len, &value) || value > row->max >> shift ||
	    value << shift < row->min)
		return false;
	*out = (uint32_t)(value << shift);
	return true;
}

/* The path up to the last colon, as a path may have some itself. */
bool read_json_rule(struct arena *arena, const char *text, struct json_rule *out)
{
	const char *colon = strrchr(text, ':');
	if (colon == NULL || colon == text || colon[1] == '\0')
		return false;
	*out = (struct json_rule){arena_copy_text(arena, text, (size_t)(colon - text)), colon + 1};
	return true;
}

bool read_load(const char *text, struct load_rule *out)
{
	if (strcasecmp(text, "agent") == 0)
		*out = (struct load_rule){.source = LOAD_AGENT};
	else if (strncasecmp(text, "json:", 5) == 0)
		*out = (struct load_rule){LOAD_JSON, text + 5};
	else if (strncasecmp(text, "header:", 7) == 0)
		*out = (struct load_rule){LOAD_HEADER, text + 7};
	else
		return false;
	if (out->source == LOAD_HEADER)
		return out->name[0] != '\0' && out->name[http_token(out->name)] == '\0';
	return out->source == LOAD_AGENT || out->name[0] != '\0';
}

bool read_comeback(const struct option_row *row, const char *text, size_t len, struct comeback_rule *out)
{
	*out = (struct comeback_rule){.when = COMEBACK_AUTO};
	if (strcasecmp(text, "auto") == 0)
		return true;
	out->when = COMEBACK_MANUAL;
	if (strcasecmp(text, "manual") == 0)
		return true;
	out->when = COMEBACK_AFTER;
	return strncasecmp(text, "after:", 6) == 0 && value_duration_ms(text + 6, len - 6, &out->after_ms) &&
	       out->after_ms > 0 && out->after_ms <= row->max;
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool texts_equal(const struct texts *a, const struct texts *b)
{
	bool equal = a->n == b->n;
	for (size_t i = 0; equal && i < a->n; i++)
		equal = strcmp(a->list[i], b->list[i]) == 0;
	return equal;
}

static bool numbers_equal(const struct numbers *a, const struct numbers *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->list, b->list, a->n * sizeof(*a->list)) == 0);
}

/* Are the options of a row the same? For the kinds of values that checks have. */
static bool value_equal(const struct option_row *row, const struct check *x, const struct check *y)
{
	const void *a = (const char *)x + row->offset, *b = (const char *)y + row->offset;
	switch (row->kind) {
	case VALUE_NUMBER: return *(const uint16_t *)a == *(const uint16_t *)b;
	case VALUE_MS:
	case VALUE_SIZE: return *(const uint32_t *)a == *(const uint32_t *)b;
	case VALUE_YES_NO: return *(const bool *)a == *(const bool *)b;
	case VALUE_TEXT:
	case VALUE_LINE:
	case VALUE_TOKEN:
	case VALUE_FILE:
	case VALUE_URL_PATH:
	case VALUE_HOST: return text_equal(*(const char *const *)a, *(const char *const *)b);
	case VALUE_HEADER:
	case VALUE_WORDS: return texts_equal(a, b);
	case VALUE_NUMBERS: return numbers_equal(a, b);
	case VALUE_JSON: {
		const struct json_rule *p = a, *q = b;
		return text_equal(p->path, q->path) && text_equal(p->value, q->value);
	}
	case VALUE_LOAD: {
		const struct load_rule *p = a, *q = b;
		return p->source == q->source && text_equal(p->name, q->name);
	}
	case VALUE_COMEBACK: {
		const struct comeback_rule *p = a, *q = b;
		return p->when == q->when && p->after_ms == q->after_ms;
	}
	case VALUE_UNSUPPORTED:
	case VALUE_PERCENT:
	case VALUE_US:
	case VALUE_ANSWERS:
	case VALUE_WORD:
	case VALUE_NAME:
	case VALUE_INTERFACE:
	case VALUE_CAPACITY:
	case VALUE_TTLS:
	case VALUE_HASH_PREFIX:
	case VALUE_ENDPOINT:
	case VALUE_LOCATION:
	case VALUE_CHECK:
	case VALUE_OPTIONAL_MS:
	case VALUE_OPTIONAL_COMEBACK:
	case VALUE_COUNT:
	case VALUE_NETWORKS:
	case VALUE_SAMPLE:
	case VALUE_PEERS: break;
	}
	return false;
}

bool check_equal(const struct config *config, const struct check *check, const struct config *other_config,
		 const struct check *other)
{
	bool equal = check->kind == other->kind && check->n_parts == other->n_parts;
	for (size_t i = 0; equal && i < check_options.n; i++)
		equal = value_equal(&check_options.rows[i], check, other);
	for (unsigned i = 0; equal && i < check->n_parts; i++)
		equal = check_equal(config, &config->checks[check->parts[i]], other_config,
				    &other_config->checks[other->parts[i]]);
	return equal;
}
