/* SPDX-License-Identifier: ISC */
/* Base64, as strict as its RFC. */
#include "base/base64.h"

#include <string.h>

static int digit_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c != '\0' ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

bool base64_decode(const char *text, size_t len, uint8_t *out, size_t *n)
{
	size_t digits = len;
	uint32_t bits = 0;
	while (digits > 0 && len - digits < 2 && text[digits - 1] == '=')
		digits--;
	*n = 0;
	if (digits == 0 || len % 4 != 0)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int value = digit_value(text[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			out[(*n)++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	return true;
}
