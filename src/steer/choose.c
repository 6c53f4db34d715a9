/* SPDX-License-Identifier: ISC */
/* The decision, step by step. */
#include "steer/choose.h"
#include "steer/candidates.h"
#include "steer/tier.h"

static const struct order *order_for(const struct steering *s, const struct addr *client, uint8_t *scope)
{
	if (s->locator == NULL) {
		*scope = 0;
		return s->order;
	}
	struct located located = locator_find(s->locator, client);
	*scope = located.scope;
	return located.order;
}

/* Nothing is usable: what the operator wants then. Returns who may be answered as if up, and how many of
 * them. */
static uint64_t when_all_down(const struct steering *s, const struct tiers *tiers, struct choice *out,
			      unsigned *answers)
{
	out->all_down = true;
	switch (s->policy.all_down) {
	case ALL_DOWN_FIRST: return tiers->n > 0 ? tiers->list[0] : 0;
	case ALL_DOWN_ALL: *answers = CANDIDATES_MAX; return tiers->all;
	case ALL_DOWN_NODATA: return 0;
	case ALL_DOWN_SERVFAIL: out->outcome = CHOICE_SERVFAIL; return 0;
	}
	return 0;
}

static void pick(const struct steering *s, uint64_t pool, unsigned answers, struct picker *picker,
		 struct choice *out)
{
	out->outcome = CHOICE_ANSWER;
	out->n = (uint8_t)pick_members(s, pool, s->single ? 1 : answers, picker, out->picked);
	out->ttl_s = UINT32_MAX;
	for (unsigned i = 0; i < out->n; i++) {
		const struct member *member = &s->members[out->picked[i]];
		out->records[i] = member->record;
		if (member->ttl_s < out->ttl_s)
			out->ttl_s = member->ttl_s;
		out->left[STEP_PICK] |= (uint64_t)1 << out->picked[i];
	}
}

void steer_choose(const struct steering *s, const struct board *board, const struct addr *client,
		  struct picker *picker, struct choice *out)
{
	struct tiers tiers;
	out->order = order_for(s, client, &out->scope);
	tiers_build(s, out->order, &tiers);

	struct set_masks masks = board->sets[s->set];
	struct candidates c = {.left = tiers.all, .backups = s->backups};
	out->left[STEP_CANDIDATES] = c.left;
	c.left &= masks.usable;
	out->left[STEP_USABLE] = c.left;
	candidates_keep(&c, masks.fast);
	out->left[STEP_FAST] = c.left;

	unsigned answers = s->policy.pick == PICK_ALL ? CANDIDATES_MAX : s->policy.answers;
	uint64_t pool;
	out->outcome = CHOICE_NODATA;
	out->all_down = false;
	out->n = 0;
	out->left[STEP_PICK] = 0;
	if (c.left != 0)
		pool = tiers_first(s, &tiers, c.left, masks.usable);
	else
		pool = when_all_down(s, &tiers, out, &answers);
	out->left[STEP_TIER] = pool;
	if (pool != 0)
		pick(s, pool, answers, picker, out);
}
