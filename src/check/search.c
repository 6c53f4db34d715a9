/* SPDX-License-Identifier: ISC */
/* Knuth, Morris and Pratt's search, with its borders found by looking: texts are short, and mismatches rare.
 */
#include "check/search.h"

#include <string.h>

/* How many characters match after `c` has come where `matched` did before it. */
static size_t step(const char *text, size_t matched, char c)
{
	if (text[matched] == c)
		return matched + 1;
	for (size_t border = matched; border-- > 0;) {
		if (text[border] == c && memcmp(text, text + matched - border, border) == 0)
			return border + 1;
	}
	return 0;
}

size_t search_feed(const char *text, size_t matched, const char *piece, size_t len)
{
	const char *end = piece + len;
	while (piece < end && text[matched] != '\0') {
		if (matched == 0) {
			piece = memchr(piece, text[0], (size_t)(end - piece));
			if (piece == NULL)
				return 0;
		}
		matched = step(text, matched, *piece++);
	}
	return matched;
}
