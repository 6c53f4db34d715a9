/* SPDX-License-Identifier: ISC */
/* The body of a request: one JSON object (RFC 8259), read more strictly than json-c's own strict mode does.
 */
#ifndef ADMIN_BODY_H
#define ADMIN_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum { BODY_DEPTH_MAX = 16, BODY_WHY_MAX = 128 };

/*
 * Reads `len` octets. Refused are, beside what the grammar forbids: anything but an object, members given
 * twice, invalid UTF-8, U+0000, lone surrogates, numbers out of the range of int64 or double, more than
 * BODY_DEPTH_MAX levels. The caller frees the result with json_object_put(). NULL: `why`, of BODY_WHY_MAX
 * characters, says where and what.
 */
struct json_object *body_parse(const char *text, size_t len, char *why);

#endif
