/* SPDX-License-Identifier: ISC */
/* Building tiers, and finding the first that is good enough. */
#include "steer/tier.h"

static void add(struct tiers *tiers, uint64_t mask)
{
	if (mask == 0)
		return;
	tiers->list[tiers->n++] = mask;
	tiers->all |= mask;
}

void tiers_build(const struct steering *s, const struct order *order, struct tiers *out)
{
	out->all = 0;
	out->n = 0;
	if (s->policy.method == METHOD_POOL) {
		uint64_t pool = s->loose;
		for (unsigned i = 0; i < order->n; i++)
			pool |= steering_in(s, order->datacenters[i]);
		add(out, pool);
	} else {
		for (unsigned i = 0; i < order->n; i++)
			add(out, steering_in(s, order->datacenters[i]));
		add(out, s->loose);
	}
	add(out, s->backups);
}

/* A tier without any weight counts heads. */
static uint32_t weigh(const struct steering *s, uint64_t mask, bool heads)
{
	uint32_t weight = 0;
	for (; mask != 0; mask &= mask - 1)
		weight += heads ? 1 : s->members[__builtin_ctzll(mask)].weight;
	return weight;
}

static bool enough(const struct steering *s, uint64_t tier, uint64_t usable)
{
	bool heads = (tier & s->heavy) == 0;
	uint64_t up = weigh(s, tier & usable, heads), whole = weigh(s, tier, heads);
	return up * 100 >= whole * s->policy.min_up_percent;
}

uint64_t tiers_first(const struct steering *s, const struct tiers *tiers, uint64_t left, uint64_t usable)
{
	uint64_t first = 0;
	for (unsigned i = 0; i < tiers->n; i++) {
		uint64_t tier = tiers->list[i];
		if ((tier & left) == 0)
			continue;
		if (s->policy.min_up_percent == 0 || enough(s, tier, usable))
			return tier & left;
		if (first == 0)
			first = tier & left;
	}
	return first;
}
