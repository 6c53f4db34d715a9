/* SPDX-License-Identifier: ISC */
/* From a query to its response: the table of contents of the packet path. */
#include "answer/respond.h"
#include "wire/reply.h"

/* Adds the pieces as far as they fit. What does not fit is said (RFC 2181 §9), but for addresses that were a
 * courtesy. */
static bool add_pieces(struct reply *reply, const struct answer *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		const struct piece *p = &a->pieces[i];
		struct reply_records records = {.set = p->set, .owner = p->owner};
		if (p->choice != NULL) {
			records.picked = p->choice->records;
			records.n = p->choice->n;
			records.ttl_s = p->choice->ttl_s;
		}
		if (!reply_add(reply, p->section, &records) && (p->section != SECTION_ADDITIONAL || p->glue))
			return false;
	}
	return true;
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

enum outcome respond(struct responder *r, const struct peer *peer, struct span in, struct span *out)
{
	struct query *q = &r->query;
	struct reply_status status = {0};
	struct reply reply;
	if (!query_read(in, q, &status.rcode))
		return OUTCOME_DROP;
	if (status.rcode == RCODE_NOERROR)
		status.rcode = query_policy(q);
	reply_begin(&reply, q, out->octets, out->len, peer->stream);

	if (status.rcode == RCODE_NOERROR) {
		struct client client;
		client_find(q, &peer->addr, &client);
		answer_find(r->view, q, &client, &r->picker, &r->answer);
		status.rcode = r->answer.rcode;
		status.authoritative = r->answer.authoritative;
		status.truncated = !add_pieces(&reply, &r->answer);
		if (client.from_subnet && r->answer.scope > 0)
			status.scope = (uint8_t)(r->answer.scope + client.scope_base);
	}
	out->len = reply_end(&reply, q, &status);
	return OUTCOME_REPLY;
}
