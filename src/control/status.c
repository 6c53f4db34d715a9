/* SPDX-License-Identifier: ISC */
/* What the server knows and does, as JSON: GET /v1/status. */
#include "base/clock.h"
#include "base/memory.h"
#include "control/server.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Of more targets, only those that are not up are listed, and no more than this: writing them all would hold
 * up what publishes health, in the middle of an outage. */
enum { TARGETS_LISTED = 1000 };

static struct json_object *text(const char *value)
{
	return json_object_new_string(value);
}

static void put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

char *wall_text(int64_t ms, char *out)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

/* The same of a moment of clock_ms(). */
static char *moment_text(int64_t ms, char *out)
{
	return wall_text(clock_wall_ms() - clock_ms() + ms, out);
}

static void put_moment(struct json_object *o, const char *key, int64_t ms)
{
	char moment[32];
	put(o, key, ms > 0 && ms < INT64_MAX ? text(moment_text(ms, moment)) : NULL);
}

static const char *state_text(enum health_state state)
{
	switch (state) {
	case HEALTH_UNKNOWN: return "unknown";
	case HEALTH_UP: return "up";
	case HEALTH_DOWN: return "down";
	}
	return "";
}

static const char *override_text(enum override_state state)
{
	switch (state) {
	case OVERRIDE_NONE: return "none";
	case OVERRIDE_UP: return "up";
	case OVERRIDE_DRAIN: return "drain";
	case OVERRIDE_DOWN: return "down";
	}
	return "";
}

static struct json_object *override_json(const struct override *o)
{
	if (o->state == OVERRIDE_NONE)
		return NULL;
	struct json_object *json = json_object_new_object();
	put(json, "state", text(override_text(o->state)));
	put_moment(json, "since", o->since_ms);
	put_moment(json, "until", o->until_ms);
	put(json, "who", text(o->who));
	put(json, "why", text(o->why));
	return json;
}

/* Milliseconds with three digits behind the point. */
static struct json_object *ms_json(uint32_t us)
{
	char digits[32];
	snprintf(digits, sizeof(digits), "%u.%03u", us / 1000, us % 1000);
	return json_object_new_double_s((double)us / 1000, digits);
}

/* The figures of a check. */
static void put_vital(struct json_object *o, const struct vital *v, int64_t now_ms)
{
	put(o, "latency_ms", v->latency_us ? ms_json(v->latency_us) : NULL);
	put(o, "connections", v->has_connections ? json_object_new_int64(v->connections) : NULL);
	put(o, "weight_percent", json_object_new_int(v->weight_percent));
	put(o, "age_ms", v->result_ms ? json_object_new_int64(now_ms - v->result_ms) : NULL);
}

/* What a datacenter is to answers, since when, and why. */
struct verdict {
	const char *state; /* up, down, drain, returning, unknown */
	int64_t since_ms;
	char why[256];
};

static void verdict_override(const struct control *c, const struct vitals *vitals, uint32_t i,
			     struct verdict *out)
{
	const struct override *o = &vitals->datacenters[i].override;
	const struct config *config = control_world((struct control *)(uintptr_t)c)->config;
	if (o->state == OVERRIDE_NONE) {
		out->state = config->datacenters[i].state == ADMIN_DRAIN ? "drain" : "down";
		snprintf(out->why, sizeof(out->why), "state=%s in the configuration", out->state);
		return;
	}
	out->state = override_text(o->state);
	out->since_ms = o->since_ms;
	snprintf(out->why, sizeof(out->why), "%s%s%s", o->who, o->why[0] ? ": " : "", o->why);
}

/* What ends a wait for return=. */
static void tell_held(const char *datacenter, int64_t left_ms, struct verdict *out)
{
	bool long_time = left_ms > 120 * 1000;
	out->state = "returning";
	if (left_ms == INT64_MAX)
		snprintf(out->why, sizeof(out->why), "return=manual: run gslbctl clear %s", datacenter);
	else
		snprintf(out->why, sizeof(out->why), "return=after: for %lld %s more, or gslbctl clear %s",
			 (long long)(left_ms / (long_time ? 60000 : 1000) + 1), long_time ? "min" : "s",
			 datacenter);
}

/* What of its load takes from its share of the answers. */
static void tell_load(const struct range *capacity, const struct vital *v, struct verdict *out)
{
	uint32_t percent = shed_share(capacity, v->connections) * 100 / SHED_ALL;
	size_t len = 0;
	if (v->weight_percent < 100)
		len = (size_t)snprintf(out->why, sizeof(out->why), "agent: %u %% of its weight",
				       v->weight_percent);
	if (percent > 0)
		snprintf(out->why + len, sizeof(out->why) - len, "%sover capacity: sheds %u %%",
			 len > 0 ? ", " : "", percent);
}

static void verdict_of(struct control *c, uint32_t i, struct verdict *out)
{
	struct watched *w = watch_serving(c->watch);
	const struct roster *roster = w->world->roster;
	uint32_t target = roster->datacenter_targets[i];
	*out = (struct verdict){.state = "up"};
	if (datacenter_say(roster, &w->vitals, i) != OVERRIDE_NONE) {
		verdict_override(c, &w->vitals, i, out);
		return;
	}
	if (target == ROSTER_NONE) {
		snprintf(out->why, sizeof(out->why), "no check");
		return;
	}
	const struct vital *v = &w->vitals.targets[target];
	struct comeback_case comeback = datacenter_case(roster, &w->vitals, i);
	enum health_state state = v->health.state;
	int64_t until_ms;
	out->state = state_text(state);
	out->since_ms = v->since_ms;
	if (state == HEALTH_DOWN)
		memcpy(out->why, v->why, sizeof(v->why));
	else if (v->agent != ADMIN_UP)
		out->state = v->agent == ADMIN_DRAIN ? "drain" : "down",
		snprintf(out->why, sizeof(out->why), "its agent says so");
	else if (comeback_held(&comeback, clock_ms(), &until_ms))
		tell_held(roster->config->datacenters[i].name,
			  until_ms == INT64_MAX ? until_ms : until_ms - clock_ms(), out);
	else if (comeback_share(&comeback, clock_ms(), &until_ms) < SHARE_WHOLE)
		snprintf(out->why, sizeof(out->why), "slow start: %d %% of its weight",
			 comeback_share(&comeback, clock_ms(), &until_ms) * 100 / SHARE_WHOLE);
	else
		tell_load(&roster->config->datacenters[i].capacity, v, out);
	for (uint32_t p = roster->targets[target].first_pace; p != ROSTER_NONE && out->why[0] == '\0';
	     p = roster->paces[p].next) {
		if (w->vitals.paces[p].state == HEALTH_DOWN)
			snprintf(out->why, sizeof(out->why), "over max-latency %u ms",
				 roster->paces[p].limit_us / 1000);
	}
}

static struct json_object *datacenter_json(struct control *c, uint32_t i, int64_t now_ms)
{
	struct watched *w = watch_serving(c->watch);
	const struct roster *roster = w->world->roster;
	uint32_t target = roster->datacenter_targets[i];
	struct json_object *o = json_object_new_object();
	struct verdict verdict;
	char address[ADDR_TEXT_MAX];
	verdict_of(c, i, &verdict);
	put(o, "name", text(roster->config->datacenters[i].name));
	put(o, "state", text(verdict.state));
	put_moment(o, "since", verdict.since_ms);
	put(o, "why", verdict.why[0] ? text(verdict.why) : NULL);
	put(o, "override", override_json(&w->vitals.datacenters[i].override));
	put(o, "check", target == ROSTER_NONE ? NULL : text(roster->targets[target].check->name));
	put(o, "address",
	    target == ROSTER_NONE ? NULL : text(endpoint_format(&roster->targets[target].address, address)));
	put(o, "health",
	    text(target == ROSTER_NONE ? "unchecked" : state_text(w->vitals.targets[target].health.state)));
	if (target == ROSTER_NONE)
		return o;
	const struct vital *v = &w->vitals.targets[target];
	put(o, "check_why", v->health.state == HEALTH_DOWN ? text(v->why) : NULL);
	put_vital(o, v, now_ms);
	return o;
}

struct json_object *status_datacenter_json(struct control *c, uint32_t datacenter)
{
	return datacenter_json(c, datacenter, clock_ms());
}

/* Which targets are well and decide for a record that return= holds back: by target, what is to be cleared to
 * have it back, NULL: nothing. To be freed. */
static const char **held_targets(const struct control *c)
{
	const struct roster *roster = c->view->world->roster;
	const char **held = mem_alloc((roster->n_targets + 1) * sizeof(*held));
	for (uint32_t i = 0; i < roster->n_slots; i++) {
		const struct roster_slot *slot = &roster->slots[i];
		if (c->view->board->standings[i] == STANDING_RECORD_HELD)
			held[slot->target] = slot->datacenter == CONFIG_NONE
						     ? "'*'"
						     : roster->config->datacenters[slot->datacenter].name;
	}
	return held;
}

/* What is wrong with a target; NULL: nothing. */
static struct json_object *target_why(const struct vital *v, const char *held)
{
	char why[128];
	bool never = v->health.state == HEALTH_UNKNOWN && v->failed > 0; /* for want of something here */
	if (v->health.state == HEALTH_DOWN || v->health.bad > 0 || v->silent || never)
		return text(v->why);
	snprintf(why, sizeof(why), "return= of a record holds it back; gslbctl clear %s ends that",
		 held ? held : "");
	return held ? text(why) : NULL;
}

static struct json_object *target_json(struct control *c, uint32_t i, const char *held, int64_t now_ms)
{
	struct watched *w = watch_serving(c->watch);
	const struct roster_target *target = &w->world->roster->targets[i];
	const struct vital *v = &w->vitals.targets[i];
	struct json_object *o = json_object_new_object();
	char address[ADDR_TEXT_MAX], expires[32];
	put(o, "check", text(target->check->name));
	put(o, "address", text(endpoint_format(&target->address, address)));
	put(o, "state", text(held ? "returning" : state_text(v->health.state)));
	put_moment(o, "since", v->since_ms);
	put(o, "why", target_why(v, held));
	put_vital(o, v, now_ms);
	put(o, "passed", json_object_new_int64((int64_t)v->passed));
	put(o, "failed", json_object_new_int64((int64_t)v->failed));
	put(o, "transitions", json_object_new_int64(v->transitions));
	if (v->certificate_end_s != 0)
		put(o, "certificate_expires", text(wall_text(v->certificate_end_s * 1000, expires)));
	return o;
}

struct json_object *reload_json(const struct control *c)
{
	struct json_object *o = json_object_new_object();
	put(o, "running", json_object_new_boolean(reload_running(c->reload) || watch_pending(c->watch)));
	put(o, "done", json_object_new_int64((int64_t)c->reloads.done));
	put(o, "failed", json_object_new_int64((int64_t)c->reloads.failed));
	put_moment(o, "last", c->reloads.last_ms);
	put(o, "ok", c->reloads.last_ms ? json_object_new_boolean(c->reloads.last_ok) : NULL);
	size_t n = c->reloads.results ? json_object_array_length(c->reloads.results) : 0;
	struct json_object *last = n > 0 ? json_object_array_get_idx(c->reloads.results, n - 1) : NULL;
	put(o, "faults", last ? json_object_get(json_object_object_get(last, "faults")) : NULL);
	put(o, "results", json_object_get(c->reloads.results));
	return o;
}

static struct json_object *listens_json(struct control *c, bool tls)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; c->workers != NULL && i < c->opened.n_listens; i++) {
		struct endpoint e = c->opened.listens[i].endpoint;
		char address[ADDR_TEXT_MAX];
		if (c->opened.listens[i].tls != tls)
			continue;
		e.port = workers_port(c->workers, i);
		json_object_array_add(list, text(endpoint_format(&e, address)));
	}
	return list;
}

static struct json_object *zones_json(struct control *c)
{
	const struct zones *zones = control_world(c)->zones;
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < zones->n && i < 1000; i++) {
		char name[NAME_TEXT_MAX];
		json_object_array_add(list, text(name_format(zones->list[i]->apex->octets, name)));
	}
	return list;
}

struct json_object *status_json(struct control *c)
{
	const struct roster *roster = control_world(c)->roster;
	struct json_object *o = json_object_new_object(), *datacenters = json_object_new_array();
	struct json_object *targets = json_object_new_array();
	int64_t now_ms = clock_ms();
	uint32_t n_not_up = 0;
	const char **held = held_targets(c);
	for (uint32_t i = 0; i < roster->config->n_datacenters; i++)
		json_object_array_add(datacenters, datacenter_json(c, i, now_ms));
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		const struct vital *v = &watch_serving(c->watch)->vitals.targets[i];
		bool up = v->health.state == HEALTH_UP && !held[i];
		n_not_up += !up;
		if (roster->n_targets <= TARGETS_LISTED || (!up && n_not_up <= TARGETS_LISTED))
			json_object_array_add(targets, target_json(c, i, held[i], now_ms));
	}
	free(held);
	put(o, "n_targets", json_object_new_int64(roster->n_targets));
	put(o, "n_targets_not_up", json_object_new_int64(n_not_up));
	put(o, "version", text(GSLBD_VERSION));
	put_moment(o, "started", c->started_ms);
	put(o, "ready", json_object_new_boolean(c->workers != NULL));
	put(o, "isolated", json_object_new_boolean(c->isolated));
	put(o, "state_failing", json_object_new_boolean(c->saver != NULL && saver_failing(c->saver)));
	put(o, "listens", listens_json(c, false));
	put(o, "tls_listens", listens_json(c, true));
	put(o, "certificates", expiry_json(c));
	put(o, "zones", zones_json(c));
	put(o, "reload", reload_json(c));
	put(o, "datacenters", datacenters);
	put(o, "targets", targets);
	return o;
}
