/* SPDX-License-Identifier: ISC */
/* What is not printable is a `?`. */
#include "check/printable.h"

#include <stdbool.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t printable_line(char *out, size_t cap, const char *text, size_t len)
{
	size_t n = 0;
	while (len > 0 && is_blank(*text)) {
		text++;
		len--;
	}
	for (size_t i = 0; i < len && n < cap - 1 && text[i] != '\n'; i++) {
		char c = text[i];
		out[n++] = is_blank(c) ? ' ' : c > ' ' && c <= '~' ? c : '?';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n;
}
