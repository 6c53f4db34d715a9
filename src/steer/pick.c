/* SPDX-License-Identifier: ISC */
/* Weighted, round robin, random and all. */
#include "steer/pick.h"

#include <string.h>

void picker_seed(struct picker *picker)
{
	memset(picker->turns, 0, sizeof(picker->turns));
	random_seed(&picker->random);
}

/* How much of the whole a member has. Where nobody has any weight all are equal. */
struct scale {
	const struct steering *steering;
	bool heads; /* all count 1 */
};

static uint32_t weight(const struct scale *scale, unsigned member)
{
	return scale->heads ? 1 : scale->steering->members[member].weight;
}

static uint32_t weigh(const struct scale *scale, uint64_t pool)
{
	uint32_t total = 0;
	for (; pool != 0; pool &= pool - 1)
		total += weight(scale, (unsigned)__builtin_ctzll(pool));
	return total;
}

/* The member on whose stretch of the pool's weights the point lies. */
static unsigned at_point(const struct scale *scale, uint64_t pool, uint32_t point)
{
	for (;; pool &= pool - 1) {
		unsigned member = (unsigned)__builtin_ctzll(pool);
		uint32_t w = weight(scale, member);
		if (point < w)
			return member;
		point -= w;
	}
}

/* Draws one after another without putting back. */
static unsigned pick_random(const struct scale *scale, uint64_t pool, unsigned answers, struct random *random,
			    uint8_t *picked)
{
	uint32_t total = weigh(scale, pool);
	unsigned n = 0;
	while (n < answers && pool != 0) {
		unsigned member = at_point(scale, pool, random_below(random, total));
		picked[n++] = (uint8_t)member;
		pool &= ~((uint64_t)1 << member);
		total -= weight(scale, member);
	}
	return n;
}

static uint32_t divisor(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/*
 * The turn after this one. Equal members take turns in order; unequal ones are interleaved by stepping
 * through the weights at the golden ratio, so that a heavy one does not come many times in a row.
 */
static uint32_t next_point(struct turn *turn, uint32_t total, bool heads)
{
	if (turn->total != total) {
		uint32_t step = heads ? 1 : (uint32_t)(total * 0.6180339887);
		while (step > 1 && divisor(total, step) != 1)
			step--;
		*turn = (struct turn){.count = turn->count % total, .total = total, .step = step ? step : 1};
	}
	uint32_t point = (uint32_t)((uint64_t)turn->count * turn->step % total);
	turn->count = turn->count + 1 == total ? 0 : turn->count + 1;
	return point;
}

static bool equal_weights(const struct steering *s, uint64_t pool)
{
	uint16_t first = s->members[__builtin_ctzll(pool)].weight;
	for (; pool != 0; pool &= pool - 1) {
		if (s->members[__builtin_ctzll(pool)].weight != first)
			return false;
	}
	return true;
}

static unsigned pick_turns(const struct scale *scale, uint64_t pool, unsigned answers, struct turn *turn,
			   uint8_t *picked)
{
	uint32_t point = next_point(turn, weigh(scale, pool), scale->heads);
	unsigned member = at_point(scale, pool, point), n = 0;
	while (n < answers && pool != 0) {
		picked[n++] = (uint8_t)member;
		pool &= ~((uint64_t)1 << member);
		uint64_t behind = member == 63 ? 0 : pool >> (member + 1) << (member + 1);
		member = (unsigned)__builtin_ctzll(behind ? behind : pool | (uint64_t)1 << 63);
	}
	return n;
}

static unsigned pick_all(uint64_t pool, unsigned answers, uint8_t *picked)
{
	unsigned n = 0;
	for (; pool != 0 && n < answers; pool &= pool - 1)
		picked[n++] = (uint8_t)__builtin_ctzll(pool);
	return n;
}

unsigned pick_members(const struct steering *s, uint64_t pool, unsigned answers, struct picker *picker,
		      uint8_t *picked)
{
	if (pool & s->heavy)
		pool &= s->heavy;
	struct scale scale = {s, (pool & s->heavy) == 0};
	switch (s->policy.pick) {
	case PICK_WEIGHTED: break;
	case PICK_RANDOM: scale.heads = true; break;
	case PICK_ROUND_ROBIN:
		scale.heads |= equal_weights(s, pool);
		return pick_turns(&scale, pool, answers, &picker->turns[s->set % TURNS_MAX], picked);
	case PICK_ALL: return pick_all(pool, answers, picked);
	}
	return pick_random(&scale, pool, answers, &picker->random, picked);
}
