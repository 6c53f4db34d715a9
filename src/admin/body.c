/* SPDX-License-Identifier: ISC */
/* A JSON reader by recursive descent, its depth bounded; it makes json-c's objects. */
#include "admin/body.h"
#include "admin/utf8.h"
#include "base/memory.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *begin, *at, *end;
	unsigned depth;
	const char *why; /* NULL so far */
	char *scratch;   /* as long as the text: a string decoded is never longer than it is encoded */
};

static bool read_value(struct reader *r, struct json_object **out);

static bool fail(struct reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return false;
}

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char c = r->at < r->end ? *r->at : '\0';
		const char *digit = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);
		if (digit == NULL)
			return fail(r, "\\u needs four hexadecimal digits");
		*out = *out * 16 + (uint32_t)(digit - digits);
		r->at++;
	}
	return true;
}

static bool read_unicode_escape(struct reader *r, char **out)
{
	uint32_t c, low;
	if (!read_hex4(r, &c))
		return false;
	if (c == 0)
		return fail(r, "\\u0000 is not taken");
	if (c >= 0xd800 && c <= 0xdfff) {
		if (c >= 0xdc00 || !take_word(r, "\\u"))
			return fail(r, "half of a surrogate pair");
		if (!read_hex4(r, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out += utf8_write(c, *out);
	return true;
}

static bool read_escape(struct reader *r, char **out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	if (take(r, 'u'))
		return read_unicode_escape(r, out);
	const char *name = r->at < r->end && *r->at != '\0' ? strchr(names, *r->at) : NULL;
	if (name == NULL)
		return fail(r, "an unknown escape");
	*(*out)++ = values[name - names];
	r->at++;
	return true;
}

/* Decodes a string into the scratch, with a NUL behind it. */
static bool read_string(struct reader *r, size_t *len)
{
	char *out = r->scratch;
	if (!take(r, '"'))
		return fail(r, "expected a string");
	while (!take(r, '"')) {
		if (r->at == r->end)
			return fail(r, "a string that does not end");
		if ((unsigned char)*r->at < 0x20)
			return fail(r, "a control character in a string");
		if (take(r, '\\')) {
			if (!read_escape(r, &out))
				return false;
			continue;
		}
		size_t n = utf8_length(r->at, (size_t)(r->end - r->at));
		if (n == 0)
			return fail(r, "invalid UTF-8");
		memcpy(out, r->at, n);
		out += n;
		r->at += n;
	}
	*out = '\0';
	*len = (size_t)(out - r->scratch);
	return true;
}

static bool skip_digits(struct reader *r)
{
	const char *begin = r->at;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > begin || fail(r, "expected a digit");
}

static bool read_number(struct reader *r, struct json_object **out)
{
	const char *begin = r->at;
	bool whole = true;
	take(r, '-');
	if (!take(r, '0') && !skip_digits(r))
		return false;
	if (take(r, '.')) {
		whole = false;
		if (!skip_digits(r))
			return false;
	}
	if (take(r, 'e') || take(r, 'E')) {
		whole = false;
		if (!take(r, '+'))
			take(r, '-');
		if (!skip_digits(r))
			return false;
	}
	size_t len = (size_t)(r->at - begin);
	memcpy(r->scratch, begin, len);
	r->scratch[len] = '\0';
	errno = 0;
	*out = whole ? json_object_new_int64(strtoll(r->scratch, NULL, 10))
		     : json_object_new_double(strtod(r->scratch, NULL));
	if (whole ? errno == ERANGE : isinf(json_object_get_double(*out)))
		return fail(r, "a number out of range");
	return true;
}

static bool read_member(struct reader *r, struct json_object *object)
{
	size_t len;
	struct json_object *value;
	skip_blanks(r);
	const char *begin = r->at;
	if (!read_string(r, &len))
		return false;
	if (json_object_object_get_ex(object, r->scratch, NULL)) {
		r->at = begin;
		return fail(r, "a member that is given twice");
	}
	char *name = mem_copy_text(r->scratch, len);
	skip_blanks(r);
	bool ok = take(r, ':') ? read_value(r, &value) : fail(r, "expected ':'");
	if (ok)
		json_object_object_add(object, name, value);
	free(name);
	return ok;
}

static bool read_object(struct reader *r, struct json_object *object)
{
	r->at++;
	skip_blanks(r);
	if (take(r, '}'))
		return true;
	do {
		if (!read_member(r, object))
			return false;
		skip_blanks(r);
	} while (take(r, ','));
	return take(r, '}') || fail(r, "expected ',' or '}'");
}

static bool read_array(struct reader *r, struct json_object *array)
{
	struct json_object *value;
	r->at++;
	skip_blanks(r);
	if (take(r, ']'))
		return true;
	do {
		if (!read_value(r, &value))
			return false;
		json_object_array_add(array, value);
		skip_blanks(r);
	} while (take(r, ','));
	return take(r, ']') || fail(r, "expected ',' or ']'");
}

static bool read_nested(struct reader *r, struct json_object **out)
{
	if (r->depth == BODY_DEPTH_MAX)
		return fail(r, "nested too deeply");
	r->depth++;
	bool object = *r->at == '{';
	*out = object ? json_object_new_object() : json_object_new_array();
	bool ok = object ? read_object(r, *out) : read_array(r, *out);
	r->depth--;
	return ok;
}

static bool read_scalar(struct reader *r, struct json_object **out)
{
	size_t len;
	if (*r->at == '"') {
		if (!read_string(r, &len))
			return false;
		*out = json_object_new_string_len(r->scratch, (int)len);
		return true;
	}
	if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9'))
		return read_number(r, out);
	bool yes = take_word(r, "true");
	if (yes || take_word(r, "false")) {
		*out = json_object_new_boolean(yes);
		return true;
	}
	return take_word(r, "null") || fail(r, "expected a value");
}

/* Nothing is owned by the caller where it fails. */
static bool read_value(struct reader *r, struct json_object **out)
{
	*out = NULL;
	skip_blanks(r);
	if (r->at == r->end)
		return fail(r, "expected a value");
	bool ok = *r->at == '{' || *r->at == '[' ? read_nested(r, out) : read_scalar(r, out);
	if (!ok) {
		json_object_put(*out);
		*out = NULL;
	}
	return ok;
}

static void explain(const struct reader *r, char *why)
{
	unsigned line = 1, column = 1;
	for (const char *c = r->begin; c < r->at; c++) {
		column = *c == '\n' ? 1 : column + 1;
		line += *c == '\n';
	}
	snprintf(why, BODY_WHY_MAX, "body:%u:%u: %s", line, column, r->why);
}

struct json_object *body_parse(const char *text, size_t len, char *why)
{
	struct reader r = {.begin = text, .at = text, .end = text + len, .scratch = mem_alloc(len + 1)};
	struct json_object *body = NULL;
	skip_blanks(&r);
	bool ok = r.at < r.end && *r.at == '{' ? read_value(&r, &body) : fail(&r, "expected an object");
	if (ok) {
		skip_blanks(&r);
		ok = r.at == r.end || fail(&r, "something follows the object");
	}
	if (!ok) {
		explain(&r, why);
		json_object_put(body);
		body = NULL;
	}
	free(r.scratch);
	return body;
}
