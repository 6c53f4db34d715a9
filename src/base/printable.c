/* SPDX-License-Identifier: ISC */
/* A control character could begin a line of its own, or take a terminal over. */
#include "base/printable.h"

#include <stdbool.h>

void printable_mask(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i], next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
		bool wide = c == 0xc2 && next >= 0x80 && next < 0xa0;
		if (c < 0x20 || c == 0x7f || wide)
			text[i] = '?';
		if (wide)
			text[++i] = '?';
	}
}
