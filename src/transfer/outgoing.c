/* SPDX-License-Identifier: ISC */
/* The messages of a transfer: the SOA, every record of every name in the order of the file, and the SOA. */
#include "transfer/outgoing.h"
#include "answer/options.h"
#include "base/clock.h"
#include "transfer/flatten.h"
#include "wire/octets.h"

/* Adds one record, with a TTL of its own or, below UINT32_MAX, this. */
static bool put(struct reply *reply, const struct node *node, const struct flat_record *record,
		uint32_t ttl_s)
{
	const struct reply_records records = {
		.set = record->set,
		.owner = node->name,
		.picked = &record->at,
		.n = 1,
		.has_ttl = ttl_s != UINT32_MAX,
		.ttl_s = ttl_s,
	};
	return reply_add(reply, SECTION_ANSWER, &records);
}

static bool put_soa(struct transfer *t, struct reply *reply, const struct zone *zone)
{
	bool fits = put(reply, zone->apex_node, &(struct flat_record){&zone->soa, 0}, UINT32_MAX);
	t->records += fits;
	return fits;
}

/* Goes on with a set where it ended; false: the rest of it is for the next message. */
static bool put_plain(struct transfer *t, struct reply *reply, const struct node *node,
		      const struct rrset *set)
{
	while (t->at < set->octets_len) {
		if (!put(reply, node, &(struct flat_record){set, t->at}, UINT32_MAX))
			return false;
		t->at += (uint32_t)record_len(set->octets + t->at);
		t->records++;
	}
	return true;
}

/*
 * All of a steered set is in one message, as by the next one it may be another. Where it is too much for any
 * message, as much as fits.
 */
static bool put_steered(struct transfer *t, struct reply *reply, const struct node *node,
			const struct flat *flat)
{
	const struct reply before = *reply;
	bool first = (before.counts & 0xffff00000000u) == 0;
	for (unsigned i = 0; i < flat->n; i++) {
		if (put(reply, node, &flat->records[i], flat->ttl_s))
			continue;
		if (first && i > 0 && before.limit > MESSAGE_OCTETS_MAX / 2) {
			t->records += i;
			return true;
		}
		*reply = before;
		return false;
	}
	t->records += flat->n;
	return true;
}

static bool put_set(struct transfer *t, struct reply *reply, const struct view *view, const struct node *node)
{
	const struct rrset *set = &node->sets[t->set];
	struct flat flat;
	if (set->type == TYPE_SOA) /* at the apex alone */
		return true;
	if (set->steered == NULL)
		return put_plain(t, reply, node, set);
	flatten(view, node, set, &flat);
	return put_steered(t, reply, node, &flat);
}

/* Fills a message. True: the transfer is complete with it. */
static bool fill(struct transfer *t, struct reply *reply, const struct view *view, const struct zone *zone)
{
	if (!t->begun)
		t->begun = put_soa(t, reply, zone);
	if (!t->begun || t->only_soa)
		return t->begun;
	const struct node *node =
		t->node < zone->nodes_len ? (const struct node *)(uintptr_t)(zone->nodes + t->node) : NULL;
	for (; node != NULL; node = zone_next(zone, node)) {
		t->node = (size_t)((const uint8_t *)node - zone->nodes);
		for (; t->set < node->n_sets; t->set++, t->at = 0) {
			if (!put_set(t, reply, view, node))
				return false;
		}
		t->set = 0;
	}
	t->node = zone->nodes_len;
	return put_soa(t, reply, zone);
}

/*
 * The query's options, in each message. A padded one has room to end on a whole block, unless a record needs
 * all there is.
 */
static void put_options(struct transfer *t, const struct responder *r, struct reply *reply, size_t room)
{
	if (t->q.asked == 0)
		return;
	options_answer(r, &t->q, &t->peer, reply, RCODE_NOERROR);
	if (reply->block > 0 && room < MESSAGE_OCTETS_MAX / 2)
		reply->limit -= room % reply->block;
}

bool outgoing_write(struct transfer *t, const struct responder *r, const struct zone *zone, size_t limit,
		    struct span *out)
{
	static const struct reply_status status = {.authoritative = true};
	struct reply reply;
	size_t room = t->tsig.keyed ? tsig_left(&t->tsig, limit, &t->q) : limit;
	reply_begin(&reply, &t->q, out->octets, room, t->peer.transport);
	put_options(t, r, &reply, room);
	size_t empty = reply.len;
	t->done = fill(t, &reply, r->view, zone);
	if (reply.len == empty)
		return false;
	out->len = reply_end(&reply, &t->q, &status);
	if (t->tsig.keyed && !tsig_sign(&t->tsig, out, limit, (uint64_t)clock_wall_ms() / 1000))
		return false;
	t->octets += out->len;
	return true;
}
