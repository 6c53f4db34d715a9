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

static bool is_explain(const struct responder *r, const struct peer *peer)
{
	const struct query *q = &r->query;
	return q->class == CLASS_CH && q->type == TYPE_TXT &&
	       explain_allowed(r->view->world->config, &peer->addr);
}

/* What is refused before any zone is asked: classes and transfers that are not served. */
static enum rcode query_policy(const struct query *q)
{
	if (q->class != CLASS_IN && q->class != CLASS_ANY)
		return RCODE_REFUSED;
	if (q->type == TYPE_AXFR || q->type == TYPE_IXFR)
		return RCODE_REFUSED;
	return RCODE_NOERROR;
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

/* `found`: the answer was looked for. */
static void count(const struct responder *r, const struct peer *peer, const struct reply_status *status,
		  bool found)
{
	if (r->view->tallies == NULL)
		return;
	struct tally *tally = r->view->tallies[r->worker];
	struct tally_key key = {TALLY_NO_ZONE, tally_type(r->query.type), (uint8_t)status->rcode,
				peer->stream};
	if (found && r->answer.zone != NULL)
		key.zone = r->answer.zone->number;
	tally_query(tally, &key);
	if (found)
		count_choices(tally, r->view->world, &r->answer);
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
	struct query *q = &r->query;
	struct reply_status status = {0};
	struct reply reply;
	if (!query_read(in, q, &status.rcode))
		return drop(r);
	bool explained = status.rcode == RCODE_NOERROR && is_explain(r, peer);
	if (status.rcode == RCODE_NOERROR && !explained)
		status.rcode = query_policy(q);
	reply_begin(&reply, q, out->octets, out->len, peer->stream);

	bool sound = status.rcode == RCODE_NOERROR && !explained;
	if (explained) {
		struct client client;
		client_find(q, &peer->addr, &client);
		explain_to(r, &client, &reply, &status);
	}
	if (sound) {
		struct client client;
		client_find(q, &peer->addr, &client);
		answer_find(r->view, q, &client, &r->picker, &r->answer);
		status.rcode = r->answer.rcode;
		status.authoritative = r->answer.authoritative;
		status.truncated = !add_pieces(&reply, &r->answer);
		status.scope = answer_scope(&r->answer, &client);
	}
	count(r, peer, &status, sound);
	out->len = reply_end(&reply, q, &status);
	return OUTCOME_REPLY;
}
