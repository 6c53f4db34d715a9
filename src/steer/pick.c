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

/* How much of the whole a member has. Where nobody has any weight all are equal. */
struct scale {
	const struct steering *steering;
	const uint32_t *weights; /* in place of the steering's, or NULL */
	bool heads;              /* all count 1 */
};

static uint32_t weight(const struct scale *scale, unsigned member)
{
	if (scale->heads)
		return 1;
	return scale->weights ? scale->weights[member] : scale->steering->members[member].weight;
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

static bool equal_weights(const struct scale *scale, uint64_t pool)
{
	uint32_t first = weight(scale, (unsigned)__builtin_ctzll(pool));
	for (; pool != 0; pool &= pool - 1) {
		if (weight(scale, (unsigned)__builtin_ctzll(pool)) != first)
			return false;
	}
	return true;
}

static unsigned pick_turns(struct scale *scale, const struct pool *p, struct picker *picker, uint8_t *picked)
{
	uint64_t pool = p->members;
	scale->heads |= equal_weights(scale, pool);
	struct turn *turn = turn_of(picker, p->steering->set, pool, weigh(scale, pool), scale->heads);
	unsigned member = at_point(scale, pool, next_point(turn)), n = 0;
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
static unsigned pick_hash(const struct scale *scale, const struct pool *p, uint8_t *picked)
{
	uint64_t lots[CANDIDATES_MAX];
	unsigned n = 0;
	for (uint64_t pool = p->members; pool != 0; pool &= pool - 1) {
		unsigned member = (unsigned)__builtin_ctzll(pool), at = n;
		uint64_t lot =
			hash_lot(p->client, p->steering->members[member].identity, weight(scale, member));
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
static unsigned pick_least(const struct scale *scale, const struct pool *p, struct random *random,
			   uint8_t *picked)
{
	uint64_t pool = p->members;
	unsigned n = 0;
	while (n < p->answers && pool != 0) {
		uint64_t equal = cheapest(p->extra->costs, pool);
		n += pick_random(scale, equal, p->answers - n, random, picked + n);
		pool &= ~equal;
	}
	return n;
}

unsigned pick_members(const struct pool *whole, struct picker *picker, uint8_t *picked)
{
	struct pool p = *whole;
	if (p.everyone)
		return pick_all(p.members, p.answers, picked);
	uint64_t heavy = p.extra ? p.extra->heavy : p.steering->heavy;
	if (p.members & heavy)
		p.members &= heavy;
	struct scale scale = {p.steering, p.extra ? p.extra->weights : NULL, (p.members & heavy) == 0};
	switch (p.steering->policy.pick) {
	case PICK_WEIGHTED: break;
	case PICK_RANDOM: scale.heads = true; break;
	case PICK_ROUND_ROBIN: return pick_turns(&scale, &p, picker, picked);
	case PICK_HASH: return pick_hash(&scale, &p, picked);
	case PICK_LEAST_CONNECTIONS:
	case PICK_LEAST_TIME:
		if (p.extra != NULL && p.extra->costs != NULL)
			return pick_least(&scale, &p, &picker->random, picked);
		break;
	case PICK_ALL: return pick_all(p.members, p.answers, picked);
	}
	return pick_random(&scale, p.members, p.answers, &picker->random, picked);
}
