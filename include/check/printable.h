/* SPDX-License-Identifier: ISC */
/* Text of strangers, made fit for a line of the log. */
#ifndef CHECK_PRINTABLE_H
#define CHECK_PRINTABLE_H

#include <stddef.h>

/*
 * Writes the first line that is not blank, at most `cap` - 1 characters of it, without blanks at its ends and
 * NUL-terminated; whatever is not printable ASCII as `?`. Returns its length, 0 where there is none.
 */
size_t printable_line(char *out, size_t cap, const char *text, size_t len);

#endif
