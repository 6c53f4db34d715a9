/* SPDX-License-Identifier: ISC */
/* The admin API as its client sees it: where it is, and calls. */
#ifndef GSLBCTL_API_H
#define GSLBCTL_API_H

#include "options.h"

#include <json-c/json.h>
#include <stdbool.h>

struct api;

/* Finds the server and its token as the options, the environment and the configuration say. NULL: what was
 * looked for was told. */
struct api *api_open(const struct options *o);
void api_close(struct api *api);

/* From now on no call takes longer than `call_ms`, nor does any go on past `until_us` (dns_now_us()). */
void api_hurry(struct api *api, uint32_t call_ms, int64_t until_us);

/* From now on a call that has no answer is not told. */
void api_hush(struct api *api);

/* Has the last call had an answer, whatever it was? */
bool api_answered(const struct api *api);

/* Where it is, as a user would write it. */
const char *api_address(const struct api *api);

/*
 * One call; `body` NULL: none. Returns the HTTP status, with *reply an object to be put by the caller; 0 with
 * NULL where there was no answer, or one that the API does not give: then that was told.
 */
int api_call(struct api *api, const char *method, const char *path, struct json_object *body,
	     struct json_object **reply);

/* A GET that is to be answered with 200; anything else is told, and NULL. */
struct json_object *api_get(struct api *api, const char *path);

/* Tells what the API answered with instead of 200. */
void api_complain(int status, struct json_object *reply);

/* A text for a query parameter or a part of a path. The caller frees it. */
char *api_escape(const char *text);

/* Members of an object: NULL, 0 or false where there is none. */
const char *member_text(struct json_object *o, const char *key);
int64_t member_number(struct json_object *o, const char *key);
struct json_object *member(struct json_object *o, const char *key);

#endif
