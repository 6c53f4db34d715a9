/* SPDX-License-Identifier: ISC */
/*
 * What json-c is given has passed a guard that looks at literals, numbers, control characters and depth; what
 * comes out of it must have as many members as there were colons, or a name has come twice.
 */
#include "check/json.h"
#include "base/memory.h"

#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

/* The end of the number that begins at p, or p where it is none (RFC 8259 §6). */
static const char *number_end(const char *p)
{
	const char *from = p + (*p == '-'), *end = skip_digits(from);
	if (end == from || (*from == '0' && end > from + 1))
		return p;
	if (*end == '.') {
		const char *fraction = end + 1;
		end = skip_digits(fraction);
		if (end == fraction)
			return p;
	}
	if (*end == 'e' || *end == 'E') {
		const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
		end = skip_digits(exponent);
		if (end == exponent)
			return p;
	}
	return isalnum((unsigned char)*end) || *end == '.' ? p : end;
}

static const char *literal_end(const char *p)
{
	static const char *const literals[] = {"true", "false", "null"};
	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		size_t len = strlen(literals[i]);
		if (strncmp(p, literals[i], len) == 0 && !isalnum((unsigned char)p[len]))
			return p + len;
	}
	return p;
}

/* The end of the string that begins at p with its quote, or p where it has none or holds what it may not. */
static const char *string_end(const char *p)
{
	for (const char *c = p + 1; (unsigned char)*c >= 0x20; c++) {
		if (*c == '"')
			return c + 1;
		if (*c == '\\' && *++c == '\0')
			break;
	}
	return p;
}

/* Looks at the words of the text, and counts the colons between them; how they follow each other is json-c's.
 */
static const char *guard(const char *text, size_t len, size_t *colons)
{
	unsigned depth = 0, nests = 0;
	for (const char *p = text, *end; p < text + len; p = end) {
		end = p + 1;
		if (*p == '"')
			end = string_end(p);
		else if (*p == '-' || isdigit((unsigned char)*p))
			end = number_end(p);
		else if (isalpha((unsigned char)*p))
			end = literal_end(p);
		else if ((*p == '{' || *p == '[') && ++depth > JSON_DEPTH_MAX)
			return "it is nested too deeply";
		else if ((*p == '{' || *p == '[') && ++nests > JSON_NESTS_MAX)
			return "it has too many objects and arrays";
		else if ((*p == '}' || *p == ']') && depth-- == 0)
			return "a bracket closes what none has opened";
		else if (*p == ':')
			++*colons;
		else if (strchr("{}[], \t\r\n", *p) == NULL || *p == '\0')
			end = p;
		if (end == p)
			return "a word, number or string in it is malformed";
	}
	return NULL;
}

/* No deeper than JSON_DEPTH_MAX. */
static size_t count_members(struct json_object *value)
{
	size_t n = 0;
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			(void)name;
			n += 1 + count_members(member);
		}
	}
	return n;
}

static struct json_object *parse(const char *text, size_t len, const char **why)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (tokener == NULL)
		abort();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *root = json_tokener_parse_ex(tokener, text, (int)len + 1); /* with the NUL */
	enum json_tokener_error error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue)
		*why = "it ends too early";
	else if (error != json_tokener_success)
		*why = json_tokener_error_desc(error);
	json_tokener_free(tokener);
	return root;
}

bool json_read(const char *text, size_t len, struct json_object **out, const char **why)
{
	size_t colons = 0;
	*out = NULL;
	*why = guard(text, len, &colons);
	if (*why == NULL)
		*out = parse(text, len, why);
	if (*why == NULL && count_members(*out) != colons)
		*why = "a name comes twice in an object";
	if (*why == NULL)
		return true;
	json_object_put(*out);
	*out = NULL;
	return false;
}

/* The `~1` and `~0` of a pointer become `/` and `~` (RFC 6901 §4). */
static void unescape(char *name)
{
	char *to = name;
	for (const char *from = name; *from != '\0'; from++) {
		bool escaped = from[0] == '~' && (from[1] == '0' || from[1] == '1');
		*to++ = !escaped ? *from : from[1] == '0' ? '~' : '/';
		from += escaped;
	}
	*to = '\0';
}

static bool step(struct json_object *from, const char *name, struct json_object **out)
{
	if (json_object_is_type(from, json_type_object))
		return json_object_object_get_ex(from, name, out);
	size_t len = strspn(name, "0123456789");
	if (!json_object_is_type(from, json_type_array) || len == 0 || len > 9 || name[len] != '\0' ||
	    (name[0] == '0' && len > 1))
		return false;
	size_t index = strtoul(name, NULL, 10);
	*out = json_object_array_get_idx(from, index);
	return index < json_object_array_length(from);
}

bool json_find(struct json_object *root, const char *path, struct json_object **out)
{
	char separator = path[0] == '/' ? '/' : '.';
	bool found = true;
	*out = root;
	for (const char *p = separator == '/' ? path + 1 : path; found && p != NULL;) {
		const char *end = strchrnul(p, separator);
		char *name = mem_copy_text(p, (size_t)(end - p));
		if (separator == '/')
			unescape(name);
		found = step(*out, name, out);
		free(name);
		p = *end == '\0' ? NULL : end + 1;
	}
	return found;
}

const char *json_text(struct json_object *value, size_t *len)
{
	enum json_type type = json_object_get_type(value);
	if (type == json_type_object || type == json_type_array)
		return NULL;
	const char *text = type == json_type_null ? "null" : json_object_get_string(value);
	*len = type == json_type_string ? (size_t)json_object_get_string_len(value) : strlen(text);
	return text;
}

bool json_count(struct json_object *value, uint32_t *out)
{
	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return false;
	double number = round(json_object_get_double(value));
	if (!(number >= 0 && number <= UINT32_MAX)) /* also where it is infinite */
		return false;
	*out = (uint32_t)number;
	return true;
}
