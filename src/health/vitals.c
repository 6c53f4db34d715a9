/* SPDX-License-Identifier: ISC */
/* What is known of each target: its health, its latency, and its pace against each limit. */
#include "base/memory.h"
#include "health/board.h"

#include <stdlib.h>
#include <string.h>

void vitals_init(struct vitals *vitals, const struct roster *roster)
{
	const struct config *config = roster->config;
	*vitals = (struct vitals){
		.targets = mem_alloc(roster->n_targets * sizeof(*vitals->targets)),
		.latencies_us = mem_alloc(roster->n_targets * sizeof(*vitals->latencies_us)),
		.paces = mem_alloc(roster->n_paces * sizeof(*vitals->paces)),
		.datacenters = mem_alloc(config->n_datacenters * sizeof(*vitals->datacenters)),
	};
	for (size_t i = 0; i < config->n_datacenters; i++)
		vitals->datacenters[i] = config->datacenters[i].state;
}

void vitals_free(struct vitals *vitals)
{
	free(vitals->targets);
	free(vitals->latencies_us);
	free(vitals->paces);
	free(vitals->datacenters);
	*vitals = (struct vitals){0};
}

bool vitals_result(struct vitals *vitals, const struct roster *roster, uint32_t target, bool ok,
		   uint32_t latency_us)
{
	const struct check *check = roster->targets[target].check;
	const struct thresholds thresholds = {check->rise, check->fall};
	struct health *health = &vitals->targets[target];
	enum health_state before = health->state;
	*health = health_step(*health, ok, &thresholds);
	bool changed = health->state != before;
	if (!ok)
		return changed;

	vitals->latencies_us[target] = latency_fold(vitals->latencies_us[target], latency_us);
	for (uint32_t i = roster->targets[target].first_pace; i != ROSTER_NONE; i = roster->paces[i].next) {
		struct health *pace = &vitals->paces[i];
		before = pace->state;
		*pace = health_step(*pace, pace_ok(pace, latency_us, roster->paces[i].limit_us), &thresholds);
		changed |= pace->state != before;
	}
	return changed;
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool check_equal(const struct check *a, const struct check *b)
{
	return a->kind == b->kind && a->port == b->port && a->interval_ms == b->interval_ms &&
	       a->timeout_ms == b->timeout_ms && a->rise == b->rise && a->fall == b->fall &&
	       text_equal(a->path, b->path) && text_equal(a->host, b->host) && text_equal(a->body, b->body) &&
	       a->n_expect == b->n_expect &&
	       memcmp(a->expect, b->expect, a->n_expect * sizeof(*a->expect)) == 0;
}

bool target_equal(const struct roster_target *a, const struct roster_target *b)
{
	return addr_equal(&a->address.addr, &b->address.addr) && a->address.port == b->address.port &&
	       check_equal(a->check, b->check);
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
		while (cells[at] != 0 && !target_equal(&roster->targets[i], &from->targets[cells[at] - 1]))
			at = (at + 1) & (room - 1);
		match[i] = cells[at] - 1; /* 0 - 1 is ROSTER_NONE */
	}
	free(cells);
	return match;
}

void vitals_carry(struct vitals *to, const struct roster *roster, const struct vitals *from,
		  const struct roster *from_roster)
{
	uint32_t *match = targets_match(roster, from_roster);
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		if (match[i] == ROSTER_NONE)
			continue;
		to->targets[i] = from->targets[match[i]];
		to->latencies_us[i] = from->latencies_us[match[i]];
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
}
