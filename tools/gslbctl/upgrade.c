/* SPDX-License-Identifier: ISC */
/* gslbctl upgrade: begins one, and waits until another process answers. */
#include "api.h"
#include "dns.h"

#include <stdio.h>
#include <time.h>

enum { POLL_MS = 100, PATIENCE_S = 130 };

/* For programs: {ok, pid, version, was: {pid, version}} or {ok, failed}. */
static void print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static struct json_object *process_json(struct json_object *upgrade)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "pid", json_object_get(member(upgrade, "pid")));
	json_object_object_add(o, "version", json_object_get(member(upgrade, "version")));
	return o;
}

static int tell_done(const struct options *o, struct json_object *before, struct json_object *after)
{
	if (o->json) {
		struct json_object *done = process_json(after);
		json_object_object_add(done, "ok", json_object_new_boolean(true));
		json_object_object_add(done, "was", process_json(before));
		print_json(done);
	} else {
		printf("upgraded, process: %lld, was: %lld, version: %s, was: %s\n",
		       (long long)member_number(after, "pid"), (long long)member_number(before, "pid"),
		       member_text(after, "version"), member_text(before, "version"));
	}
	return RESULT_GOOD;
}

/* `what` is for people, before the reason. */
static int tell_failed(const struct options *o, int result, const char *what, const char *why)
{
	if (o->json) {
		struct json_object *failed = json_object_new_object();
		json_object_object_add(failed, "ok", json_object_new_boolean(false));
		json_object_object_add(failed, "failed", json_object_new_string(why));
		print_json(failed);
	} else {
		fprintf(stderr, "gslbctl: %s%s\n", what, why);
	}
	return result;
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
		bool over = told && !json_object_get_boolean(member(now, "running"));
		if (another && over)
			result = tell_done(o, before, now);
		else if (over && why != NULL)
			result = tell_failed(o, RESULT_BAD,
					     "the upgrade failed, and what served before serves on: ", why);
		json_object_put(now);
	}
	if (result < 0)
		return tell_failed(o, RESULT_TROUBLE, "", "nobody says what has come of the upgrade");
	return result;
}

static int refused(const struct options *o, struct json_object *reply)
{
	const char *error = member_text(reply, "error");
	return tell_failed(o, RESULT_TROUBLE, "", error ? error : "the server refuses, without saying why");
}

int command_upgrade(const struct options *o)
{
	struct json_object *before;
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	int code = api_call(api, "POST", "/v1/upgrade", NULL, &before), result = RESULT_TROUBLE;
	if (code == 202)
		result = await(api, o, before);
	else if (code != 0)
		result = refused(o, before);
	json_object_put(before);
	api_close(api);
	return result;
}
