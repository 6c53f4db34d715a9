/* SPDX-License-Identifier: ISC */
/* Reading JSON that a stranger wrote (RFC 8259), through json-c and a guard before it. */
#ifndef CHECK_JSON_H
#define CHECK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* Objects and arrays take some hundred times the memory of their text. */
enum { JSON_DEPTH_MAX = 32, JSON_NESTS_MAX = 16384 };

/*
 * Parses one value and nothing behind it into *out, which the caller gives back with json_object_put(); NULL
 * there is null. Refuses what json-c lets pass: names that come twice in an object, NaN, odd numbers, control
 * characters in strings, more than JSON_DEPTH_MAX levels or JSON_NESTS_MAX objects and arrays. text[len] must
 * be NUL. Where it is false, *why says why, in words that follow "the reply is not JSON: ".
 */
bool json_read(const char *text, size_t len, struct json_object **out, const char **why);

/*
 * Finds the value at a path: a JSON pointer (RFC 6901) where it begins with `/`, else names and indexes with
 * dots between them (`load.connections`, `nodes.0.up`). The value stays the root's.
 */
bool json_find(struct json_object *root, const char *path, struct json_object **out);

/* The text of a string, number, true, false or null, as long as its root lives; NULL for what is none of
 * them.
 */
const char *json_text(struct json_object *value, size_t *len);

/* A number from 0 to UINT32_MAX, rounded to a whole one. */
bool json_count(struct json_object *value, uint32_t *out);

#endif
