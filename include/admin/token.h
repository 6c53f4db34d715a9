/* SPDX-License-Identifier: ISC */
/* The secret that callers of the admin API show: `Authorization: Bearer TOKEN` (RFC 6750 §2.1). */
#ifndef ADMIN_TOKEN_H
#define ADMIN_TOKEN_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_MAX = 4096 };

struct token {
	size_t len; /* 0: none is needed */
	char text[TOKEN_MAX];
};

/*
 * Reads the file, the line's end left out; NULL: no token is needed. Unreadable, empty, too long, or with
 * characters that a header can't carry: an error in `faults`, and `out` stays as it was. `secret`: likewise
 * where others than its owner may read or write it, or its owner is neither this user nor root.
 */
bool token_read(const char *file, bool secret, struct token *out, struct faults *faults);

/* Does the value of an Authorization header (NULL: none) show the token? The time taken says nothing of it.
 */
bool token_shown(const struct token *token, const char *authorization);

#endif
