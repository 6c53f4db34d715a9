/* SPDX-License-Identifier: ISC */
/* The secret that callers of the admin API show: `Authorization: Bearer TOKEN` (RFC 6750 §2.1). */
#ifndef CONFIG_BEARER_H
#define CONFIG_BEARER_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>

enum { BEARER_MAX = 4096 };

struct bearer {
	size_t len; /* 0: none is needed */
	char text[BEARER_MAX];
};

/*
 * Reads the file that is named at `at`, the line's end left out. Unreadable, empty, too long, or with
 * characters that a header can't carry: an error in `faults`, and `out` stays as it was. `secret`: likewise
 * where others than its owner may read or write it, or its owner is neither this user nor root.
 */
bool bearer_read(const char *file, struct spot at, bool secret, struct bearer *out, struct faults *faults);

/* Does the value of an Authorization header (NULL: none) show the token? The time taken says nothing of it.
 */
bool bearer_shown(const struct bearer *bearer, const char *authorization);

#endif
