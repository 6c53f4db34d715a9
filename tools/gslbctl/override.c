/* SPDX-License-Identifier: ISC */
/* gslbctl drain, force, undrain and clear: what operators say of a datacenter. */
#include "override.h"
#include "status.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *override_who(char out[WHO_MAX])
{
	char host[40] = "";
	const char *user = getenv("SUDO_USER");
	const struct passwd *entry = user ? NULL : getpwuid(getuid());
	if (user == NULL)
		user = entry ? entry->pw_name : getenv("USER");
	gethostname(host, sizeof(host) - 1);
	snprintf(out, WHO_MAX, "%.20s@%s", user ? user : "somebody", host);
	return out;
}

static char *path_of(const char *datacenter, const char *query)
{
	char *path = NULL, *name = api_escape(datacenter);
	if (asprintf(&path, "/v1/overrides/%s%s", name, query) < 0)
		abort();
	free(name);
	return path;
}

int override_put(struct api *api, const struct override_wish *wish, struct json_object **reply)
{
	char who[WHO_MAX], *path = path_of(wish->datacenter, "");
	struct json_object *body = json_object_new_object();
	json_object_object_add(body, "state", json_object_new_string(wish->state));
	json_object_object_add(body, "who", json_object_new_string(override_who(who)));
	if (wish->length != NULL)
		json_object_object_add(body, "for", json_object_new_string(wish->length));
	if (wish->why != NULL)
		json_object_object_add(body, "why", json_object_new_string(wish->why));
	json_object_object_add(body, "force", json_object_new_boolean(wish->force));
	int status = api_call(api, "PUT", path, body, reply);
	json_object_put(body);
	free(path);
	return status;
}

int override_delete(struct api *api, const char *datacenter, bool force, struct json_object **reply)
{
	char who[WHO_MAX], *escaped = api_escape(override_who(who)), *query = NULL;
	if (asprintf(&query, "?who=%s%s", escaped, force ? "&force=yes" : "") < 0)
		abort();
	char *path = path_of(datacenter, query);
	int status = api_call(api, "DELETE", path, NULL, reply);
	free(query);
	free(escaped);
	free(path);
	return status;
}

void override_refused(struct json_object *reply)
{
	struct json_object *names = member(reply, "names");
	size_t n = json_object_is_type(names, json_type_array) ? json_object_array_length(names) : 0;
	if (n == 0)
		return;
	fputs("nothing would be left of:\n", stderr);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "  %s\n", json_object_get_string(json_object_array_get_idx(names, i)));
	fputs("--force does it all the same\n", stderr);
}

/* Prints what has become of the datacenter, or why nothing has. */
static int conclude(const struct options *o, int status, struct json_object *reply)
{
	if (status == 200 && o->json)
		puts(json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (status == 200)
		status_datacenter_print(reply, stdout);
	else
		api_complain(status, reply);
	if (status == 409)
		override_refused(reply);
	json_object_put(reply);
	return status == 200 ? RESULT_GOOD : status == 409 ? RESULT_BAD : RESULT_TROUBLE;
}

static int put(const struct options *o, const char *state)
{
	struct json_object *reply;
	struct api *api = api_open(o);
	struct override_wish wish = {o->words[0], state, o->length, o->why, o->force};
	if (api == NULL)
		return RESULT_TROUBLE;
	int status = override_put(api, &wish, &reply);
	int result = conclude(o, status, reply);
	api_close(api);
	return result;
}

int command_drain(const struct options *o)
{
	return put(o, "drain");
}

int command_force(const struct options *o)
{
	if (strcmp(o->words[1], "up") == 0 || strcmp(o->words[1], "down") == 0)
		return put(o, o->words[1]);
	fprintf(stderr, "gslbctl: a datacenter is forced \"up\" or \"down\", not \"%s\"\n", o->words[1]);
	return RESULT_TROUBLE;
}

int command_clear(const struct options *o)
{
	struct json_object *reply;
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	int status = override_delete(api, o->words[0], o->force, &reply);
	int result = conclude(o, status, reply);
	api_close(api);
	return result;
}
