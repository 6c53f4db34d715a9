/* SPDX-License-Identifier: ISC */
/* From a query to its response: the table of contents of the packet path. */
#include "answer/respond.h"
#include "answer/explain.h"
#include "answer/tally.h"
#include "wire/reply.h"

#include <stdlib.h>

/* Adds the pieces as far as they fit. What does not fit is said (RFC 2181 §9), but for addresses that were a
 * courtesy. */
static bool add_pieces(struct reply *reply, const struct answer *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		const struct piece *p = &a->pieces[i];
		if (!reply_add(reply, p->section, &p->records) &&
		    (p->section != SECTION_ADDITIONAL || p->glue))
			return false;
	}
	return true;
}

/* `dig CH TXT NAME`: why this client is answered what it is. */
static void explain_to(const struct responder *r, const struct client *client, struct reply *reply,
		       struct reply_status *status)
{
	struct rrset set;
	explain_records(r->view, &r->query, client, &set);
	status->truncated = !reply_add(reply, SECTION_ANSWER, &(struct reply_records){.set = &set});
	free((void *)(uintptr_t)set.octets);
}

/* A sound query. */
static void answer(struct responder *r, const struct peer *peer, struct reply *reply,
		   struct reply_status *status)
{
	const struct query *q = &r->query;
	struct client client;
	client_find(q, &peer->addr, &client);
	if (q->class == CLASS_CH && q->type == TYPE_TXT &&
	    explain_allowed(r->view->world->config, &peer->addr)) {
		explain_to(r, &client, reply, status);
		return;
	}
	if (q->class != CLASS_IN && q->class != CLASS_ANY) {
		status->rcode = RCODE_REFUSED;
		return;
	}
	answer_find(r->view, q, &client, &r->picker, &r->answer);
	status->rcode = r->answer.rcode;
	status->authoritative = r->answer.authoritative;
	status->truncated = !add_pieces(reply, &r->answer);
	status->scope = answer_scope(&r->answer, &client);
}

/* Is it for the floor above? */
static bool is_transfer(const struct query *q, enum rcode rcode)
{
	return q->tsig || (rcode == RCODE_NOERROR && (q->type == TYPE_AXFR || q->type == TYPE_IXFR));
}

static void count_choices(struct tally *tally, const struct world *world, const struct answer *a)
{
	for (unsigned i = 0; i < a->n_choices; i++) {
		const struct choice *choice = &a->choices[i];
		_Atomic uint64_t *members = tally->members + world->member_at[a->chosen[i]->steered->set];
		for (unsigned j = 0; j < choice->n; j++)
			tally_add(&members[choice->picked[j]]);
		if (choice->all_down)
			tally_add(&tally->counters[COUNTER_ALL_DOWN]);
	}
}

static void count(const struct responder *r, const struct peer *peer, const struct reply_status *status)
{
	if (r->view->tallies == NULL)
		return;
	const struct answer *a = &r->answer;
	struct tally *tally = r->view->tallies[r->worker];
	tally_query(tally, (struct tally_key){.zone = a->zone ? a->zone->number : TALLY_NO_ZONE,
					      .type = tally_type(r->query.type),
					      .rcode = (uint8_t)status->rcode,
					      .transport = (uint8_t)peer->transport});
	count_choices(tally, r->view->world, a);
	if (status->truncated)
		tally_add(&tally->counters[COUNTER_TRUNCATED]);
	if (r->query.subnet.present)
		tally_add(&tally->counters[COUNTER_SUBNET]);
}

static enum outcome drop(const struct responder *r)
{
	if (r->view->tallies != NULL)
		tally_add(&r->view->tallies[r->worker]->counters[COUNTER_DROPPED]);
	return OUTCOME_DROP;
}

enum outcome respond(struct responder *r, const struct peer *peer, struct span in, struct span *out)
{
	struct reply_status status = {0};
	struct reply reply;
	if (!query_read(in, &r->query, &status.rcode))
		return drop(r);
	if (is_transfer(&r->query, status.rcode))
		return OUTCOME_TRANSFER;
	reply_begin(&reply, &r->query, out->octets, out->len, peer->transport);
	answer_clear(&r->answer);
	if (status.rcode == RCODE_NOERROR)
		answer(r, peer, &reply, &status);
	count(r, peer, &status);
	out->len = reply_end(&reply, &r->query, &status);
	return OUTCOME_REPLY;
}
