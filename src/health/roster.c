/* SPDX-License-Identifier: ISC */
/* The roster: vectors of things, and one hash table that finds an equal one. */
#include "health/roster.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum kind { KIND_TARGET = 1, KIND_PACE, KIND_SLOT };

/* What makes a thing the same as another. */
struct key {
	uint32_t kind;
	uint32_t words[8]; /* as many as the largest has */
};

struct cell {
	struct key key;
	uint32_t id;
};

struct roster_index {
	struct cell *cells; /* open addressing; key.kind 0 is empty */
	size_t room;        /* a power of two */
	size_t used;
	size_t cap_targets, cap_paces, cap_slots, cap_sets, cap_calcs, cap_uses;
	uint16_t *alike; /* by check of the config: the first that is equal to it */
};

static size_t key_hash(const struct key *key)
{
	uint64_t hash = key->kind;
	for (size_t i = 0; i < 8; i++) {
		hash = (hash ^ key->words[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (size_t)hash;
}

static struct cell *cell_find(struct roster_index *index, const struct key *key)
{
	size_t at = key_hash(key) & (index->room - 1);
	while (index->cells[at].key.kind != 0 && memcmp(&index->cells[at].key, key, sizeof(*key)) != 0)
		at = (at + 1) & (index->room - 1);
	return &index->cells[at];
}

static void index_grow(struct roster_index *index)
{
	struct roster_index larger = {.room = index->room ? index->room * 2 : 64};
	larger.cells = mem_alloc(larger.room * sizeof(*larger.cells));
	for (size_t i = 0; i < index->room; i++) {
		if (index->cells[i].key.kind != 0)
			*cell_find(&larger, &index->cells[i].key) = index->cells[i];
	}
	free(index->cells);
	index->cells = larger.cells;
	index->room = larger.room;
}

/* The cell of a key. Its id is `next`, and *fresh is true, where there was none. */
static uint32_t intern(struct roster *roster, const struct key *key, uint32_t next, bool *fresh)
{
	struct roster_index *index = roster->index;
	if (index->used * 2 >= index->room)
		index_grow(index);
	struct cell *cell = cell_find(index, key);
	*fresh = cell->key.kind == 0;
	if (*fresh) {
		*cell = (struct cell){*key, next};
		index->used++;
	}
	return cell->id;
}

static uint32_t target_add(struct roster *roster, const struct endpoint *at, const struct check *check)
{
	struct roster_index *index = roster->index;
	uint32_t id = roster->n_targets++;
	roster->targets =
		mem_grow(roster->targets, &index->cap_targets, roster->n_targets, sizeof(*roster->targets));
	roster->targets[id] = (struct roster_target){*at, check, ROSTER_NONE, NULL, ROSTER_NONE};
	return id;
}

/* A calc is made of the targets of its parts at the same address, each with its own port where none is given.
 */
static void calc_add(struct roster *roster, uint32_t id, const struct endpoint *address)
{
	const struct check *check = roster->targets[id].check;
	struct roster_index *index = roster->index;
	uint32_t *parts = arena_alloc(roster->arena, check->n_parts * sizeof(*parts));
	for (unsigned i = 0; i < check->n_parts; i++)
		parts[i] = roster_target(roster, address, &roster->config->checks[check->parts[i]]);
	for (unsigned i = 0; i < check->n_parts; i++) {
		uint32_t use = roster->n_uses++;
		roster->uses =
			mem_grow(roster->uses, &index->cap_uses, roster->n_uses, sizeof(*roster->uses));
		roster->uses[use] = (struct roster_use){id, roster->targets[parts[i]].first_use};
		roster->targets[parts[i]].first_use = use;
	}
	roster->targets[id].parts = parts;
	roster->calcs =
		mem_grow(roster->calcs, &index->cap_calcs, roster->n_calcs + 1u, sizeof(*roster->calcs));
	roster->calcs[roster->n_calcs++] = id;
}

uint32_t roster_target(struct roster *roster, const struct endpoint *address, const struct check *check)
{
	struct endpoint at = *address;
	if (at.port == 0)
		at.port = check->port;
	struct key key = {.kind = KIND_TARGET};
	key.words[0] = roster->index->alike[check - roster->config->checks];
	key.words[1] = at.port | (uint32_t)at.addr.family << 16;
	memcpy(key.words + 2, at.addr.octets, 16);

	bool fresh;
	uint32_t id = intern(roster, &key, roster->n_targets, &fresh);
	if (fresh) {
		target_add(roster, &at, check);
		if (check->kind == CHECK_CALC)
			calc_add(roster, id, address);
	}
	return id;
}

static uint32_t pace(struct roster *roster, uint32_t target, uint32_t limit_us)
{
	if (target == ROSTER_NONE || limit_us == 0)
		return ROSTER_NONE;
	struct key key = {.kind = KIND_PACE, .words = {target, limit_us}};
	bool fresh;
	uint32_t id = intern(roster, &key, roster->n_paces, &fresh);
	if (fresh) {
		roster->paces = mem_grow(roster->paces, &roster->index->cap_paces, roster->n_paces + 1u,
					 sizeof(*roster->paces));
		roster->paces[id] =
			(struct roster_pace){target, limit_us, roster->targets[target].first_pace};
		roster->targets[target].first_pace = id;
		roster->n_paces++;
	}
	return id;
}

uint32_t roster_slot(struct roster *roster, const struct roster_want *want)
{
	const struct datacenter *dc =
		want->datacenter == CONFIG_NONE ? NULL : &roster->config->datacenters[want->datacenter];
	uint32_t limit_us = want->limit_us ? want->limit_us : dc ? dc->max_latency_us : 0;
	struct roster_slot slot = {
		.datacenter = want->datacenter,
		.target = want->target,
		.paces = {pace(roster, dc ? roster->datacenter_targets[want->datacenter] : ROSTER_NONE,
			       limit_us),
			  pace(roster, want->target, limit_us)},
		.state = want->state,
		.capacity = want->capacity,
		.alias = want->alias,
	};
	struct key key = {.kind = KIND_SLOT,
			  .words = {(uint32_t)slot.datacenter, slot.target, slot.paces[0], slot.paces[1],
				    slot.state, slot.capacity.low, slot.capacity.high, slot.alias}};
	bool fresh;
	uint32_t id = intern(roster, &key, roster->n_slots, &fresh);
	if (fresh) {
		roster->slots = mem_grow(roster->slots, &roster->index->cap_slots, roster->n_slots + 1u,
					 sizeof(*roster->slots));
		roster->slots[roster->n_slots++] = slot;
	}
	return id;
}

uint32_t roster_set(struct roster *roster, const struct roster_set *set)
{
	roster->sets =
		mem_grow(roster->sets, &roster->index->cap_sets, roster->n_sets + 1u, sizeof(*roster->sets));
	struct roster_set *kept = &roster->sets[roster->n_sets];
	*kept = *set;
	kept->first_member = roster->n_members;
	roster->n_members += set->n;
	kept->slots = arena_copy(roster->arena, set->slots, set->n * sizeof(*set->slots));
	kept->weights = arena_copy(roster->arena, set->weights, set->n * sizeof(*set->weights));
	kept->name = arena_copy_text(roster->arena, set->name, strlen(set->name));
	roster->has_ttl_ranges |= set->ttl_s.high > 0;
	roster->has_latencies |= set->by_latency;
	roster->has_loads |= set->pick == PICK_LEAST_CONNECTIONS || set->pick == PICK_LEAST_TIME;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct roster_slot *slot = &roster->slots[set->slots[i]];
		roster->has_loads |= slot->capacity.high > 0;
		roster->has_loads |= slot->datacenter != CONFIG_NONE &&
				     roster->config->datacenters[slot->datacenter].capacity.high > 0;
	}
	return roster->n_sets++;
}

/* Checks that find out the same in the same way are one, whatever their names. */
static uint16_t *checks_alike(const struct config *config)
{
	uint16_t *alike = mem_alloc(config->n_checks * sizeof(*alike));
	for (size_t i = 0; i < config->n_checks; i++) {
		size_t first = 0;
		while (first < i && !check_equal(config, &config->checks[first], config, &config->checks[i]))
			first++;
		alike[i] = (uint16_t)first;
	}
	return alike;
}

struct roster *roster_new(const struct config *config)
{
	struct roster *roster = mem_alloc(sizeof(*roster));
	roster->config = config;
	roster->arena = arena_new();
	roster->index = mem_alloc(sizeof(*roster->index));
	roster->index->alike = checks_alike(config);
	uint32_t *targets = arena_alloc(roster->arena, config->n_datacenters * sizeof(*targets));
	for (size_t i = 0; i < config->n_datacenters; i++) {
		const struct datacenter *dc = &config->datacenters[i];
		bool checked = dc->check != CONFIG_NONE && dc->has_address;
		targets[i] = checked ? roster_target(roster, &dc->address, &config->checks[dc->check])
				     : ROSTER_NONE;
	}
	roster->datacenter_targets = targets;
	return roster;
}

void roster_free(struct roster *roster)
{
	if (roster == NULL)
		return;
	free(roster->targets);
	free(roster->paces);
	free(roster->slots);
	free(roster->sets);
	free(roster->calcs);
	free(roster->uses);
	arena_free(roster->arena);
	free(roster->index->cells);
	free(roster->index->alike);
	free(roster->index);
	free(roster);
}
