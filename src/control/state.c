/* SPDX-License-Identifier: ISC */
/* The state file. Moments are ages: of the time since, whatever clocks said in between. */
#include "control/state.h"
#include "admin/body.h"
#include "admin/utf8.h"
#include "base/clock.h"
#include "base/thread.h"
#include "config/content.h"
#include "control/totals.h"
#include "health/calc.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERSION = 1 };
#define SPAN_MAX_MS (INT64_C(100) * 366 * 24 * 3600 * 1000) /* a century: longer ones are no clock's */

static void put_text(struct json_object *o, const char *key, const char *value)
{
	/* what is no UTF-8 would make a file that can't be read */
	json_object_object_add(o, key, json_object_new_string_len(value, (int)utf8_whole(value)));
}

static void put_number(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

/* A moment as an age; left out where it never was. */
static void put_age(struct json_object *o, const char *key, int64_t moment_ms, int64_t now_ms)
{
	if (moment_ms != 0)
		put_number(o, key, now_ms - moment_ms);
}

static const char *const override_words[] = {
	[OVERRIDE_NONE] = "none", [OVERRIDE_UP] = "up", [OVERRIDE_DRAIN] = "drain", [OVERRIDE_DOWN] = "down"};

static struct json_object *datacenter_write(const char *name, const struct datacenter_vital *v,
					    int64_t now_ms)
{
	struct json_object *o = json_object_new_object();
	put_text(o, "datacenter", name);
	put_age(o, "released_age_ms", v->released_ms, now_ms);
	put_age(o, "returned_age_ms", v->returned_ms, now_ms);
	if (v->override.state == OVERRIDE_NONE)
		return o;
	put_text(o, "state", override_words[v->override.state]);
	put_age(o, "since_age_ms", v->override.since_ms, now_ms);
	if (v->override.until_ms != INT64_MAX)
		put_number(o, "left_ms", v->override.until_ms - now_ms);
	put_text(o, "who", v->override.who);
	put_text(o, "why", v->override.why);
	return o;
}

static struct json_object *target_write(const struct roster_target *t, const struct vital *v, int64_t now_ms)
{
	char address[ADDR_TEXT_MAX];
	struct json_object *o = json_object_new_object();
	put_text(o, "check", t->check->name);
	put_text(o, "address", endpoint_format(&t->address, address));
	put_text(o, "state", v->health.state == HEALTH_UP ? "up" : "down");
	put_number(o, "good", v->health.good);
	put_number(o, "bad", v->health.bad);
	put_number(o, "latency_us", v->latency_us);
	put_number(o, "transitions", v->transitions);
	put_age(o, "age_ms", v->result_ms, now_ms);
	put_age(o, "since_age_ms", v->since_ms, now_ms);
	put_age(o, "down_age_ms", v->down_ms, now_ms);
	put_age(o, "up_age_ms", v->up_ms, now_ms);
	if (v->health.state == HEALTH_DOWN)
		put_text(o, "why", v->why);
	return o;
}

/* A list of the file, an item a line. */
struct list {
	FILE *file;
	unsigned n;
};

static struct list list_begin(FILE *file, const char *key)
{
	fprintf(file, ",\n  \"%s\": [", key);
	return (struct list){file, 0};
}

/* The item is freed. */
static void list_add(struct list *list, struct json_object *item)
{
	fprintf(list->file, "%s\n    %s", list->n++ > 0 ? "," : "",
		json_object_to_json_string_ext(item, JSON_C_TO_STRING_SPACED));
	json_object_put(item);
}

static void list_end(struct list *list)
{
	fputs(list->n > 0 ? "\n  ]" : "]", list->file);
}

static void datacenters_write(FILE *file, const struct config *config, const struct vitals *vitals,
			      int64_t now_ms)
{
	struct list list = list_begin(file, "datacenters");
	for (uint32_t i = 0; i < config->n_datacenters; i++) {
		const struct datacenter_vital *v = &vitals->datacenters[i];
		if (v->override.state != OVERRIDE_NONE || v->released_ms != 0 || v->returned_ms != 0)
			list_add(&list, datacenter_write(config->datacenters[i].name, v, now_ms));
	}
	list_end(&list);
}

static void targets_write(FILE *file, const struct roster *roster, const struct vitals *vitals,
			  int64_t now_ms)
{
	struct list list = list_begin(file, "targets");
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		if (vitals->targets[i].health.state != HEALTH_UNKNOWN && roster->targets[i].parts == NULL)
			list_add(&list, target_write(&roster->targets[i], &vitals->targets[i], now_ms));
		thread_turn_may_end();
	}
	list_end(&list);
}

char *state_write(const struct roster *roster, const struct vitals *vitals, size_t *len)
{
	int64_t now_ms = clock_ms();
	char *text = NULL;
	FILE *file = open_memstream(&text, len);
	if (file == NULL)
		abort();
	fprintf(file, "{\n  \"version\": %d,\n  \"saved_ms\": %lld", VERSION, (long long)clock_wall_ms());
	if (vitals->loose_released_ms != 0)
		fprintf(file, ",\n  \"loose_released_age_ms\": %lld",
			(long long)(now_ms - vitals->loose_released_ms));
	datacenters_write(file, roster->config, vitals, now_ms);
	targets_write(file, roster, vitals, now_ms);
	fputs("\n}\n", file);
	if (ferror(file) != 0 || fclose(file) != 0)
		abort();
	return text;
}

/* What is read, and how old it was already when it was saved. */
struct reading {
	const struct roster *roster;
	const struct totals *index; /* of targets */
	struct vitals *vitals;
	int64_t now_ms, passed_ms; /* since it was saved */
	uint32_t fresh_ms;
};

static int64_t get_number(struct json_object *o, const char *key)
{
	struct json_object *value = json_object_object_get(o, key);
	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
}

static const char *get_text(struct json_object *o, const char *key)
{
	struct json_object *value = json_object_object_get(o, key);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static int64_t clamp_span(int64_t ms)
{
	return ms < 0 ? 0 : ms > SPAN_MAX_MS ? SPAN_MAX_MS : ms;
}

/* A time from then to then, whatever the file says. */
static int64_t get_span(struct json_object *o, const char *key)
{
	return clamp_span(get_number(o, key));
}

/* Clocks begin at boot: what was before that was at its start. */
static int64_t moment_at(int64_t ms)
{
	return ms > 1 ? ms : 1;
}

/* The moment of an age; 0 where there is none. */
static int64_t get_moment(const struct reading *r, struct json_object *o, const char *key)
{
	if (json_object_object_get(o, key) == NULL)
		return 0;
	return moment_at(r->now_ms - get_span(o, key) - r->passed_ms);
}

static void datacenter_read(const struct reading *r, struct json_object *o)
{
	const char *name = get_text(o, "datacenter"), *state = get_text(o, "state");
	int found = config_datacenter(r->roster->config, name, strlen(name));
	struct override override = {.until_ms = INT64_MAX};
	if (found == CONFIG_NONE)
		return;
	struct datacenter_vital *v = &r->vitals->datacenters[found];
	v->released_ms = get_moment(r, o, "released_age_ms");
	v->returned_ms = get_moment(r, o, "returned_age_ms");
	for (int i = OVERRIDE_UP; i <= OVERRIDE_DOWN; i++)
		override.state =
			strcmp(state, override_words[i]) == 0 ? (enum override_state)i : override.state;
	if (override.state == OVERRIDE_NONE)
		return;
	override.since_ms = get_moment(r, o, "since_age_ms");
	if (json_object_object_get(o, "left_ms") != NULL)
		override.until_ms = r->now_ms + get_span(o, "left_ms") - r->passed_ms;
	snprintf(override.who, sizeof(override.who), "%s", get_text(o, "who"));
	snprintf(override.why, sizeof(override.why), "%s", get_text(o, "why"));
	if (override.until_ms > r->now_ms)
		v->override = override;
	else
		v->returned_ms = moment_at(override.until_ms);
}

static void target_key(const char *check, const char *address, char *out, size_t room)
{
	snprintf(out, room, "%s %s", check, address);
}

/* Targets by check and address: the count is the id + 1. */
static struct totals *targets_index(const struct roster *roster)
{
	struct totals *index = totals_new();
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		char address[ADDR_TEXT_MAX], key[256];
		target_key(roster->targets[i].check->name,
			   endpoint_format(&roster->targets[i].address, address), key, sizeof(key));
		totals_add(index, key, i + 1u);
	}
	return index;
}

static uint16_t get_count(struct json_object *o, const char *key)
{
	int64_t value = get_number(o, key);
	return value < 0 ? 0 : value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

static void target_read(const struct reading *r, struct json_object *o)
{
	char key[256];
	target_key(get_text(o, "check"), get_text(o, "address"), key, sizeof(key));
	uint32_t found = (uint32_t)totals_get(r->index, key) - 1; /* 0 - 1 is ROSTER_NONE */
	int64_t age_ms = get_span(o, "age_ms") + r->passed_ms, latency_us = get_number(o, "latency_us");
	if (found == ROSTER_NONE)
		return;
	struct vital *v = &r->vitals->targets[found];
	v->down_ms = get_moment(r, o, "down_age_ms"); /* what return= asks for does not age */
	v->up_ms = get_moment(r, o, "up_age_ms");
	if (age_ms > r->fresh_ms)
		return;
	v->health.state = strcmp(get_text(o, "state"), "up") == 0 ? HEALTH_UP : HEALTH_DOWN;
	v->health.good = get_count(o, "good");
	v->health.bad = get_count(o, "bad");
	v->latency_us = latency_us > 0 && latency_us < UINT32_MAX ? (uint32_t)latency_us : 0;
	v->shown_latency_us = v->latency_us;
	v->transitions = (uint32_t)get_number(o, "transitions");
	v->result_ms = get_moment(r, o, "age_ms");
	v->since_ms = get_moment(r, o, "since_age_ms");
	snprintf(v->why, sizeof(v->why), "%s", get_text(o, "why"));
}

static void read_all(struct reading *r, struct json_object *o)
{
	struct json_object *datacenters = json_object_object_get(o, "datacenters");
	struct json_object *targets = json_object_object_get(o, "targets");
	r->passed_ms = clamp_span(clock_wall_ms() - get_span(o, "saved_ms"));
	r->vitals->loose_released_ms = get_moment(r, o, "loose_released_age_ms");
	for (size_t i = 0;
	     json_object_is_type(datacenters, json_type_array) && i < json_object_array_length(datacenters);
	     i++)
		datacenter_read(r, json_object_array_get_idx(datacenters, i));
	for (size_t i = 0;
	     json_object_is_type(targets, json_type_array) && i < json_object_array_length(targets); i++)
		target_read(r, json_object_array_get_idx(targets, i));
	calcs_derive(r->vitals, r->roster, r->now_ms);
}

void state_read_file(const char *path, uint32_t fresh_ms, const struct roster *roster, struct vitals *vitals,
		     struct faults *faults)
{
	char why[BODY_WHY_MAX];
	const char *problem;
	struct content content;
	struct reading r = {.roster = roster, .vitals = vitals, .now_ms = clock_ms(), .fresh_ms = fresh_ms};
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return;
	if (!content_read(NULL, path, &content, &problem)) {
		fault_warn(faults, (struct spot){.file = path}, "can't be read: %s", problem);
		return;
	}
	struct json_object *o = body_parse(content.text, content.len, why);
	if (o == NULL)
		fault_warn(faults, (struct spot){.file = path},
			   "not a state file, nothing is taken from it: %s", why);
	else if (get_number(o, "version") != VERSION)
		fault_warn(faults, (struct spot){.file = path},
			   "its version is not %d, nothing is taken from it", VERSION);
	else {
		struct totals *index = targets_index(roster);
		r.index = index;
		read_all(&r, o);
		totals_free(index);
	}
	json_object_put(o);
	free(content.text);
}

void state_read(const char *folder, uint32_t fresh_ms, const struct roster *roster, struct vitals *vitals,
		struct faults *faults)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/state.json", folder);
	state_read_file(path, fresh_ms, roster, vitals, faults);
}
