/* SPDX-License-Identifier: ISC */
/* What is wrong with a file, and where: all faults of a run are gathered, and only main prints them. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A place in a file. Line and column count from 1; 0 where the fault is of the file as a whole. */
struct spot {
	const char *file; /* borrowed */
	unsigned line;
	unsigned column;
};

struct fault {
	char *file;
	unsigned line;
	unsigned column;
	char *text;
	bool warning; /* worth saying, but nothing is refused for it */
};

struct faults {
	struct fault *list; /* owned, in the order they were found */
	size_t n;
	size_t cap;
	size_t errors; /* those that are no warning */
};

/* Adds a fault. The text says what is wrong and what would be right; file and text are copied. */
__attribute__((format(printf, 3, 4))) void fault_add(struct faults *faults, struct spot at,
						     const char *format, ...);
__attribute__((format(printf, 3, 4))) void fault_warn(struct faults *faults, struct spot at,
						      const char *format, ...);

/* One as `file:line:column: text`, a warning with `warning: ` before the text; what does not fit is left out.
 * Returns `out`. */
char *fault_format(const struct fault *fault, char *out, size_t room);

/* Prints each as a line `file:line:column: text`, a warning with `warning: ` before the text. */
void faults_print(const struct faults *faults, FILE *out);

/* Frees what the list holds, not the list itself, which is then empty. */
void faults_free(struct faults *faults);

#endif
