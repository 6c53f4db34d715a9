/* SPDX-License-Identifier: ISC */
/* Text of strangers on its way to a terminal or a log. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stddef.h>

/* Makes each control character a `?`, those of UTF-8 (U+0080 to U+009F) two; any other octet stays. */
void printable_mask(char *text, size_t len);

#endif
