/* SPDX-License-Identifier: ISC */
/* The decision, step by step. */
#include "steer/choose.h"
#include "steer/candidates.h"
#include "steer/hash.h"
#include "steer/tier.h"

static uint8_t longer(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static bool looks_at_place(const struct steering *s)
{
	return s->locator != NULL || s->times != NULL;
}

/* The bits of the client's address that a choice depends on. */
__attribute__((cold, noinline)) static uint8_t scope_of(const struct steering *s, const struct board *board,
							const struct addr *client)
{
	uint8_t scope = s->locator ? locator_find(s->locator, client).scope : 0;
	if (s->times != NULL) {
		struct timed timed;
		latency_times(s, board, client, &timed);
		scope = timed.scope;
	}
	if (s->policy.pick == PICK_HASH && s->n > 1)
		scope = longer(scope, client->family == FAMILY_V4 ? s->policy.hash_v4 : s->policy.hash_v6);
	return scope;
}

/* METHOD_LATENCY: the order is that of the times. */
__attribute__((cold, noinline)) static void order_timed(const struct steering *s, const struct board *board,
							const struct addr *client, struct choice *out,
							struct tiers *tiers)
{
	struct timed timed;
	latency_times(s, board, client, &timed);
	out->located = true;
	out->order = s->order;
	out->scope = timed.scope;
	tiers_build_timed(s, &timed, tiers);
}

/*
 * The order of datacenters for this client, and what it depends on. Returns whether its tiers are built:
 * without min-up the first that has anybody left is it, and is found without.
 */
static bool order(const struct steering *s, const struct board *board, const struct addr *client,
		  struct choice *out, struct tiers *tiers)
{
	if (s->times != NULL) {
		order_timed(s, board, client, out, tiers);
		return true;
	}
	if (s->locator != NULL) {
		out->located = true;
		struct located located = locator_find(s->locator, client);
		out->order = located.order;
		out->scope = located.scope;
	} else {
		out->located = false;
		out->order = s->order;
		out->scope = 0;
	}
	if (s->policy.min_up_percent == 0)
		return false;
	tiers_build(s, out->order, tiers);
	return true;
}

/* The hash of the client's prefix, which the scope must not be shorter than: neighbours have other hashes. */
__attribute__((cold, noinline)) static uint64_t hash_scoped(const struct steering *s,
							    const struct addr *client, uint8_t *scope)
{
	*scope = longer(*scope, client->family == FAMILY_V4 ? s->policy.hash_v4 : s->policy.hash_v6);
	return hash_client(&s->policy, client);
}

/* No tier is usable: what the operator wants then. Returns who may be answered as if up. */
__attribute__((cold, noinline)) static uint64_t when_all_down(const struct steering *s,
							      const struct tiers *tiers, struct choice *out)
{
	out->all_down = true;
	out->outcome = CHOICE_NODATA;
	switch (s->policy.all_down) {
	case ALL_DOWN_FIRST: return tiers->n > 0 ? tiers->list[0] : 0;
	case ALL_DOWN_ALL: return tiers->all;
	case ALL_DOWN_NODATA: return 0;
	case ALL_DOWN_SERVFAIL: out->outcome = CHOICE_SERVFAIL; return 0;
	}
	return 0;
}

/*
 * The candidates over capacity that this query is not for: each has a share of its queries shed. One draw is
 * for all, so that those of one datacenter shed the same queries; with pick=hash it is the client's own.
 */
__attribute__((cold, noinline)) static uint64_t shed(const struct set_extra *extra, uint64_t left,
						     uint16_t draw)
{
	uint64_t gone = 0;
	for (uint64_t rest = left; rest != 0; rest &= rest - 1) {
		unsigned member = (unsigned)__builtin_ctzll(rest);
		gone |= (uint64_t)(draw < extra->sheds[member]) << member;
	}
	return gone;
}

/* What goes with those picked. */
static void complete(const struct steering *s, const struct set_extra *extra, unsigned n, struct choice *out)
{
	const struct member *members = s->members;
	unsigned n_records = 0;
	uint32_t ttl_s = UINT32_MAX;
	for (unsigned i = 0; i < n; i++) {
		const struct member *member = &members[out->picked[i]];
		out->records[n_records] = member->record;
		n_records += member->record != MEMBER_NO_RECORD;
		ttl_s = member->ttl_s < ttl_s ? member->ttl_s : ttl_s;
	}
	out->outcome = CHOICE_ANSWER;
	out->n = (uint8_t)n;
	out->n_records = n_records;
	out->ttl_s = extra != NULL && extra->has_ttl ? extra->ttl_s : ttl_s;
}

static void pick_nobody(struct choice *out)
{
	out->n = 0;
	out->n_records = 0;
}

void steer_choose(const struct steered *steered, const struct board *board, const struct addr *client,
		  struct picker *picker, struct choice *out)
{
	const struct steering *s = steered->how;
	struct tiers tiers;
	const struct set_state *state = &board->sets[steered->set];
	const struct set_extra *extra = state->extra;
	uint64_t hash = 0;
	bool built = order(s, board, client, out, &tiers);
	if (s->policy.pick == PICK_HASH && s->n > 1)
		hash = hash_scoped(s, client, &out->scope);
	for (unsigned i = 0; i < steered->n_reached; i++) {
		const struct steering *reached = steered->reached[i]->how;
		out->scope = longer(out->scope, scope_of(reached, board, client));
		out->located |= looks_at_place(reached);
	}

	struct candidates c = {.left = built ? tiers.all : tiers_all(s, out->order), .backups = s->backups};
	out->left[STEP_CANDIDATES] = c.left;
	c.left &= state->usable;
	out->left[STEP_USABLE] = c.left;
	candidates_keep(&c, state->fast);
	out->left[STEP_FAST] = c.left;
	if (extra != NULL && extra->sheds != NULL) {
		uint64_t draw = s->policy.pick == PICK_HASH ? hash : random_next(&picker->random);
		candidates_keep(&c, ~shed(extra, c.left, (uint16_t)(draw >> 48)));
	}
	out->left[STEP_LOAD] = c.left;

	bool everyone = false;
	out->all_down = false;
	uint64_t members = built ? tiers_first(s, &tiers, c.left, state->usable)
				 : tier_first_left(s, out->order, c.left);
	if (members == 0) {
		if (!built)
			tiers_build(s, out->order, &tiers);
		members = when_all_down(s, &tiers, out);
		everyone = s->policy.all_down == ALL_DOWN_ALL;
	}
	out->left[STEP_TIER] = members;
	if (members == 0) {
		pick_nobody(out);
		return;
	}
	unsigned n = 1;
	if ((members & (members - 1)) == 0) {
		out->picked[0] = (uint8_t)__builtin_ctzll(members);
	} else {
		bool all = everyone || s->policy.pick == PICK_ALL;
		const struct pool pool = {.steered = steered,
					  .extra = extra,
					  .client = hash,
					  .members = members,
					  .answers = members & s->cnames ? 1
						     : all               ? CANDIDATES_MAX
									 : s->policy.answers,
					  .everyone = everyone};
		n = pick_members(&pool, picker, out->picked);
	}
	complete(s, extra, n, out);
}
