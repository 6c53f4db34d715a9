/* SPDX-License-Identifier: ISC */
/* gslbctl upgrade: begins one, and waits until another process answers. */
#include "api.h"
#include "dns.h"

#include <stdio.h>
#include <time.h>

enum { POLL_MS = 100, PATIENCE_S = 130 };

static int tell(const struct options *o, struct json_object *before, struct json_object *after)
{
	if (o->json)
		puts(json_object_to_json_string_ext(after, JSON_C_TO_STRING_PRETTY));
	else
		printf("upgraded, process: %lld, was: %lld, version: %s, was: %s\n",
		       (long long)member_number(after, "pid"), (long long)member_number(before, "pid"),
		       member_text(after, "version"), member_text(before, "version"));
	return RESULT_GOOD;
}

/* What comes of it; a reply may be lost where one process leaves and another comes. */
static int await(struct api *api, const struct options *o, struct json_object *before)
{
	int64_t until_us = dns_now_us() + PATIENCE_S * 1000000LL;
	int result = -1;
	api_hush(api);
	while (result < 0 && dns_now_us() < until_us) {
		struct json_object *now;
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
		bool told = api_call(api, "GET", "/v1/upgrade", NULL, &now) == 200;
		bool another = told && member_number(now, "pid") != member_number(before, "pid");
		const char *why = told ? member_text(now, "failed") : NULL;
		if (another) {
			result = tell(o, before, now);
		} else if (told && !json_object_get_boolean(member(now, "running")) && why != NULL) {
			fprintf(stderr, "gslbctl: the upgrade failed, and what served before serves on: %s\n",
				why);
			result = RESULT_BAD;
		}
		json_object_put(now);
	}
	if (result < 0)
		fputs("gslbctl: nobody says what has come of the upgrade\n", stderr);
	return result < 0 ? RESULT_TROUBLE : result;
}

int command_upgrade(const struct options *o)
{
	struct json_object *before;
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	int code = api_call(api, "POST", "/v1/upgrade", NULL, &before);
	if (code != 202)
		api_complain(code, before);
	int result = code == 202 ? await(api, o, before) : RESULT_TROUBLE;
	json_object_put(before);
	api_close(api);
	return result;
}
