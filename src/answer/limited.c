/* SPDX-License-Identifier: ISC */
/* From an answer to its kind, and from a limit to what is sent. */
#include "answer/limited.h"
#include "answer/limiter.h"
#include "answer/tally.h"

static enum limit_kind kind_of(const struct answer *a, enum rcode rcode)
{
	if (rcode != RCODE_NOERROR)
		return rcode == RCODE_NXDOMAIN ? LIMIT_NXDOMAINS : LIMIT_ERRORS;
	if (a->n == 0 || a->pieces[0].section == SECTION_ANSWER)
		return LIMIT_ANSWERS;
	return a->pieces[0].records.set->type == TYPE_NS ? LIMIT_REFERRALS : LIMIT_NODATA;
}

/*
 * What it is of: a wildcard is one name, whatever was asked. Numbers, not pointers, so that names of a file
 * that did not change keep theirs over a reload.
 */
static uint64_t source_of(const struct answer *a, enum limit_kind kind)
{
	if (a->match.zone == NULL || kind == LIMIT_ERRORS)
		return 0;
	uint64_t zone = (uint64_t)a->match.zone->number << 32 | UINT32_MAX;
	if (kind == LIMIT_NXDOMAINS)
		return zone;
	return zone - (uint64_t)((const uint8_t *)a->match.node - a->match.zone->nodes) / 8;
}

static void count(const struct responder *r, enum limit_kind kind, enum limit_action action)
{
	if (r->view->tallies != NULL)
		tally_add(&r->view->tallies[r->worker]->limited[kind][action]);
}

/* At random, so that no client is in step with it. */
static enum limit_action decide(struct responder *r, const struct rate_limit *rules)
{
	if (rules->mode == LIMIT_LOG)
		return LIMIT_LOGGED;
	if (rules->slip > 0 && random_below(&r->picker.random, rules->slip) == 0)
		return LIMIT_SLIPPED;
	return LIMIT_DROPPED;
}

static struct limit_case case_of(const struct responder *r, const struct peer *peer, enum rcode rcode)
{
	enum limit_kind kind = kind_of(&r->answer, rcode);
	uint64_t source = source_of(&r->answer, kind);
	return (struct limit_case){.client = &peer->addr,
				   .kind = kind,
				   .key = limiter_key(r->view->limiter, &peer->addr, kind, source),
				   .query = r->query};
}

bool limited_over(const struct responder *r, const struct peer *peer, enum rcode rcode)
{
	if (limited_proven(peer, r->query->cookie_valid))
		return false;
	const struct limit_case response = case_of(r, peer, rcode);
	return limiter_over(r->view->limiter, &response, r->now_ms);
}

bool limited_restrain(struct responder *r, const struct peer *peer, struct reply *reply)
{
	struct reply_status *status = &r->answer.status;
	const struct limit_case response = case_of(r, peer, status->rcode);
	if (!limiter_restrains(r->view->limiter, &response))
		return true;
	enum limit_action action = decide(r, limiter_rules(r->view->limiter));
	count(r, response.kind, action);
	if (action == LIMIT_SLIPPED && response.kind != LIMIT_ERRORS) {
		reply_empty(reply);
		r->answer.choices_end = r->answer.choices; /* nobody is answered with what was chosen */
		*status = (struct reply_status){.authoritative = status->authoritative, .truncated = true};
	}
	return action != LIMIT_DROPPED;
}
