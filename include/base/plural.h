/* SPDX-License-Identifier: ISC */
/* Counts in sentences. */
#ifndef BASE_PLURAL_H
#define BASE_PLURAL_H

#include <stdint.h>

/* What goes behind the noun: "1 zone", "2 zones". */
static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

#endif
