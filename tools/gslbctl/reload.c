/* SPDX-License-Identifier: ISC */
/* gslbctl reload: begins one, and waits for what comes of it. */
#include "api.h"

#include <stdio.h>
#include <time.h>

enum { POLL_MS = 50 };

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
}

/* The result of that reload, or of a later one, which has read the files again; NULL: there is none yet. */
static struct json_object *result_of(struct json_object *reload, int64_t number)
{
	struct json_object *results = member(reload, "results");
	size_t n = json_object_is_type(results, json_type_array) ? json_object_array_length(results) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *result = json_object_array_get_idx(results, i);
		if (member_number(result, "number") >= number)
			return json_object_get(result);
	}
	return NULL;
}

/* Waits for it. NULL: the server can't be asked. */
static struct json_object *await(struct api *api, int64_t number)
{
	for (;;) {
		struct json_object *reload = api_get(api, "/v1/reload");
		if (reload == NULL)
			return NULL;
		struct json_object *result = result_of(reload, number);
		json_object_put(reload);
		if (result != NULL)
			return result;
		nap();
	}
}

static int tell(struct api *api, const struct options *o, struct json_object *result)
{
	struct json_object *faults = member(result, "faults");
	bool ok = json_object_get_boolean(member(result, "ok"));
	size_t n = json_object_is_type(faults, json_type_array) ? json_object_array_length(faults) : 0;
	if (o->json) {
		puts(json_object_to_json_string_ext(result, JSON_C_TO_STRING_PRETTY |
								    JSON_C_TO_STRING_NOSLASHESCAPE));
		return ok ? RESULT_GOOD : RESULT_BAD;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s\n", json_object_get_string(json_object_array_get_idx(faults, i)));
	if (!ok) {
		fputs("gslbctl: the reload failed; what was served before is served on\n", stderr);
		return RESULT_BAD;
	}
	struct json_object *status = api_get(api, "/v1/status");
	if (status != NULL)
		printf("reloaded, zones: %zu, datacenters: %zu\n",
		       json_object_array_length(member(status, "zones")),
		       json_object_array_length(member(status, "datacenters")));
	json_object_put(status);
	return RESULT_GOOD;
}

static int reload_with(struct api *api, const struct options *o)
{
	struct json_object *reply;
	int code = api_call(api, "POST", "/v1/reload", NULL, &reply);
	if (code != 202)
		api_complain(code, reply);
	struct json_object *result = code == 202 ? await(api, member_number(reply, "number")) : NULL;
	json_object_put(reply);
	int status = result ? tell(api, o, result) : RESULT_TROUBLE;
	json_object_put(result);
	return status;
}

int command_reload(const struct options *o)
{
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	int result = reload_with(api, o);
	api_close(api);
	return result;
}
