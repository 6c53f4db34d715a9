/* SPDX-License-Identifier: ISC */
/* The target of a request, in origin form (RFC 9112 §3.2.1): its path and the parameters of its query. */
#ifndef ADMIN_URI_H
#define ADMIN_URI_H

#include <stdbool.h>
#include <stddef.h>

enum { URI_PARAMETERS_MAX = 16 };

struct uri_parameter {
	const char *name;
	const char *value; /* "" where none is given */
};

struct uri {
	char *text; /* owned: holds all below */
	const char *path;
	size_t n;
	struct uri_parameter parameters[URI_PARAMETERS_MAX];
};

/*
 * Splits and decodes a target. What two readers could understand differently is refused: anything but origin
 * form, dot segments and empty ones, encoded slashes, control characters, invalid UTF-8, a parameter given
 * twice. False: `why` says what is wrong, and there is nothing to free.
 */
bool uri_parse(const char *text, struct uri *out, const char **why);
void uri_free(struct uri *uri);

/* The value of a parameter; NULL where it is not given. */
const char *uri_parameter(const struct uri *uri, const char *name);

#endif
