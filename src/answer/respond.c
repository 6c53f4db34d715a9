/* SPDX-License-Identifier: ISC */
/* From a query to its response: the table of contents of the packet path. */
#include "answer/respond.h"
#include "answer/chaos.h"
#include "answer/explain.h"
#include "answer/options.h"
#include "answer/limited.h"
#include "answer/tally.h"
#include "wire/reply.h"

#include <stdlib.h>
#include <string.h>

/* Adds the pieces as far as they fit. What does not fit is said (RFC 2181 §9), but for addresses that were a
 * courtesy. */
static bool add_pieces(struct reply *reply, const struct answer *a)
{
	for (const struct piece *p = a->pieces, *end = p + a->n; p < end; p++) {
		if (!reply_add(reply, p->section, &p->records) &&
		    (p->section != SECTION_ADDITIONAL || p->glue))
			return false;
	}
	return true;
}

/* What does not fit. A referral that does not as a whole may in parts: without addresses that are a courtesy.
 */
__attribute__((cold, noinline)) static void add_in_parts(struct reply *reply, struct answer *a)
{
	struct reply_records *records = &a->pieces[0].records;
	a->status.truncated = true;
	if (a->match.kind != MATCH_DELEGATION || records->prepared == NULL)
		return;
	records->prepared = NULL;
	answer_add_addresses(a, &a->match, records);
	a->status.truncated = !add_pieces(reply, a);
}

/* What this server tells of itself, or `dig CH TXT NAME`: why this client is answered what it is. */
__attribute__((cold, noinline)) static void answer_chaos(struct responder *r, const struct peer *peer,
							 struct reply *reply)
{
	struct reply_status *status = &r->answer.status;
	const struct config *config = r->view->world->config;
	uint8_t octets[CHAOS_RECORD_MAX];
	const char *text;
	struct rrset set;
	bool told = chaos_name(config, &r->query->name, &text);
	if (told ? text == NULL : !explain_allowed(config, &peer->addr)) {
		status->rcode = RCODE_REFUSED;
		return;
	}
	if (told)
		set = rrset_of(TYPE_TXT, 1, octets, chaos_record(octets, text, strlen(text)));
	else
		explain_records(r->view, r->query, &r->client, &set);
	status->authoritative = told;
	status->truncated = !reply_add(reply, SECTION_ANSWER, &(struct reply_records){.set = &set});
	if (!told)
		free((void *)(uintptr_t)set.octets);
}

/*
 * A class other than the Internet's, or none: then a cookie is all that is asked for. For all classes the
 * answer is found, of which nobody is the authority (RFC 1034 §3.7.1). False: there is nothing to add.
 */
__attribute__((cold, noinline)) static bool answer_class(struct responder *r, const struct peer *peer,
							 const struct node *node, struct reply *reply)
{
	const struct query *q = r->query;
	if (q->class == CLASS_ANY) {
		answer_find(r, node);
		r->answer.status.authoritative = false;
		return true;
	}
	if (q->class == CLASS_CH && q->type == TYPE_TXT)
		answer_chaos(r, peer, reply);
	else if (q->question_len > 0)
		r->answer.status.rcode = RCODE_REFUSED;
	return false;
}

/* A sound query. */
static void answer(struct responder *r, const struct peer *peer, const struct node *node, struct reply *reply)
{
	struct answer *a = &r->answer;
	const struct query *q = r->query;
	client_find(q, &peer->addr, &r->client);
	if (q->class == CLASS_IN)
		answer_find(r, node);
	else if (!answer_class(r, peer, node, reply))
		return;
	if (!add_pieces(reply, a))
		add_in_parts(reply, a);
	a->status.scope = answer_scope(a, &r->client);
}

/* Types that no record of a zone has: of messages themselves, and for more than one type of records. */
static bool is_meta(uint16_t type)
{
	return type >= TYPE_OPT && (type == TYPE_OPT || (type >= TYPE_TKEY && type <= TYPE_MAILA));
}

/* What the rcode alone does not tell; NULL: nothing. */
__attribute__((cold, noinline)) static const struct extended_error *error_of(const struct query *q,
									     const struct answer *a)
{
	enum rcode rcode = a->status.rcode;
	static const struct extended_error as_if_up = {EXTENDED_OTHER,
						       "nothing is usable: answered as if it were up"},
					   nothing_usable = {EXTENDED_OTHER, "nothing is usable"},
					   unreachable = {EXTENDED_NO_REACHABLE_AUTHORITY,
							  "nothing is usable"},
					   no_zone = {EXTENDED_NOT_AUTHORITATIVE, "no zone of this server"},
					   no_class = {EXTENDED_NOT_SUPPORTED, "not of this class"},
					   no_opcode = {EXTENDED_NOT_SUPPORTED, "only queries are answered"},
					   no_type = {EXTENDED_NOT_SUPPORTED, "an obsolete type"};
	if (rcode == RCODE_NOTIMP)
		return is_meta(q->type) ? &no_type : &no_opcode;
	if (rcode == RCODE_REFUSED)
		return q->class == CLASS_IN || q->class == CLASS_ANY ? &no_zone : &no_class;
	if (!a->all_down)
		return NULL;
	if (rcode == RCODE_SERVFAIL)
		return &unreachable;
	for (const struct choice *choice = a->choices; choice < a->choices_end; choice++) {
		if (choice->all_down && choice->n > 0)
			return &as_if_up;
	}
	return &nothing_usable;
}

/* Is it for the floor above? Other types of that sort are wrong in a question, or obsolete: *rcode says so.
 */
static bool is_transfer(const struct query *q, enum rcode *rcode)
{
	if (q->tsig)
		return true;
	if (*rcode != RCODE_NOERROR || !is_meta(q->type))
		return false;
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR)
		return true;
	*rcode = q->type == TYPE_MAILA || q->type == TYPE_MAILB ? RCODE_NOTIMP : RCODE_FORMERR;
	return false;
}

static void count_choices(struct tally *tally, const struct answer *a)
{
	for (const struct choice *choice = a->choices, *end = a->choices_end; choice < end; choice++) {
		_Atomic uint64_t *members = tally->members + choice->set->steered->first_member;
		for (const uint8_t *p = choice->picked, *picked_end = p + choice->n; p < picked_end; p++)
			tally_add(&members[*p]);
		if (choice->all_down)
			tally_add(&tally->counters[COUNTER_ALL_DOWN]);
	}
}

static void count(const struct responder *r, const struct query *q, const struct peer *peer)
{
	const struct answer *a = &r->answer;
	struct tally *tally = r->tally;
	if (tally == NULL)
		return;
	tally_query(tally, (struct tally_key){.zone = a->match.zone ? a->match.zone->number : TALLY_NO_ZONE,
					      .type = tally_type(q->type),
					      .rcode = (uint8_t)a->status.rcode,
					      .transport = (uint8_t)peer->transport});
	count_choices(tally, a);
	if (a->status.truncated)
		tally_add(&tally->counters[COUNTER_TRUNCATED]);
	if (q->subnet.present)
		tally_add(&tally->counters[COUNTER_SUBNET]);
}

void responder_read(struct responder *r, unsigned n)
{
	r->tally = r->view->tallies ? r->view->tallies[r->worker] : NULL;
	arrivals_read(r->arrivals, n, r->view, r->tally);
}

static enum outcome drop(const struct responder *r)
{
	if (r->tally != NULL)
		tally_add(&r->tally->counters[COUNTER_DROPPED]);
	return OUTCOME_DROP;
}

/* Flattened: it is gone through once a query, and what is rare is out of line already. */
__attribute__((flatten)) enum outcome respond(struct responder *r, const struct peer *peer,
					      struct arrival *arrival, struct span *out)
{
	struct query *q = &arrival->query;
	struct answer *a = &r->answer;
	struct reply reply;
	enum rcode rcode = arrival->rcode;
	r->query = q;
	if (!arrival->heard)
		return drop(r);
	if (is_transfer(q, &rcode))
		return OUTCOME_TRANSFER;
	reply_begin(&reply, q, out->octets, out->len, peer->transport);
	if (q->asked != 0)
		rcode = options_answer(r, q, peer, &reply, rcode);
	answer_clear(a, rcode);
	if (rcode == RCODE_NOERROR)
		answer(r, peer, arrival->node, &reply);
	if (a->all_down || a->status.rcode > RCODE_NXDOMAIN)
		a->status.error = error_of(q, a);
	if (!limited_pass(r, peer, &reply))
		return OUTCOME_DROP;
	count(r, q, peer);
	out->len = reply_end(&reply, q, &a->status);
	return OUTCOME_REPLY;
}
