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

/* How many have ended, either way. */
static int64_t ended(struct json_object *reload)
{
	return member_number(reload, "done") + member_number(reload, "failed");
}

/* The status once a reload that began after `before` had ended has ended, too. NULL: it can't be had. */
static struct json_object *await(struct api *api, int64_t before)
{
	for (;;) {
		struct json_object *status = api_get(api, "/v1/status"), *reload = member(status, "reload");
		if (status == NULL ||
		    (ended(reload) > before && !json_object_get_boolean(member(reload, "running"))))
			return status;
		json_object_put(status);
		nap();
	}
}

static int tell(const struct options *o, struct json_object *status)
{
	struct json_object *reload = member(status, "reload"), *faults = member(reload, "faults");
	bool ok = json_object_get_boolean(member(reload, "ok"));
	size_t n = json_object_is_type(faults, json_type_array) ? json_object_array_length(faults) : 0;
	if (o->json) {
		puts(json_object_to_json_string_ext(reload, JSON_C_TO_STRING_PRETTY |
								    JSON_C_TO_STRING_NOSLASHESCAPE));
		return ok ? RESULT_GOOD : RESULT_BAD;
	}
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s\n", json_object_get_string(json_object_array_get_idx(faults, i)));
	if (ok)
		printf("reloaded, zones: %zu, datacenters: %zu\n",
		       json_object_array_length(member(status, "zones")),
		       json_object_array_length(member(status, "datacenters")));
	else
		fputs("gslbctl: the reload failed; what was served before is served on\n", stderr);
	return ok ? RESULT_GOOD : RESULT_BAD;
}

static int reload_with(struct api *api, const struct options *o)
{
	struct json_object *status = api_get(api, "/v1/status"), *reply;
	if (status == NULL)
		return RESULT_TROUBLE;
	int64_t before = ended(member(status, "reload"));
	json_object_put(status);
	int code = api_call(api, "POST", "/v1/reload", NULL, &reply);
	if (code != 202)
		api_complain(code, reply);
	json_object_put(reply);
	status = code == 202 ? await(api, before) : NULL;
	int result = status ? tell(o, status) : RESULT_TROUBLE;
	json_object_put(status);
	return result;
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
