/* SPDX-License-Identifier: ISC */
/* From what is known of each target to what a query needs of each set of candidates. */
#include "health/board.h"
#include "base/memory.h"
#include "base/thread.h"

#include <stdlib.h>

enum { TURN = 64 }; /* slots, or sets of them */

/* What comes of a slot: whether it is in the running, how much of its weight, and how busy it is. */
struct reading {
	uint8_t standing;
	uint16_t share; /* of SHARE_WHOLE */
	uint32_t shed;  /* of SHED_ALL */
	uint32_t connections;
	uint32_t latency_us;
};

struct building {
	const struct roster *roster;
	const struct vitals *vitals;
	int64_t now_ms;
	struct board *board;
	struct reading *datacenters, *slots;
	uint64_t *remaining_ms; /* by set; NULL where no TTL follows it */
};

static void due(struct building *b, int64_t ms)
{
	if (ms < b->board->next_ms)
		b->board->next_ms = ms;
}

enum override_state datacenter_say(const struct roster *roster, const struct vitals *vitals,
				   uint32_t datacenter)
{
	const struct override *o = &vitals->datacenters[datacenter].override;
	if (o->state != OVERRIDE_NONE)
		return o->state;
	switch (roster->config->datacenters[datacenter].state) {
	case ADMIN_UP: break;
	case ADMIN_DRAIN: return OVERRIDE_DRAIN;
	case ADMIN_DOWN: return OVERRIDE_DOWN;
	}
	return OVERRIDE_NONE;
}

/* The rules and past of a target, for comeback.h. */
static struct comeback_case target_case(const struct roster *roster, const struct vitals *vitals,
					uint32_t target)
{
	const struct check *check = roster->targets[target].check;
	const struct vital *v = &vitals->targets[target];
	return (struct comeback_case){check->comeback, check->slow_start_ms, v->down_ms, v->up_ms, 0, 0};
}

struct comeback_case datacenter_case(const struct roster *roster, const struct vitals *vitals,
				     uint32_t datacenter)
{
	const struct datacenter *dc = &roster->config->datacenters[datacenter];
	uint32_t target = roster->datacenter_targets[datacenter];
	struct comeback_case c = {0};
	if (target != ROSTER_NONE)
		c = target_case(roster, vitals, target);
	if (dc->has_comeback)
		c.rule = dc->comeback;
	if (dc->has_slow_start)
		c.slow_start_ms = dc->slow_start_ms;
	c.released_ms = vitals->datacenters[datacenter].released_ms;
	c.returned_ms = vitals->datacenters[datacenter].returned_ms;
	return c;
}

uint32_t shed_share(const struct range *capacity, uint32_t connections)
{
	if (capacity->high == 0 || connections <= capacity->low)
		return 0;
	if (connections >= capacity->high)
		return SHED_ALL;
	return (uint32_t)((uint64_t)(connections - capacity->low) * SHED_ALL /
			  (capacity->high - capacity->low));
}

/* A target's part of a reading. `held` and `agent` are the standings for those cases. */
static void read_target(struct building *b, uint32_t target, const struct comeback_case *c, struct reading *r,
			const enum standing standings[3])
{
	const struct vital *v = &b->vitals->targets[target];
	int64_t next_ms;
	if (v->has_connections) /* a record's own check may say nothing of what its datacenter's does */
		r->connections = v->connections;
	if (v->latency_us > 0)
		r->latency_us = v->latency_us;
	if (v->health.state == HEALTH_DOWN) {
		r->standing = (uint8_t)standings[0];
	} else if (comeback_held(c, b->now_ms, &next_ms)) {
		r->standing = (uint8_t)standings[1];
		due(b, next_ms);
	} else if (v->agent != ADMIN_UP) {
		r->standing = (uint8_t)standings[2];
	}
	r->share = (uint16_t)(comeback_share(c, b->now_ms, &next_ms) * v->weight_percent / 100);
	due(b, next_ms);
}

static struct reading read_datacenter(struct building *b, uint32_t datacenter)
{
	static const enum standing standings[3] = {STANDING_DATACENTER_DOWN, STANDING_DATACENTER_HELD,
						   STANDING_DATACENTER_AGENT};
	struct reading r = {.share = SHARE_WHOLE};
	uint32_t target = b->roster->datacenter_targets[datacenter];
	struct comeback_case c = datacenter_case(b->roster, b->vitals, datacenter);
	int64_t next_ms;
	if (target != ROSTER_NONE) {
		read_target(b, target, &c, &r, standings);
		r.shed = shed_share(&b->roster->config->datacenters[datacenter].capacity, r.connections);
	} else {
		r.share = comeback_share(&c, b->now_ms, &next_ms); /* back from a drain */
		due(b, next_ms);
	}
	switch (datacenter_say(b->roster, b->vitals, datacenter)) {
	case OVERRIDE_NONE: break;
	case OVERRIDE_UP:
		r.standing = STANDING_FAST;
		r.share = SHARE_WHOLE;
		break;
	case OVERRIDE_DRAIN: r.standing = STANDING_DATACENTER_DRAINED; break;
	case OVERRIDE_DOWN: r.standing = STANDING_DATACENTER_FORCED; break;
	}
	return r;
}

/* Is the record's own check that of its datacenter, which has been looked at? */
static bool same_target(const struct building *b, const struct roster_slot *slot)
{
	return slot->datacenter != CONFIG_NONE &&
	       b->roster->datacenter_targets[slot->datacenter] == slot->target;
}

/* The record's own part, its datacenter being well. */
static void read_record(struct building *b, const struct roster_slot *slot, struct reading *r)
{
	static const enum standing standings[3] = {STANDING_RECORD_DOWN, STANDING_RECORD_HELD,
						   STANDING_RECORD_AGENT};
	uint16_t share = r->share;
	if (slot->state == ADMIN_DOWN)
		r->standing = STANDING_RECORD_FORCED;
	else if (slot->state == ADMIN_DRAIN)
		r->standing = STANDING_RECORD_DRAINED;
	else if (slot->target != ROSTER_NONE && !same_target(b, slot)) {
		struct comeback_case c = target_case(b->roster, b->vitals, slot->target);
		c.released_ms = slot->datacenter == CONFIG_NONE
					? b->vitals->loose_released_ms
					: b->vitals->datacenters[slot->datacenter].released_ms;
		read_target(b, slot->target, &c, r, standings);
		r->share = (uint16_t)(r->share * share / SHARE_WHOLE);
	}
}

static struct reading read_slot(struct building *b, const struct roster_slot *slot)
{
	struct reading r = {.share = SHARE_WHOLE};
	if (slot->datacenter != CONFIG_NONE)
		r = b->datacenters[slot->datacenter];
	if (r.standing == STANDING_FAST)
		read_record(b, slot, &r);
	uint32_t shed = shed_share(&slot->capacity, r.connections);
	r.shed = shed > r.shed ? shed : r.shed;
	for (int i = 0; i < 2 && r.standing == STANDING_FAST; i++) {
		if (slot->paces[i] != ROSTER_NONE && b->vitals->paces[slot->paces[i]].state == HEALTH_DOWN)
			r.standing = STANDING_SLOW;
	}
	return r;
}

/* How long, at the soonest, until a target's state can change: as many checks as it takes, less the next. */
static uint64_t remaining_ms(const struct building *b, uint32_t target)
{
	const struct roster_target *t = &b->roster->targets[target];
	const struct vital *v = &b->vitals->targets[target];
	uint64_t least = UINT64_MAX;
	if (t->parts != NULL) {
		for (unsigned i = 0; i < t->check->n_parts; i++) {
			uint64_t part = remaining_ms(b, t->parts[i]);
			least = part < least ? part : least;
		}
		return least;
	}
	int checks = v->health.state == HEALTH_UP     ? t->check->fall - v->health.bad
		     : v->health.state == HEALTH_DOWN ? t->check->rise - v->health.good
						      : 1;
	return checks > 1 ? (uint64_t)(checks - 1) * t->check->interval_ms : 0;
}

/* The same for a set, and for those that it stands for. */
static uint64_t set_remaining_ms(const struct building *b, const struct roster_set *set)
{
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct roster_slot *slot = &b->roster->slots[set->slots[i]];
		uint32_t targets[2] = {slot->target,
				       slot->datacenter == CONFIG_NONE
					       ? ROSTER_NONE
					       : b->roster->datacenter_targets[slot->datacenter]};
		for (int j = 0; j < 2; j++) {
			uint64_t ms = targets[j] == ROSTER_NONE ? UINT64_MAX : remaining_ms(b, targets[j]);
			least = ms < least ? ms : least;
		}
		if (slot->alias != ROSTER_NONE && b->remaining_ms[slot->alias] < least)
			least = b->remaining_ms[slot->alias];
	}
	return least;
}

static uint32_t ttl_of(const struct roster_set *set, uint64_t least_ms)
{
	uint64_t least = least_ms / 1000;
	return least < set->ttl_s.low    ? set->ttl_s.low
	       : least > set->ttl_s.high ? set->ttl_s.high
					 : (uint32_t)least;
}

/* What a candidate costs: the least is picked. One that has no weight costs most, and one of unknown latency
 * next. */
static uint64_t cost(enum pick pick, const struct reading *r, uint32_t weight)
{
	if (weight == 0)
		return UINT64_MAX;
	if (pick == PICK_LEAST_TIME && r->latency_us == 0)
		return UINT64_MAX - 1;
	unsigned __int128 busy = r->connections;
	if (pick == PICK_LEAST_TIME)
		busy = (busy + 1) * r->latency_us;
	busy = (busy << 32) / weight;
	return busy < UINT64_MAX - 1 ? (uint64_t)busy : UINT64_MAX - 2;
}

/* Is there anything to say of the set but its masks? */
static bool has_extra(const struct building *b, const struct roster_set *set)
{
	bool extra =
		set->ttl_s.high > 0 || set->pick == PICK_LEAST_CONNECTIONS || set->pick == PICK_LEAST_TIME;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct reading *r = &b->slots[set->slots[i]];
		extra |= r->share != SHARE_WHOLE || r->shed > 0;
	}
	return extra;
}

static const struct set_extra *build_extra(struct building *b, const struct roster_set *set)
{
	if (b->board->extras == NULL)
		b->board->extras = arena_new();
	struct arena *arena = b->board->extras;
	struct set_extra *extra = arena_alloc(arena, sizeof(*extra));
	uint32_t *weights = arena_alloc(arena, set->n * sizeof(*weights));
	uint64_t *costs = arena_alloc(arena, set->n * sizeof(*costs));
	uint32_t *sheds = arena_alloc(arena, set->n * sizeof(*sheds));
	bool shed = false;
	for (uint32_t i = 0; i < set->n; i++) {
		const struct reading *r = &b->slots[set->slots[i]];
		weights[i] = (uint32_t)set->weights[i] * r->share;
		extra->heavy |= (uint64_t)(weights[i] > 0) << i;
		costs[i] = cost(set->pick, r, weights[i]);
		sheds[i] = r->shed;
		shed |= r->shed > 0;
	}
	extra->weights = weights;
	if (set->pick == PICK_LEAST_CONNECTIONS || set->pick == PICK_LEAST_TIME)
		extra->costs = costs;
	if (shed)
		extra->sheds = sheds;
	extra->has_ttl = set->ttl_s.high > 0;
	if (extra->has_ttl)
		extra->ttl_s = ttl_of(set, b->remaining_ms[set - b->roster->sets]);
	return extra;
}

static void build_set(struct building *b, uint32_t number)
{
	const struct roster_set *set = &b->roster->sets[number];
	struct set_state *state = &b->board->sets[number];
	for (uint32_t i = 0; i < set->n; i++) {
		const struct roster_slot *slot = &b->roster->slots[set->slots[i]];
		struct reading *r = &b->slots[set->slots[i]];
		if (slot->alias != ROSTER_NONE && r->standing <= STANDING_SLOW &&
		    (b->board->sets[slot->alias].usable & b->roster->sets[slot->alias].answerable) == 0)
			r->standing = STANDING_ALIAS_DOWN;
		state->usable |= (uint64_t)(r->standing <= STANDING_SLOW) << i;
		state->fast |= (uint64_t)(r->standing == STANDING_FAST) << i;
	}
	if (b->remaining_ms != NULL)
		b->remaining_ms[number] = set_remaining_ms(b, set);
	if (has_extra(b, set))
		state->extra = build_extra(b, set);
}

struct board *board_build(const struct roster *roster, const struct vitals *vitals, int64_t now_ms)
{
	size_t n_datacenters = roster->config->n_datacenters;
	struct board *board = mem_alloc(sizeof(*board) + roster->n_sets * sizeof(board->sets[0]));
	struct building b = {
		.roster = roster,
		.vitals = vitals,
		.now_ms = now_ms,
		.board = board,
		.datacenters = mem_alloc(n_datacenters * sizeof(*b.datacenters)),
		.slots = mem_alloc(roster->n_slots * sizeof(*b.slots)),
	};
	if (roster->has_ttl_ranges)
		b.remaining_ms = mem_alloc(roster->n_sets * sizeof(*b.remaining_ms));
	board->next_ms = INT64_MAX;
	board->isolated = vitals_isolated(vitals, roster);
	board->standings = mem_alloc(roster->n_slots);
	board->latencies_us = mem_alloc(n_datacenters * sizeof(*board->latencies_us));
	for (uint32_t i = 0; i < n_datacenters; i++) {
		uint32_t target = roster->datacenter_targets[i];
		b.datacenters[i] = read_datacenter(&b, i);
		board->latencies_us[i] = target == ROSTER_NONE ? 0 : vitals->targets[target].shown_latency_us;
	}
	for (uint32_t i = 0; i < roster->n_slots; i++) {
		b.slots[i] = read_slot(&b, &roster->slots[i]);
		if (i % TURN == 0)
			thread_turn_may_end();
	}
	for (uint32_t i = 0; i < roster->n_sets; i++) {
		build_set(&b, i);
		if (i % TURN == 0)
			thread_turn_may_end();
	}
	for (uint32_t i = 0; i < roster->n_slots; i++)
		board->standings[i] = b.slots[i].standing;
	free(b.datacenters);
	free(b.slots);
	free(b.remaining_ms);
	return board;
}

void board_free(struct board *board)
{
	if (board == NULL)
		return;
	arena_free(board->extras);
	free(board->standings);
	free(board->latencies_us);
	free(board);
}
