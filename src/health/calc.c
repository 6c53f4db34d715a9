/* SPDX-License-Identifier: ISC */
/* Calculated checks: the state by the number of parts that are up, the figures of the worst part that is. */
#include "health/calc.h"
#include "base/plural.h"
#include "health/silence.h"

#include <stdio.h>

struct count {
	unsigned up, down, silent;
	struct vital worst; /* the figures alone */
};

static struct count count_parts(const struct vitals *vitals, const struct roster_target *calc)
{
	struct count t = {.worst.weight_percent = 100};
	for (unsigned i = 0; i < calc->check->n_parts; i++) {
		const struct vital *part = &vitals->targets[calc->parts[i]];
		t.up += part->health.state == HEALTH_UP;
		t.down += part->health.state == HEALTH_DOWN;
		t.silent += part->silent;
		if (part->health.state != HEALTH_UP)
			continue;
		if (part->latency_us > t.worst.latency_us)
			t.worst.latency_us = part->latency_us;
		if (part->has_connections && part->connections >= t.worst.connections)
			t.worst.connections = part->connections;
		t.worst.has_connections |= part->has_connections;
		if (part->weight_percent < t.worst.weight_percent)
			t.worst.weight_percent = part->weight_percent;
		if (part->agent > t.worst.agent)
			t.worst.agent = part->agent;
	}
	return t;
}

/* Unknown as long as the parts not known yet could turn it. */
static enum health_state state_of(const struct count *t, const struct check *check)
{
	if (t->up >= check->min)
		return HEALTH_UP;
	return check->n_parts - t->down < check->min ? HEALTH_DOWN : HEALTH_UNKNOWN;
}

static enum change take_figures(struct vital *v, const struct vital *worst)
{
	bool load = v->connections != worst->connections || v->weight_percent != worst->weight_percent ||
		    v->agent != worst->agent;
	v->has_connections = worst->has_connections;
	v->connections = worst->connections;
	v->weight_percent = worst->weight_percent;
	v->agent = worst->agent;
	v->latency_us = worst->latency_us;
	return load || vital_show_latency(v) ? CHANGE_FIGURE : CHANGE_NONE;
}

/* How many are up, and which are not. */
static void tell_parts(struct vital *v, const struct vitals *vitals, const struct roster *roster,
		       const struct roster_target *calc, unsigned up)
{
	const char *between = "; down: ";
	size_t len =
		(size_t)snprintf(v->why, sizeof(v->why), "%u of %u check%s %s up, %u %s needed", up,
				 calc->check->n_parts, plural(calc->check->n_parts), up == 1 ? "is" : "are",
				 calc->check->min, calc->check->min == 1 ? "is" : "are");
	for (unsigned i = 0; i < calc->check->n_parts && len < sizeof(v->why); i++) {
		if (vitals->targets[calc->parts[i]].health.state != HEALTH_DOWN)
			continue;
		len += (size_t)snprintf(v->why + len, sizeof(v->why) - len, "%s%s", between,
					roster->targets[calc->parts[i]].check->name);
		between = ", ";
	}
}

static enum change calc_update(struct vitals *vitals, const struct roster *roster, uint32_t calc,
			       int64_t now_ms)
{
	const struct roster_target *target = &roster->targets[calc];
	struct vital *v = &vitals->targets[calc];
	enum health_state before = v->health.state;
	struct count t = count_parts(vitals, target);
	enum change change = take_figures(v, &t.worst);
	enum health_state state = state_of(&t, target->check);
	silence_note(v, state == HEALTH_DOWN && t.silent > 0, now_ms);
	v->result_ms = now_ms;
	v->health.state = state;
	if (state == HEALTH_DOWN)
		tell_parts(v, vitals, roster, target, t.up);
	if (state == HEALTH_UP && vital_pace(vitals, roster, calc, v->latency_us))
		change = CHANGE_PACE;
	if (state == before || state == HEALTH_UNKNOWN)
		return change;
	vital_transition(v, before, now_ms);
	return CHANGE_STATE;
}

enum change calcs_update(struct vitals *vitals, const struct roster *roster, uint32_t part, int64_t now_ms)
{
	enum change most = CHANGE_NONE;
	for (uint32_t i = roster->targets[part].first_use; i != ROSTER_NONE; i = roster->uses[i].next) {
		enum change change = calc_update(vitals, roster, roster->uses[i].calc, now_ms);
		most = change > most ? change : most;
	}
	return most;
}

void calcs_derive(struct vitals *vitals, const struct roster *roster, int64_t now_ms)
{
	for (uint32_t i = 0; i < roster->n_calcs; i++)
		calc_update(vitals, roster, roster->calcs[i], now_ms);
}
