/* SPDX-License-Identifier: ISC */
/* Columns for people: as wide as they must be, in colour on a terminal. */
#ifndef GSLBCTL_TABLE_H
#define GSLBCTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 8, AGE_MAX = 32 };

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_MIDDLING, COLOUR_BAD };

struct table {
	unsigned columns;
	size_t n, cap; /* cells */
	struct cell *cells;
};

/* Adds a cell behind the last; `text` is copied, NULL: "-", "": nothing. What a terminal would obey becomes
 * "?". */
void table_add(struct table *table, enum colour colour, const char *text);

/* The last column is as long as it is. */
void table_print(const struct table *table, bool coloured, FILE *out);
void table_free(struct table *table);

/* May `out` be coloured? A terminal may, unless NO_COLOR says otherwise. */
bool table_coloured(FILE *out);

/* A text in a colour. */
void table_paint(const char *text, enum colour colour, bool coloured, FILE *out);

/* A length of time in its largest unit ("12s", "3h"), into `out` of AGE_MAX; returns it. */
char *age_text(int64_t seconds, char *out);

/* How long ago, in seconds, a moment of the API was ("2026-11-21T08:00:00Z"); below 0: it is to come. False:
 * NULL, or none. */
bool age_of(const char *moment, int64_t *seconds);

#endif
