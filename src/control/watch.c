/* SPDX-License-Identifier: ISC */
/* Polls, and what their results mean to the serving world and to the next. */
#include "control/watch.h"
#include "base/clock.h"
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
		log_info("up: check %s of %s%s%s", t->check->name, address, names,
			 t->check->comeback.when == COMEBACK_AUTO ? ""
								  : ", and held back by return= for now");
}

/* An agent's words move answers as a state does. */
static void log_agent(const struct roster *roster, uint32_t target, enum admin_state agent)
{
	static const char *const words[] = {[ADMIN_UP] = "has ended what it said",
					    [ADMIN_DRAIN] = "says drain",
					    [ADMIN_DOWN] = "says that it is down"};
	const struct roster_target *t = &roster->targets[target];
	char address[ADDR_TEXT_MAX], names[256];
	endpoint_format(&t->address, address);
	datacenter_names(roster, target, names, sizeof(names));
	void (*log)(const char *, ...) = agent == ADMIN_UP ? log_info : log_warn;
	log("agent: check %s of %s%s: its agent %s", t->check->name, address, names, words[agent]);
}

/* Which limit a target's latency has crossed, and which way. */
static void log_pace(const struct watched *w, uint32_t target)
{
	const struct roster *roster = w->world->roster;
	const struct roster_target *t = &roster->targets[target];
	char address[ADDR_TEXT_MAX], names[256];
	uint32_t limit_us = UINT32_MAX;
	bool slow = false;
	for (uint32_t i = t->first_pace; i != ROSTER_NONE; i = roster->paces[i].next) {
		bool over = w->vitals.paces[i].state == HEALTH_DOWN;
		if (over != slow || roster->paces[i].limit_us < limit_us)
			limit_us = roster->paces[i].limit_us;
		slow |= over;
	}
	endpoint_format(&t->address, address);
	datacenter_names(roster, target, names, sizeof(names));
	void (*log)(const char *, ...) = slow ? log_warn : log_info;
	log("%s: check %s of %s%s: %u ms, max-latency %u ms", slow ? "slow" : "fast again", t->check->name,
	    address, names, w->vitals.targets[target].latency_us / 1000, limit_us / 1000);
}

/* Tells of calcs that a result has moved. */
static void log_calcs(struct watched *w)
{
	const struct roster *roster = w->world->roster;
	for (uint32_t i = 0; i < roster->n_calcs; i++) {
		struct vital *v = &w->vitals.targets[roster->calcs[i]];
		if (v->health.state == v->logged)
			continue;
		if (v->logged != HEALTH_UNKNOWN ||
		    v->health.state != HEALTH_UP) /* that all is well is no news */
			log_transition(roster, roster->calcs[i], v->health.state, v->why);
		v->logged = v->health.state;
	}
}

static enum change take_result(struct watched *w, uint32_t target, const struct check_result *result)
{
	const struct roster *roster = w->world->roster;
	int64_t now_ms = clock_ms();
	enum health_state before = w->vitals.targets[target].health.state;
	enum admin_state agent = w->vitals.targets[target].agent;
	enum change change = vitals_result(&w->vitals, roster, target, result, now_ms);
	enum health_state now = w->vitals.targets[target].health.state;
	if (change == CHANGE_STATE) {
		/* that all is well is no news, nor is a change to other targets alone, as isolation's */
		if (now != before && (before != HEALTH_UNKNOWN || now != HEALTH_UP))
			log_transition(roster, target, now, result->why);
		log_calcs(w);
	} else if (change == CHANGE_PACE) {
		log_pace(w, target);
	}
	if (w->vitals.targets[target].agent != agent)
		log_agent(roster, target, w->vitals.targets[target].agent);
	return change;
}

static void on_result(void *context, uint32_t id, const struct check_result *result)
{
	struct watch *watch = context;
	struct poll *poll = &watch->polls[id];
	enum change change = CHANGE_NONE;
	if (poll->serving != ROSTER_NONE)
		change = take_result(&watch->serving, poll->serving, result);
	else if (poll->next != ROSTER_NONE)
		take_result(&watch->next, poll->next, result);
	if (change != CHANGE_NONE)
		watch->events.changed(watch->events.context, change);
	if (poll->awaited) {
		poll->awaited = false;
		if (--watch->awaited == 0)
			watch->events.ready(watch->events.context);
	}
}

struct watch *watch_new(struct event_base *base, const struct watch_events *events, rlim_t descriptors)
{
	struct watch *watch = mem_alloc(sizeof(*watch));
	watch->events = *events;
	watch->schedule = schedule_new(base, on_result, watch, descriptors);
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

static uint32_t poll_start(struct watch *watch, const struct roster_target *target, bool known)
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
	if (known)
		schedule_add_known(watch->schedule, id, &t);
	else
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

/* The poll of each target of a world, by target; ROSTER_NONE for those not polled. */
static uint32_t *polls_of(const struct watch *watch, const struct watched *w)
{
	if (w->world == NULL)
		return NULL;
	uint32_t n = w->world->roster->n_targets, *polls = mem_alloc(n * sizeof(*polls));
	memset(polls, 0xff, n * sizeof(*polls));
	for (uint32_t id = 0; id < watch->n; id++) {
		const struct poll *poll = &watch->polls[id];
		uint32_t target = w == &watch->serving ? poll->serving : poll->next;
		if (poll->used && target != ROSTER_NONE)
			polls[target] = id;
	}
	return polls;
}

/* Where a world stands that may be followed, by target of the next one. */
struct before {
	uint32_t *match, *polls; /* NULL where there is none */
};

static struct before before_of(const struct watch *watch, const struct watched *w,
			       const struct roster *roster)
{
	if (w->world == NULL)
		return (struct before){0};
	return (struct before){targets_match(roster, w->world->roster), polls_of(watch, w)};
}

static uint32_t before_poll(const struct before *b, uint32_t target)
{
	return b->match == NULL || b->match[target] == ROSTER_NONE ? ROSTER_NONE : b->polls[b->match[target]];
}

static void before_free(struct before *b)
{
	free(b->match);
	free(b->polls);
}

/* Gives each target of the next world a poll: the one it has for the serving world, or for the world it
 * replaces, or a new one. */
static void polls_assign(struct watch *watch, const struct before *serving, const struct before *replaced)
{
	const struct roster *roster = watch->next.world->roster;
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		uint32_t id = before_poll(serving, i);
		if (roster->targets[i].parts != NULL)
			continue;
		if (id == ROSTER_NONE && (id = before_poll(replaced, i)) != ROSTER_NONE)
			schedule_rebind(watch->schedule, id, roster->targets[i].check);
		if (id == ROSTER_NONE) {
			bool known = watch->next.vitals.targets[i].health.state != HEALTH_UNKNOWN;
			id = poll_start(watch, &roster->targets[i], known);
			watch->polls[id].awaited = !known;
		}
		watch->polls[id].next = i;
	}
}

/* Stops polls that neither world needs, and counts those that are awaited. */
static void polls_sweep(struct watch *watch)
{
	watch->awaited = 0;
	for (uint32_t id = 0; id < watch->n; id++) {
		struct poll *poll = &watch->polls[id];
		if (poll->used && poll->serving == ROSTER_NONE && poll->next == ROSTER_NONE)
			poll_stop(watch, id);
		poll->awaited &= poll->used && poll->next != ROSTER_NONE;
		watch->awaited += poll->awaited;
	}
}

struct world *watch_next(struct watch *watch, struct world *world, struct vitals *known)
{
	struct watched replaced = watch->next;
	struct before of_serving = before_of(watch, &watch->serving, world->roster);
	struct before of_replaced = before_of(watch, &watch->next, world->roster);
	watch->next = (struct watched){.world = world};
	if (known != NULL)
		watch->next.vitals = *known;
	else
		vitals_init(&watch->next.vitals, world->roster);
	if (replaced.world != NULL)
		vitals_carry(&watch->next.vitals, world->roster, &replaced.vitals, replaced.world->roster,
			     clock_ms());
	for (uint32_t id = 0; id < watch->n; id++)
		watch->polls[id].next = ROSTER_NONE;
	polls_assign(watch, &of_serving, &of_replaced);
	polls_sweep(watch);
	before_free(&of_serving);
	before_free(&of_replaced);
	if (replaced.world != NULL)
		vitals_free(&replaced.vitals);
	if (watch->awaited == 0)
		watch->events.ready(watch->events.context);
	return replaced.world;
}

struct world *watch_switch(struct watch *watch)
{
	struct watched before = watch->serving, *next = &watch->next;
	if (before.world != NULL)
		vitals_carry(&next->vitals, next->world->roster, &before.vitals, before.world->roster,
			     clock_ms());
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

struct watched *watch_serving(struct watch *watch)
{
	return &watch->serving;
}

bool watch_pending(const struct watch *watch)
{
	return watch->next.world != NULL;
}

const struct world *watch_following(const struct watch *watch)
{
	return watch->next.world;
}
