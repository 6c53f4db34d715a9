/* SPDX-License-Identifier: ISC */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
#ifndef ADMIN_UTF8_H
#define ADMIN_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { UTF8_OCTETS_MAX = 4 };

/* The octets of the character at `at`, which has `left` octets behind it; 0: it is none. */
static inline size_t utf8_length(const char *at, size_t left)
{
	const uint8_t *o = (const uint8_t *)at;
	if (left == 0)
		return 0;
	if (o[0] < 0x80)
		return 1;
	if (o[0] < 0xc2 || o[0] > 0xf4)
		return 0;
	size_t n = o[0] < 0xe0 ? 2 : o[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((o[i] & 0xc0) != 0x80)
			return 0;
	/* Only the second octet's range depends on the first (RFC 3629 §4). */
	if ((o[0] == 0xe0 && o[1] < 0xa0) || (o[0] == 0xed && o[1] > 0x9f) || (o[0] == 0xf0 && o[1] < 0x90) ||
	    (o[0] == 0xf4 && o[1] > 0x8f))
		return 0;
	return n;
}

/* The octets of the whole characters that a text begins with: one that was cut may end within the last. */
static inline size_t utf8_whole(const char *text)
{
	size_t len = 0, n;
	while ((n = utf8_length(text + len, strlen(text + len))) > 0)
		len += n;
	return len;
}

/* Writes a character that is no surrogate into `out` of UTF8_OCTETS_MAX; returns its octets. */
static inline size_t utf8_write(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

#endif
