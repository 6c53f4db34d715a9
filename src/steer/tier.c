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

/* A datacenter that a geomap's line does not name is never used for its clients, not even as a backup. */
static uint64_t named_backups(const struct steering *s, const struct order *order)
{
	uint64_t named = s->loose_backups;
	for (unsigned i = 0; i < order->n && named != s->backups; i++)
		named |= steering_backups_in(s, order->datacenters[i]);
	return named;
}

static uint64_t members(const struct steering *s, const struct order *order)
{
	uint64_t mask = s->loose;
	for (unsigned i = 0; i < order->n; i++)
		mask |= steering_in(s, order->datacenters[i]);
	return mask;
}

static uint64_t backups(const struct steering *s, const struct order *order)
{
	return s->policy.method == METHOD_GEO ? named_backups(s, order) : s->backups;
}

uint64_t tiers_all(const struct steering *s, const struct order *order)
{
	if (s->own_orders && order->n == s->n_datacenters)
		return s->answerable;
	return members(s, order) | backups(s, order);
}

uint64_t tier_first_left(const struct steering *s, const struct order *order, uint64_t left)
{
	uint64_t tier = 0;
	if (s->policy.method == METHOD_POOL) {
		tier = left & ~s->backups;
		return tier != 0 ? tier : left;
	}
	for (unsigned i = 0; i < order->n && tier == 0; i++)
		tier = left & steering_in(s, order->datacenters[i]);
	if (tier == 0)
		tier = left & s->loose;
	return tier != 0 ? tier : left;
}

void tiers_build(const struct steering *s, const struct order *order, struct tiers *out)
{
	out->all = 0;
	out->n = 0;
	if (s->policy.method == METHOD_POOL) {
		add(out, members(s, order));
	} else {
		for (unsigned i = 0; i < order->n; i++)
			add(out, steering_in(s, order->datacenters[i]));
		add(out, s->loose);
	}
	add(out, backups(s, order));
}

void tiers_build_timed(const struct steering *s, const struct timed *timed, struct tiers *out)
{
	out->all = 0;
	out->n = 0;
	for (unsigned i = 0; i < timed->n;) {
		uint64_t best_us = timed->list[i].us, tier = 0;
		uint64_t limit_us = best_us * (100u + s->policy.margin_percent) / 100;
		for (; i < timed->n && timed->list[i].us <= limit_us; i++)
			tier |= steering_in(s, timed->list[i].datacenter);
		add(out, tier);
	}
	add(out, s->loose);
	add(out, s->backups);
}

/* A tier without any weight counts heads. */
static uint32_t weigh(const struct steering *s, uint64_t mask, bool heads)
{
	uint32_t weight = 0;
	for (; mask != 0; mask &= mask - 1)
		weight += heads ? 1 : s->weights[__builtin_ctzll(mask)];
	return weight;
}

unsigned tier_usable_percent(const struct steering *s, uint64_t tier, uint64_t usable)
{
	bool heads = (tier & s->heavy) == 0;
	uint64_t up = weigh(s, tier & usable, heads), whole = weigh(s, tier, heads);
	return (unsigned)(up * 100 / whole);
}

uint64_t tiers_first(const struct steering *s, const struct tiers *tiers, uint64_t left, uint64_t usable)
{
	for (unsigned i = 0; i < tiers->n; i++) {
		uint64_t tier = tiers->list[i];
		bool enough = s->policy.min_up_percent == 0 ||
			      tier_usable_percent(s, tier, usable) >= s->policy.min_up_percent;
		if ((tier & left) != 0 && enough)
			return tier & left;
	}
	return 0;
}
