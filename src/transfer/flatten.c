/* SPDX-License-Identifier: ISC */
/* From candidates to plain records. */
#include "transfer/flatten.h"
#include "steer/tier.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <string.h>

/* Sets that are still to be looked at: the name's own, then what its ALIAS stand for. */
struct work {
	const struct view *view;
	uint16_t type;
	unsigned n;
	const struct rrset *sets[CANDIDATES_MAX];
};

static void tiers_of(const struct steering *s, const struct board *board, struct tiers *tiers)
{
	/* no database places this network, and nobody has measured from it (RFC 1122 §3.2.1.3) */
	static const struct addr nowhere = {.family = FAMILY_V4};
	if (s->times != NULL) {
		struct timed timed;
		latency_times(s, board, &nowhere, &timed);
		tiers_build_timed(s, &timed, tiers);
		return;
	}
	tiers_build(s, s->locator ? locator_find(s->locator, &nowhere).order : s->order, tiers);
}

/* The tier that is answered from now; where none is usable, one as if all of it were up. */
static uint64_t tier_of(const struct steered *steered, const struct board *board)
{
	const struct steering *s = steered->how;
	const struct set_state *state = &board->sets[steered->set];
	struct tiers tiers;
	tiers_of(s, board, &tiers);
	struct candidates c = {.left = tiers.all & state->usable, .backups = s->backups};
	candidates_keep(&c, state->fast);
	uint64_t tier = tiers_first(s, &tiers, c.left, state->usable);
	if (tier != 0 || tiers.n == 0)
		return tier;
	return s->policy.all_down == ALL_DOWN_ALL ? tiers.all : tiers.list[0];
}

static uint32_t heaviest(const struct steering *s, uint64_t members)
{
	uint32_t most = 0;
	for (; members != 0; members &= members - 1) {
		uint32_t weight = s->weights[__builtin_ctzll(members)];
		most = weight > most ? weight : most;
	}
	return most;
}

/*
 * Servers that don't know weights answer all records alike: so without the light ones, such as a canary,
 * unless the pick does not go by weight either. Of CNAMEs the first of the heaviest.
 */
static uint64_t without_light(const struct steering *s, uint64_t tier, bool cname)
{
	uint32_t most = heaviest(s, tier), least = cname ? most : (most + 1) / 2;
	uint64_t left = 0;
	if (!cname && (s->policy.pick == PICK_ALL || s->policy.pick == PICK_RANDOM))
		least = most > 0;
	for (uint64_t rest = tier; rest != 0; rest &= rest - 1) {
		unsigned member = (unsigned)__builtin_ctzll(rest);
		left |= (uint64_t)(s->weights[member] >= least) << member;
	}
	return cname ? left & -left : left;
}

/* Adds a record, unless its data is there already. */
static void add(struct flat *out, const struct rrset *set, uint32_t at)
{
	const uint8_t *record = set->octets + at;
	size_t len = record_len(record) - RECORD_RDLENGTH_AT;
	for (unsigned i = 0; i < out->n; i++) {
		const uint8_t *other = out->records[i].set->octets + out->records[i].at;
		if (record_len(other) - RECORD_RDLENGTH_AT == len &&
		    memcmp(other + RECORD_RDLENGTH_AT, record + RECORD_RDLENGTH_AT, len) == 0)
			return;
	}
	if (out->n < FLAT_RECORDS_MAX)
		out->records[out->n++] = (struct flat_record){set, at};
}

static void lower_ttl(struct flat *out, uint32_t ttl_s)
{
	out->ttl_s = ttl_s < out->ttl_s ? ttl_s : out->ttl_s;
}

static void add_plain(struct work *work, const struct rrset *set, struct flat *out)
{
	if (set->type != work->type)
		return;
	for (uint32_t at = 0; at < set->octets_len; at += (uint32_t)record_len(set->octets + at))
		add(out, set, at);
	lower_ttl(out, octets_get32(set->octets + RECORD_TTL_AT));
}

static void work_add(struct work *work, const struct rrset *set)
{
	for (unsigned i = 0; i < work->n; i++) {
		if (work->sets[i] == set)
			return;
	}
	if (work->n < CANDIDATES_MAX)
		work->sets[work->n++] = set;
}

static void add_steered(struct work *work, const struct rrset *set, struct flat *out)
{
	const struct steered *steered = set->steered;
	const struct steering *s = steered->how;
	const struct set_extra *extra = work->view->board->sets[steered->set].extra;
	uint64_t members = without_light(s, tier_of(steered, work->view->board), work->type == TYPE_CNAME);
	for (; members != 0; members &= members - 1) {
		unsigned i = (unsigned)__builtin_ctzll(members);
		const struct member *member = &s->members[i];
		const struct rrset *alias = steered_alias(steered, i);
		if (alias != NULL)
			work_add(work, alias);
		if (member->record != MEMBER_NO_RECORD &&
		    octets_get16(set->octets + member->record + RECORD_TYPE_AT) == work->type)
			add(out, set, member->record);
		lower_ttl(out, extra != NULL && extra->has_ttl ? extra->ttl_s : member->ttl_s);
	}
}

static void gather(const struct view *view, const struct rrset *set, struct flat *out)
{
	struct work work = {.view = view, .type = set->type};
	out->n = 0;
	out->ttl_s = UINT32_MAX;
	work_add(&work, set);
	for (unsigned i = 0; i < work.n; i++) {
		if (work.sets[i]->steered != NULL)
			add_steered(&work, work.sets[i], out);
		else
			add_plain(&work, work.sets[i], out);
	}
}

void flatten(const struct view *view, const struct node *node, const struct rrset *set, struct flat *out)
{
	const struct rrset *cname = set->type == TYPE_CNAME ? NULL : node_rrset(node, TYPE_CNAME);
	if (cname != NULL) {
		gather(view, cname, out);
		bool alone = out->n > 0;
		out->n = 0;
		if (alone)
			return;
	}
	gather(view, set, out);
}
