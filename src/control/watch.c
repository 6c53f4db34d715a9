/* SPDX-License-Identifier: ISC */
/* Polls, and what their results mean to the serving world and to the next. */
#include "control/watch.h"
#include "base/log.h"
#include "base/memory.h"
#include "check/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One target under poll; its index is the schedule's id. */
struct poll {
	bool used;
	bool awaited;     /* the next world waits for its first result */
	uint32_t serving; /* target of the serving world, or ROSTER_NONE */
	uint32_t next;    /* target of the next world, or ROSTER_NONE */
};

struct watch {
	struct schedule *schedule;
	struct watch_events events;
	struct watched serving, next;
	uint32_t awaited; /* polls whose first result the next world waits for */
	size_t n, cap;
	struct poll *polls;
	uint32_t free_from; /* no poll before it is unused */
};

/* Which datacenters a target stands for: ", datacenter fra iad", or nothing where it is a record's own. */
static void datacenter_names(const struct roster *roster, uint32_t target, char *out, size_t room)
{
	const struct config *config = roster->config;
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < config->n_datacenters && len < room; i++) {
		if (roster->datacenter_targets[i] == target)
			len += (size_t)snprintf(out + len, room - len, "%s %s",
						len == 0 ? ", datacenter" : "", config->datacenters[i].name);
	}
}

static void log_transition(const struct roster *roster, uint32_t target, enum health_state state,
			   const char *why)
{
	const struct roster_target *t = &roster->targets[target];
	char address[ADDR_TEXT_MAX], names[256];
	endpoint_format(&t->address, address);
	datacenter_names(roster, target, names, sizeof(names));
	if (state == HEALTH_DOWN)
		log_warn("down: check %s of %s%s: %s", t->check->name, address, names, why);
	else
		log_info("up: check %s of %s%s", t->check->name, address, names);
}

/* Returns whether a state has changed. */
static bool take_result(struct watched *w, uint32_t target, const struct check_result *result)
{
	const struct roster *roster = w->world->roster;
	enum health_state before = w->vitals.targets[target].state;
	bool changed = vitals_result(&w->vitals, roster, target, result->ok, result->latency_us);
	enum health_state now = w->vitals.targets[target].state;
	if (now != before &&
	    !(before == HEALTH_UNKNOWN && now == HEALTH_UP)) /* that all is well is no news */
		log_transition(roster, target, now, result->why);
	else if (changed && now == before)
		log_info("check %s: latency %u ms has crossed a max-latency",
			 roster->targets[target].check->name, result->latency_us / 1000);
	return changed;
}

static void on_result(void *context, uint32_t id, const struct check_result *result)
{
	struct watch *watch = context;
	struct poll *poll = &watch->polls[id];
	if (poll->serving != ROSTER_NONE) {
		if (take_result(&watch->serving, poll->serving, result))
			watch->events.changed(watch->events.context);
	} else if (poll->next != ROSTER_NONE) {
		take_result(&watch->next, poll->next, result);
	}
	if (poll->awaited) {
		poll->awaited = false;
		if (--watch->awaited == 0)
			watch->events.ready(watch->events.context);
	}
}

struct watch *watch_new(struct event_base *base, const struct watch_events *events)
{
	struct watch *watch = mem_alloc(sizeof(*watch));
	watch->events = *events;
	watch->schedule = schedule_new(base, on_result, watch);
	return watch;
}

static void watched_free(struct watched *w)
{
	if (w->world == NULL)
		return;
	vitals_free(&w->vitals);
	world_free(w->world);
	w->world = NULL;
}

void watch_free(struct watch *watch)
{
	schedule_free(watch->schedule);
	watched_free(&watch->serving);
	watched_free(&watch->next);
	free(watch->polls);
	free(watch);
}

static uint32_t poll_start(struct watch *watch, const struct roster_target *target)
{
	uint32_t id = watch->free_from;
	while (id < watch->n && watch->polls[id].used)
		id++;
	if (id == watch->n) {
		watch->polls = mem_grow(watch->polls, &watch->cap, watch->n + 1, sizeof(*watch->polls));
		watch->n++;
	}
	watch->free_from = id + 1;
	watch->polls[id] = (struct poll){.used = true, .serving = ROSTER_NONE, .next = ROSTER_NONE};
	struct target t = {target->address, target->check};
	schedule_add(watch->schedule, id, &t);
	return id;
}

static void poll_stop(struct watch *watch, uint32_t id)
{
	schedule_remove(watch->schedule, id);
	watch->polls[id].used = false;
	if (id < watch->free_from)
		watch->free_from = id;
}

/* Forgets a next world that never came to serve. */
static void drop_next(struct watch *watch)
{
	for (uint32_t id = 0; id < watch->n; id++) {
		struct poll *poll = &watch->polls[id];
		poll->next = ROSTER_NONE;
		poll->awaited = false;
		if (poll->used && poll->serving == ROSTER_NONE)
			poll_stop(watch, id);
	}
	watch->awaited = 0;
	watched_free(&watch->next);
}

void watch_next(struct watch *watch, struct world *world)
{
	drop_next(watch);
	const struct roster *roster = world->roster;
	watch->next.world = world;
	vitals_init(&watch->next.vitals, roster);

	/* which poll has each target of the serving world, and which of those the next world shares */
	uint32_t *match = NULL, *poll_of = NULL;
	if (watch->serving.world != NULL) {
		const struct roster *serving = watch->serving.world->roster;
		match = targets_match(roster, serving);
		poll_of = mem_alloc(serving->n_targets * sizeof(*poll_of));
		for (uint32_t id = 0; id < watch->n; id++) {
			if (watch->polls[id].used)
				poll_of[watch->polls[id].serving] = id;
		}
	}
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		if (match != NULL && match[i] != ROSTER_NONE) {
			watch->polls[poll_of[match[i]]].next = i;
			continue;
		}
		uint32_t id = poll_start(watch, &roster->targets[i]);
		watch->polls[id].next = i;
		watch->polls[id].awaited = true;
		watch->awaited++;
	}
	free(match);
	free(poll_of);
	if (watch->awaited == 0)
		watch->events.ready(watch->events.context);
}

struct world *watch_switch(struct watch *watch)
{
	struct watched before = watch->serving, *next = &watch->next;
	if (before.world != NULL)
		vitals_carry(&next->vitals, next->world->roster, &before.vitals, before.world->roster);
	for (uint32_t id = 0; id < watch->n; id++) {
		struct poll *poll = &watch->polls[id];
		if (!poll->used)
			continue;
		if (poll->next == ROSTER_NONE) {
			poll_stop(watch, id);
			continue;
		}
		schedule_rebind(watch->schedule, id, next->world->roster->targets[poll->next].check);
		poll->serving = poll->next;
		poll->next = ROSTER_NONE;
	}
	if (before.world != NULL)
		vitals_free(&before.vitals);
	watch->serving = *next;
	*next = (struct watched){0};
	return before.world;
}

const struct watched *watch_serving(const struct watch *watch)
{
	return &watch->serving;
}
