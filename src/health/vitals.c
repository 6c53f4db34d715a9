/* SPDX-License-Identifier: ISC */
/* What is known of each target and datacenter, and what each result changes of it. */
#include "base/memory.h"
#include "health/calc.h"
#include "health/silence.h"

#include <stdlib.h>
#include <string.h>

void vitals_init(struct vitals *vitals, const struct roster *roster)
{
	*vitals = (struct vitals){
		.targets = mem_alloc(roster->n_targets * sizeof(*vitals->targets)),
		.paces = mem_alloc(roster->n_paces * sizeof(*vitals->paces)),
		.datacenters = mem_alloc(roster->config->n_datacenters * sizeof(*vitals->datacenters)),
	};
	for (uint32_t i = 0; i < roster->n_targets; i++)
		vitals->targets[i].weight_percent = 100;
	for (uint32_t i = 0; i < roster->n_paces; i++)
		vitals->paces[i].state = HEALTH_UP; /* it takes `fall` slow checks to be slow */
}

void vitals_free(struct vitals *vitals)
{
	free(vitals->targets);
	free(vitals->paces);
	free(vitals->datacenters);
	*vitals = (struct vitals){0};
}

void vital_transition(struct vital *v, enum health_state before, int64_t now_ms)
{
	v->since_ms = now_ms;
	v->transitions += before != HEALTH_UNKNOWN;
	if (v->health.state == HEALTH_DOWN)
		v->down_ms = now_ms;
	else if (v->down_ms > v->up_ms) /* maybe before a restart */
		v->up_ms = now_ms;
}

/* Follows the average only when it has moved by a tenth: answers don't change with every check. */
bool vital_show_latency(struct vital *v)
{
	uint32_t shown = v->shown_latency_us, now = v->latency_us,
		 apart = now > shown ? now - shown : shown - now;
	if (shown != 0 && (uint64_t)apart * 10 < shown)
		return false;
	v->shown_latency_us = now;
	return true;
}

bool vital_pace(struct vitals *vitals, const struct roster *roster, uint32_t target, uint32_t latency_us)
{
	const struct check *check = roster->targets[target].check;
	const struct thresholds thresholds = {check->rise, check->fall};
	bool changed = false;
	for (uint32_t i = roster->targets[target].first_pace; i != ROSTER_NONE; i = roster->paces[i].next) {
		struct health *pace = &vitals->paces[i];
		enum health_state before = pace->state;
		*pace = health_step(*pace, pace_ok(pace, latency_us, roster->paces[i].limit_us), &thresholds);
		changed |= pace->state != before;
	}
	return changed;
}

/* What the target says of itself; returns whether that is news to anybody. */
static bool take_load(struct vital *v, const struct check_result *result, bool has_loads)
{
	bool changed = v->weight_percent != result->weight_percent || v->agent != result->agent;
	changed |= has_loads &&
		   (v->has_connections != result->has_connections || v->connections != result->connections);
	v->has_connections = result->has_connections;
	v->connections = result->connections;
	v->weight_percent = result->weight_percent;
	v->agent = result->agent;
	return changed;
}

enum change vitals_result(struct vitals *vitals, const struct roster *roster, uint32_t target,
			  const struct check_result *result, int64_t now_ms)
{
	const struct check *check = roster->targets[target].check;
	const struct thresholds thresholds = {check->rise, check->fall};
	struct vital *v = &vitals->targets[target];
	struct health before = v->health;
	bool was_silent = v->silent;
	*(result->ok ? &v->passed : &v->failed) += 1;
	if (!result->ok)
		memcpy(v->why, result->why, sizeof(v->why));
	if (result->ours)
		return CHANGE_NONE;

	v->result_ms = now_ms;
	silence_note(v, result->silent, now_ms);
	if (v->silent && vitals_isolated(vitals, roster)) {
		if (!was_silent)
			silence_forgive(vitals, roster, now_ms);
		return was_silent ? CHANGE_FIGURE : CHANGE_STATE;
	}
	v->health = health_step(v->health, result->ok, &thresholds);
	bool figure =
		roster->has_ttl_ranges && (v->health.bad != before.bad || v->health.good != before.good);
	figure |= was_silent != v->silent; /* the last to fall silent, or the first to speak again */
	bool pace = false;
	if (result->ok || result->certificate_end_s != 0) /* one that has expired fails the check */
		v->certificate_end_s = result->certificate_end_s;
	if (result->ok) {
		v->latency_us = latency_fold(v->latency_us, result->latency_us);
		figure |= take_load(v, result, roster->has_loads);
		figure |= vital_show_latency(v) && roster->has_latencies;
		pace = vital_pace(vitals, roster, target, result->latency_us);
	}
	enum change change = pace ? CHANGE_PACE : figure ? CHANGE_FIGURE : CHANGE_NONE;
	if (v->health.state != before.state) {
		vital_transition(v, before.state, now_ms);
		change = CHANGE_STATE;
	}
	enum change calcs = calcs_update(vitals, roster, target, now_ms);
	return calcs > change ? calcs : change;
}

static void override_end(struct datacenter_vital *v, int64_t now_ms)
{
	if (v->override.state == OVERRIDE_DRAIN || v->override.state == OVERRIDE_DOWN)
		v->returned_ms = now_ms;
	v->override = (struct override){0};
}

void vitals_override(struct vitals *vitals, uint32_t datacenter, const struct override *override)
{
	vitals->datacenters[datacenter].override = *override;
}

void vitals_clear(struct vitals *vitals, uint32_t datacenter, int64_t now_ms)
{
	struct datacenter_vital *v = &vitals->datacenters[datacenter];
	override_end(v, now_ms);
	v->released_ms = now_ms;
}

int64_t vitals_expire(struct vitals *vitals, const struct roster *roster, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;
	for (uint32_t i = 0; i < roster->config->n_datacenters; i++) {
		const struct override *o = &vitals->datacenters[i].override;
		if (o->state == OVERRIDE_NONE)
			continue;
		if (o->until_ms <= now_ms)
			override_end(&vitals->datacenters[i], now_ms);
		else if (o->until_ms < next_ms)
			next_ms = o->until_ms;
	}
	return next_ms;
}

static bool target_equal(const struct roster *roster, const struct roster_target *a,
			 const struct roster *other, const struct roster_target *b)
{
	return addr_equal(&a->address.addr, &b->address.addr) && a->address.port == b->address.port &&
	       check_equal(roster->config, a->check, other->config, b->check);
}

static uint64_t address_hash(const struct endpoint *e)
{
	uint64_t halves[2];
	memcpy(halves, e->addr.octets, sizeof(halves));
	uint64_t hash = (halves[0] ^ e->port) * 0x9e3779b97f4a7c15u;
	return ((hash >> 32) ^ halves[1] ^ hash) * 0xbf58476d1ce4e5b9u >> 20;
}

uint32_t *targets_match(const struct roster *roster, const struct roster *from)
{
	size_t room = 16;
	while (room < from->n_targets * 2u)
		room *= 2;
	uint32_t *cells = mem_alloc(room * sizeof(*cells)); /* the target's id + 1, by its address */
	for (uint32_t i = 0; i < from->n_targets; i++) {
		size_t at = address_hash(&from->targets[i].address) & (room - 1);
		while (cells[at] != 0)
			at = (at + 1) & (room - 1);
		cells[at] = i + 1;
	}
	uint32_t *match = mem_alloc(roster->n_targets * sizeof(*match));
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		size_t at = address_hash(&roster->targets[i].address) & (room - 1);
		while (cells[at] != 0 &&
		       !target_equal(roster, &roster->targets[i], from, &from->targets[cells[at] - 1]))
			at = (at + 1) & (room - 1);
		match[i] = cells[at] - 1; /* 0 - 1 is ROSTER_NONE */
	}
	free(cells);
	return match;
}

void vitals_carry(struct vitals *to, const struct roster *roster, const struct vitals *from,
		  const struct roster *from_roster, int64_t now_ms)
{
	uint32_t *match = targets_match(roster, from_roster);
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		if (match[i] == ROSTER_NONE)
			continue;
		to->targets[i] = from->targets[match[i]];
	}
	for (uint32_t i = 0; i < roster->n_paces; i++) {
		uint32_t target = match[roster->paces[i].target];
		uint32_t j = target == ROSTER_NONE ? ROSTER_NONE : from_roster->targets[target].first_pace;
		for (; j != ROSTER_NONE; j = from_roster->paces[j].next) {
			if (from_roster->paces[j].limit_us == roster->paces[i].limit_us)
				to->paces[i] = from->paces[j];
		}
	}
	free(match);
	to->loose_released_ms = from->loose_released_ms;
	for (uint32_t i = 0; i < roster->config->n_datacenters; i++) {
		const char *name = roster->config->datacenters[i].name;
		int j = config_datacenter(from_roster->config, name, strlen(name));
		if (j != CONFIG_NONE)
			to->datacenters[i] = from->datacenters[j];
	}
	calcs_derive(to, roster, now_ms);
}
