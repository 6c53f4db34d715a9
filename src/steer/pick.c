/* SPDX-License-Identifier: ISC */
/* Who of a pool is answered: by weight, in turns, at random, by the client's hash, by load, or all. */
#include "steer/pick.h"
#include "steer/hash.h"
#include "wire/name.h"

#include <string.h>

void picker_seed(struct picker *picker)
{
	memset(picker->turns, 0, sizeof(picker->turns));
	random_seed(&picker->random);
}

/* Where nobody has any weight, and where the pick does not go by it, all are equal. */
static const uint32_t equal[CANDIDATES_MAX] = {[0 ... CANDIDATES_MAX - 1] = 1};

static uint32_t weigh(const uint32_t *weights, uint64_t pool)
{
	uint32_t total = 0;
	for (; pool != 0; pool &= pool - 1)
		total += weights[__builtin_ctzll(pool)];
	return total;
}

/* The member on whose stretch of the pool's weights the point lies. */
static unsigned at_point(const uint32_t *weights, uint64_t pool, uint32_t point)
{
	for (;; pool &= pool - 1) {
		unsigned member = (unsigned)__builtin_ctzll(pool);
		if (point < weights[member])
			return member;
		point -= weights[member];
	}
}

/* Draws one after another without putting back. */
__attribute__((noinline)) static unsigned pick_several(const uint32_t *weights, uint64_t pool,
						       unsigned answers, struct random *random,
						       uint8_t *picked)
{
	uint32_t total = weigh(weights, pool);
	unsigned n = 0;
	while (n < answers && pool != 0) {
		unsigned member = at_point(weights, pool, random_below(random, total));
		picked[n++] = (uint8_t)member;
		pool &= ~((uint64_t)1 << member);
		total -= weights[member];
	}
	return n;
}

/* Most names are answered with one record. */
static inline unsigned pick_random(const uint32_t *weights, uint64_t pool, unsigned answers,
				   struct random *random, uint8_t *picked)
{
	if (answers != 1)
		return pick_several(weights, pool, answers, random, picked);
	*picked = (uint8_t)at_point(weights, pool, random_below(random, weigh(weights, pool)));
	return 1;
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

/* The turn of a pool. One that is new, or has lost its place to another, or whose weights have changed,
 * begins anywhere: beginning at the first would favour it. */
static struct turn *turn_of(struct picker *picker, uint32_t set, uint64_t pool, uint32_t total, bool heads)
{
	uint64_t hash = name_hash_mix(pool ^ 0xa0761d6478bd642fu, set ^ 0xe7037ed1a0b428dbu);
	struct turn *turn = &picker->turns[hash % TURNS_MAX];
	if (turn->pool == pool && turn->set == set && turn->total == total)
		return turn;
	uint32_t step = heads ? 1 : (uint32_t)(total * 0.6180339887);
	while (step > 1 && divisor(total, step) != 1)
		step--;
	*turn = (struct turn){pool, set, random_below(&picker->random, total), total, step ? step : 1};
	return turn;
}

/*
 * The next point. Equal members take turns in order; unequal ones are interleaved by stepping through the
 * weights at the golden ratio, so that a heavy one does not come many times in a row.
 */
static uint32_t next_point(struct turn *turn)
{
	uint32_t point = (uint32_t)((uint64_t)turn->count * turn->step % turn->total);
	turn->count = turn->count + 1 == turn->total ? 0 : turn->count + 1;
	return point;
}

static bool equal_weights(const uint32_t *weights, uint64_t pool)
{
	uint32_t first = weights[__builtin_ctzll(pool)];
	for (; pool != 0; pool &= pool - 1) {
		if (weights[__builtin_ctzll(pool)] != first)
			return false;
	}
	return true;
}

__attribute__((cold, noinline)) static unsigned pick_turns(const uint32_t *weights, const struct pool *p,
							   uint64_t pool, struct picker *picker,
							   uint8_t *picked)
{
	if (equal_weights(weights, pool))
		weights = equal;
	struct turn *turn = turn_of(picker, p->steered->set, pool, weigh(weights, pool), weights == equal);
	unsigned member = at_point(weights, pool, next_point(turn)), n = 0;
	while (n < p->answers && pool != 0) {
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

/* The smallest lots, in their order. */
__attribute__((cold, noinline)) static unsigned pick_hash(const uint32_t *weights, const struct pool *p,
							  uint64_t pool, uint8_t *picked)
{
	uint64_t lots[CANDIDATES_MAX];
	unsigned n = 0;
	for (; pool != 0; pool &= pool - 1) {
		unsigned member = (unsigned)__builtin_ctzll(pool), at = n;
		uint64_t lot = hash_lot(p->client, p->steered->identities[member], weights[member]);
		for (; at > 0 && lots[at - 1] > lot; at--) {
			if (at < p->answers) {
				lots[at] = lots[at - 1];
				picked[at] = picked[at - 1];
			}
		}
		if (at < p->answers) {
			lots[at] = lot;
			picked[at] = (uint8_t)member;
		}
		n += n < p->answers;
	}
	return n;
}

/* Those of the pool that cost the least. */
static uint64_t cheapest(const uint64_t *costs, uint64_t pool)
{
	uint64_t found = 0, least = UINT64_MAX;
	for (; pool != 0; pool &= pool - 1) {
		unsigned member = (unsigned)__builtin_ctzll(pool);
		if (costs[member] < least)
			found = 0;
		if (costs[member] <= least)
			found |= (uint64_t)1 << member;
		least = costs[member] < least ? costs[member] : least;
	}
	return found;
}

/* The cheapest first; among equals by weight. */
__attribute__((cold, noinline)) static unsigned pick_least(const uint32_t *weights, const struct pool *p,
							   uint64_t pool, struct random *random,
							   uint8_t *picked)
{
	unsigned n = 0;
	while (n < p->answers && pool != 0) {
		uint64_t least = cheapest(p->extra->costs, pool);
		n += pick_random(weights, least, p->answers - n, random, picked + n);
		pool &= ~least;
	}
	return n;
}

unsigned pick_members(const struct pool *p, struct picker *picker, uint8_t *picked)
{
	const struct steering *s = p->steered->how;
	if (p->everyone)
		return pick_all(p->members, p->answers, picked);
	uint64_t heavy = p->members & (p->extra ? p->extra->heavy : s->heavy);
	uint64_t pool = heavy != 0 ? heavy : p->members;
	if ((pool & (pool - 1)) == 0)
		return pick_all(pool, 1, picked);
	const uint32_t *weights = heavy == 0                      ? equal
				  : p->extra && p->extra->weights ? p->extra->weights
								  : s->weights;
	if (s->policy.pick == PICK_WEIGHTED) /* the default, without the jump */
		return pick_random(weights, pool, p->answers, &picker->random, picked);
	switch (s->policy.pick) {
	case PICK_WEIGHTED: break;
	case PICK_RANDOM: weights = equal; break;
	case PICK_ROUND_ROBIN: return pick_turns(weights, p, pool, picker, picked);
	case PICK_HASH: return pick_hash(weights, p, pool, picked);
	case PICK_LEAST_CONNECTIONS:
	case PICK_LEAST_TIME:
		if (p->extra != NULL && p->extra->costs != NULL)
			return pick_least(weights, p, pool, &picker->random, picked);
		break;
	case PICK_ALL: return pick_all(pool, p->answers, picked);
	}
	return pick_random(weights, pool, p->answers, &picker->random, picked);
}
