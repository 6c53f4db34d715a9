/* SPDX-License-Identifier: ISC */
/* The admin API's routes: each looks at its request, does one thing, and leaves JSON. */
#include "answer/possible.h"
#include "base/clock.h"
#include "base/printable.h"
#include "config/value.h"
#include "control/server.h"
#include "geo/times.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *text(const char *value)
{
	return json_object_new_string(value);
}

bool api_ready(const struct control *c, struct http_reply *reply)
{
	if (c->workers == NULL)
		http_error(reply, 503, "not ready: the first round of checks is under way");
	return c->workers != NULL;
}

static void get_status(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)request;
	if (api_ready(context, reply))
		reply->json = status_json(context);
}

static void get_livez(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	(void)request;
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "live", json_object_new_boolean(true));
}

static void get_readyz(void *context, const struct http_request *request, struct http_reply *reply)
{
	const struct control *c = context;
	(void)request;
	if (c->workers == NULL)
		reply->status = 503;
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "ready", json_object_new_boolean(c->workers != NULL));
}

static void get_metrics(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)request;
	if (!api_ready(context, reply))
		return;
	reply->text = evbuffer_new();
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(context, reply->text);
}

static void get_reload(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)request;
	if (api_ready(context, reply))
		reply->json = reload_json(context);
}

static void post_reload(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct control *c = context;
	(void)request;
	service_reloading(c);
	uint64_t number = reload_start(c->reload);
	reply->status = 202;
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "number", json_object_new_int64((int64_t)number));
	json_object_object_add(
		reply->json, "reload",
		text("begun; GET /v1/reload says what has come of this number, or of a higher one"));
}

int datacenter_named(struct control *c, const char *name, struct http_reply *reply)
{
	const struct config *config = control_world(c)->config;
	int found = config_datacenter(config, name, strlen(name));
	char names[512] = "";
	size_t len = 0;
	for (size_t i = 0; found == CONFIG_NONE && i < config->n_datacenters && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
					config->datacenters[i].name);
	if (found == CONFIG_NONE)
		http_error(reply, 404, "no datacenter is named \"%s\"; there are %s", name, names);
	return found;
}

/* A text member of the body; false, with the reply's error, where it is something else. */
static bool body_text(const struct http_request *request, const char *key, const char **out,
		      struct http_reply *reply)
{
	struct json_object *member;
	*out = NULL;
	if (request->body == NULL || !json_object_object_get_ex(request->body, key, &member))
		return true;
	if (json_object_is_type(member, json_type_string)) {
		*out = json_object_get_string(member);
		return true;
	}
	http_error(reply, 400, "\"%s\" must be a text", key);
	return false;
}

static bool body_flag(const struct http_request *request, const char *key, bool *out,
		      struct http_reply *reply)
{
	struct json_object *member;
	*out = false;
	if (request->body == NULL || !json_object_object_get_ex(request->body, key, &member))
		return true;
	*out = json_object_get_boolean(member) != 0;
	if (json_object_is_type(member, json_type_boolean))
		return true;
	http_error(reply, 400, "\"%s\" must be true or false", key);
	return false;
}

bool body_known(const struct http_request *request, const char *const *keys, size_t n,
		struct http_reply *reply)
{
	if (request->body == NULL)
		return true;
	json_object_object_foreach(request->body, key, value)
	{
		bool known = false;
		(void)value;
		for (size_t i = 0; i < n; i++)
			known |= strcmp(keys[i], key) == 0;
		if (known)
			continue;
		const char *near = value_nearest(key, strlen(key), keys, n);
		http_error(reply, 400, "unknown member \"%s\"%s%s%s", key, near ? ", did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
		return false;
	}
	return true;
}

static bool override_state_read(const char *given, enum override_state *out)
{
	static const struct {
		const char *word;
		enum override_state state;
	} rows[] = {{"drain", OVERRIDE_DRAIN}, {"down", OVERRIDE_DOWN}, {"up", OVERRIDE_UP}};
	for (size_t i = 0; given != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
		*out = rows[i].state;
		if (strcmp(rows[i].word, given) == 0)
			return true;
	}
	return false;
}

/* What the body asks for. False, with the reply's error, where it is not right. */
static bool override_read(const struct http_request *request, struct override *out, bool *force,
			  struct http_reply *reply)
{
	static const char *const keys[] = {"state", "for", "why", "who", "force"};
	const char *state, *length, *why, *who;
	uint32_t ms;
	*out = (struct override){.since_ms = clock_ms(), .until_ms = INT64_MAX};
	if (!body_known(request, keys, sizeof(keys) / sizeof(keys[0]), reply) ||
	    !body_text(request, "state", &state, reply) || !body_text(request, "for", &length, reply) ||
	    !body_text(request, "why", &why, reply) || !body_text(request, "who", &who, reply) ||
	    !body_flag(request, "force", force, reply))
		return false;
	if (!override_state_read(state, &out->state)) {
		http_error(reply, 400, "\"state\" must be \"drain\", \"down\" or \"up\"");
		return false;
	}
	if (length != NULL && (!value_duration_ms(length, strlen(length), &ms) || ms == 0)) {
		http_error(reply, 400,
			   "\"for\": \"%s\" is no duration from 1ms to 24d, such as \"10m\" or \"1h30m\"",
			   length);
		return false;
	}
	if ((who != NULL && strlen(who) >= sizeof(out->who)) ||
	    (why != NULL && strlen(why) >= sizeof(out->why))) {
		http_error(reply, 400, "\"who\" may have up to %zu octets, \"why\" up to %zu",
			   sizeof(out->who) - 1, sizeof(out->why) - 1);
		return false;
	}
	if (length != NULL)
		out->until_ms = out->since_ms + ms;
	snprintf(out->who, sizeof(out->who), "%s", who ? who : request->who);
	snprintf(out->why, sizeof(out->why), "%s", why ? why : "");
	printable_mask(out->who, strlen(out->who));
	printable_mask(out->why, strlen(out->why));
	return true;
}

static void refuse_last(struct http_reply *reply, const char *datacenter, struct json_object *names, size_t n)
{
	http_error(reply, 409,
		   "%s is the last usable datacenter of %zu name(s); force would do it all the same",
		   datacenter, n);
	json_object_object_add(reply->json, "names", names);
}

static void put_override(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct control *c = context;
	struct override override;
	size_t n_names;
	bool force;
	int datacenter = api_ready(c, reply) ? datacenter_named(c, request->rest, reply) : CONFIG_NONE;
	if (datacenter == CONFIG_NONE || !override_read(request, &override, &force, reply))
		return;
	struct json_object *names = override_apply(c, (uint32_t)datacenter, &override, force, &n_names);
	if (names != NULL)
		refuse_last(reply, request->rest, names, n_names);
	else
		reply->json = status_datacenter_json(c, (uint32_t)datacenter);
}

/* `*` are the records in no datacenter: they can't be drained, but return=manual may hold them. */
static void release_loose(struct control *c, struct http_reply *reply)
{
	watch_serving(c->watch)->vitals.loose_released_ms = clock_ms();
	control_changed(c, CHANGE_STATE);
	control_save(c);
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "released", text("*"));
}

static void delete_override(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct control *c = context;
	bool ready = api_ready(c, reply);
	if (strcmp(request->rest, "*") == 0 && ready) {
		release_loose(c, reply);
		return;
	}
	int datacenter = ready ? datacenter_named(c, request->rest, reply) : CONFIG_NONE;
	if (datacenter == CONFIG_NONE)
		return;
	const char *with = http_query(request, "force"), *who = http_query(request, "who");
	bool force = with != NULL && strcmp(with, "yes") == 0;
	struct override none = {.state = OVERRIDE_NONE};
	size_t n_names;
	snprintf(none.who, sizeof(none.who), "%s", who != NULL ? who : request->who);
	struct json_object *names = override_apply(c, (uint32_t)datacenter, &none, force, &n_names);
	if (names != NULL)
		refuse_last(reply, request->rest, names, n_names);
	else
		reply->json = status_datacenter_json(c, (uint32_t)datacenter);
}

/* Takes datacenters, separated by commas, as down in these vitals. */
static bool take_down(struct control *c, const char *names, struct vitals *vitals, struct http_reply *reply)
{
	while (names != NULL && *names != '\0') {
		char name[64];
		size_t len = strcspn(names, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		int datacenter = datacenter_named(c, name, reply);
		if (datacenter == CONFIG_NONE)
			return false;
		vitals->datacenters[datacenter].override.state = OVERRIDE_DOWN;
		names += len + (names[len] == ',');
	}
	return true;
}

static void explain_as(struct control *c, const struct explain_request *question,
		       const struct http_request *request, struct http_reply *reply)
{
	const char *down = http_query(request, "down"), *with = http_query(request, "possible");
	bool possible = with != NULL && strcmp(with, "yes") == 0;
	struct watched *w = watch_serving(c->watch);
	struct vitals vitals = w->vitals;
	size_t size = w->world->config->n_datacenters * sizeof(*vitals.datacenters);
	vitals.datacenters = malloc(size + 1);
	if (vitals.datacenters == NULL)
		abort();
	memcpy(vitals.datacenters, w->vitals.datacenters, size);
	if (take_down(c, down, &vitals, reply)) {
		struct board *board = board_build(w->world->roster, &vitals, clock_ms());
		struct view view = *c->view;
		board->learned = c->learned;
		view.board = board;
		view.tallies = NULL;
		reply->json = explain(&view, control_places(c), question);
		if (possible)
			explain_possible(&view, question, reply->json);
		board_free(board);
	}
	free(vitals.datacenters);
}

static void get_explain(void *context, const struct http_request *request, struct http_reply *reply)
{
	const char *name = http_query(request, "name"), *type = http_query(request, "type");
	const char *client = http_query(request, "client"), *why;
	char question[NAME_TEXT_MAX + 32];
	struct explain_request parsed;
	if (!api_ready(context, reply))
		return;
	if (name == NULL || client == NULL) {
		http_error(reply, 400,
			   "name= and client= are needed, such as "
			   "?name=www.app.example.com&type=A&client=203.0.113.7");
		return;
	}
	snprintf(question, sizeof(question), "%s%s%s", name, type ? "/" : "", type ? type : "");
	if (!explain_parse(question, client, &parsed, &why))
		http_error(reply, 400, "%s", why);
	else
		explain_as(context, &parsed, request, reply);
}

static void get_names(void *context, const struct http_request *request, struct http_reply *reply)
{
	const char *asked = http_query(request, "name"), *why;
	struct name name;
	if (!api_ready(context, reply))
		return;
	if (asked != NULL && !name_parse(asked, strlen(asked), NULL, &name, &why))
		http_error(reply, 400, "\"%s\": %s", asked, why);
	else
		reply->json = names_json(context, asked ? &name : NULL);
}

static void get_clients(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct control *c = context;
	char *why;
	(void)request;
	if (!api_ready(c, reply))
		return;
	struct json_object *clients = survey_clients(c->survey, control_world(c), &why);
	if (why != NULL) {
		http_error(reply, 503, "the clients of geomaps can't be found out: %s", why);
		free(why);
		return;
	}
	if (clients == NULL)
		reply->status = 202; /* ask again */
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "clients", clients);
}

static const char *const explain_parameters[] = {"name", "type", "client", "down", "possible", NULL};
static const char *const names_parameters[] = {"name", NULL};
static const char *const clear_parameters[] = {"force", "who", NULL};

const struct http_route control_routes[] = {
	{HTTP_GET, "/livez", NULL, true, get_livez, false},
	{HTTP_GET, "/readyz", NULL, true, get_readyz, false},
	{HTTP_GET, "/metrics", NULL, false, get_metrics, false},
	{HTTP_GET, "/v1/status", NULL, false, get_status, false},
	{HTTP_GET, "/v1/explain", explain_parameters, false, get_explain, false},
	{HTTP_GET, "/v1/names", names_parameters, false, get_names, false},
	{HTTP_GET, "/v1/clients", NULL, false, get_clients, false},
	{HTTP_POST, "/v1/latency", NULL, false, post_measurements, true},
	{HTTP_GET, "/v1/reload", NULL, false, get_reload, false},
	{HTTP_POST, "/v1/reload", NULL, false, post_reload, false},
	{HTTP_GET, "/v1/upgrade", NULL, false, get_upgrade, false},
	{HTTP_POST, "/v1/upgrade", NULL, false, post_upgrade, false},
	{HTTP_PUT, "/v1/overrides/", NULL, false, put_override, false},
	{HTTP_DELETE, "/v1/overrides/", clear_parameters, false, delete_override, false},
};
const size_t n_control_routes = sizeof(control_routes) / sizeof(control_routes[0]);
