/* SPDX-License-Identifier: ISC */
/* Splitting and decoding the target of a request, in place. */
#include "admin/uri.h"
#include "admin/utf8.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes %XX in place, and in a query `+`; what it returns is NULL, or what is wrong. */
static const char *decode(char *text, bool query)
{
	char *out = text;
	for (const char *in = text; *in != '\0'; in++) {
		char c = *in;
		if (c == '%') {
			int high = hex_digit(in[1]);
			int low = high < 0 ? -1 : hex_digit(in[2]);
			if (low < 0)
				return "a % without two hexadecimal digits";
			c = (char)(high * 16 + low);
			in += 2;
			if ((unsigned char)c < 0x20 || c == 0x7f)
				return "an encoded control character";
			if (c == '/' && !query)
				return "an encoded slash";
		} else if (c == '+' && query) {
			c = ' ';
		}
		*out++ = c;
	}
	*out = '\0';
	size_t left = strlen(text);
	for (size_t n; left > 0; left -= n, text += n)
		if ((n = utf8_length(text, left)) == 0)
			return "a text that is not UTF-8";
	return NULL;
}

/* Decodes a segment at a time, so that no encoding can make or hide one. */
static const char *read_path(char *path)
{
	char *out = path + 1;
	for (char *at = path + 1, *end; at != NULL; at = end) {
		end = strchr(at, '/');
		if (end != NULL)
			*end++ = '\0';
		if (*at == '\0' && end != NULL)
			return "an empty path segment";
		const char *why = decode(at, false);
		if (why != NULL)
			return why;
		if (strcmp(at, ".") == 0 || strcmp(at, "..") == 0)
			return "a dot segment";
		size_t len = strlen(at);
		memmove(out, at, len);
		out += len;
		if (end != NULL)
			*out++ = '/';
	}
	*out = '\0';
	return NULL;
}

static const char *read_query(struct uri *uri, char *query)
{
	for (char *at = query, *end; at != NULL; at = end) {
		end = strchr(at, '&');
		if (end != NULL)
			*end++ = '\0';
		char *value = strchr(at, '=');
		if (value != NULL)
			*value++ = '\0';
		else
			value = at + strlen(at);
		const char *why = decode(at, true);
		if (why == NULL)
			why = decode(value, true);
		if (why != NULL)
			return why;
		if (*at == '\0')
			return "a query parameter without a name";
		if (uri_parameter(uri, at) != NULL)
			return "a query parameter that is given twice";
		if (uri->n == URI_PARAMETERS_MAX)
			return "too many query parameters";
		uri->parameters[uri->n++] = (struct uri_parameter){at, value};
	}
	return NULL;
}

static const char *read_text(struct uri *uri)
{
	char *text = uri->text;
	if (text[0] != '/')
		return "not a path (absolute and other forms are not served)";
	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x21 || *c > 0x7e || *c == '#')
			return "a character that must be encoded";
	char *query = strchr(text, '?');
	if (query != NULL)
		*query++ = '\0';
	uri->path = text;
	const char *why = read_path(text);
	if (why == NULL && query != NULL && *query != '\0')
		why = read_query(uri, query);
	return why;
}

bool uri_parse(const char *text, struct uri *out, const char **why)
{
	*out = (struct uri){.text = mem_copy_text(text, strlen(text))};
	*why = read_text(out);
	if (*why != NULL)
		uri_free(out);
	return *why == NULL;
}

void uri_free(struct uri *uri)
{
	free(uri->text);
	*uri = (struct uri){0};
}

const char *uri_parameter(const struct uri *uri, const char *name)
{
	for (size_t i = 0; i < uri->n; i++)
		if (strcmp(uri->parameters[i].name, name) == 0)
			return uri->parameters[i].value;
	return NULL;
}
