/* SPDX-License-Identifier: ISC */
/* Who may have a zone, and what is signed with what. */
#include "transfer/transfer.h"
#include "answer/options.h"
#include "answer/limited.h"
#include "answer/tally.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/plural.h"
#include "transfer/outgoing.h"
#include "transfer/tsig_record.h"
#include "wire/octets.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Names compress within the reach of a pointer. Each transfer sends a message a turn of the event loop: the
 * more there are, the shorter they are, so that they don't hold up other clients for long.
 */
enum { MESSAGE_OCTETS = 16384, MESSAGE_OCTETS_LEAST = 2048, SOA_FIXED = 20 };

static uint64_t now_s(void)
{
	return (uint64_t)clock_wall_ms() / 1000;
}

static void count(const struct responder *r, enum counter counter)
{
	if (r->view->tallies != NULL)
		tally_add(&r->view->tallies[r->worker]->counters[counter]);
}

static void count_query(const struct responder *r, const struct peer *peer, const struct zone *zone,
			enum rcode rcode)
{
	const struct tally_key key = {.zone = zone ? zone->number : TALLY_NO_ZONE,
				      .type = tally_type(r->query->type),
				      .rcode = (uint8_t)rcode,
				      .transport = (uint8_t)peer->transport};
	if (r->view->tallies != NULL)
		tally_query(r->view->tallies[r->worker], key);
}

/*
 * A reply of no record, if the client may have it: an error, or NOERROR for what is to be asked again over
 * TCP. The session (NULL: none) signs it, if it fits.
 */
static enum outcome reply_rcode(struct responder *r, const struct peer *peer, enum rcode rcode,
				struct tsig_session *session, struct span *out)
{
	static const struct extended_error prohibited = {EXTENDED_PROHIBITED,
							 "no transfer of it to this client"};
	struct reply_status *status = &r->answer.status;
	*status = (struct reply_status){.rcode = rcode,
					.truncated = rcode == RCODE_NOERROR,
					.error = rcode == RCODE_REFUSED ? &prohibited : NULL};
	size_t limit = reply_limit(r->query, peer->transport, out->len);
	struct reply reply;
	size_t room = session != NULL ? tsig_left(session, limit, r->query) : limit;
	reply_begin(&reply, r->query, out->octets, room, peer->transport);
	if (r->query->asked != 0)
		options_answer(r, r->query, peer, &reply, rcode);
	if (!limited_pass(r, peer, &reply))
		return OUTCOME_DROP;
	out->len = reply_end(&reply, r->query, status);
	if (session != NULL)
		tsig_sign(session, out, limit, now_s());
	return OUTCOME_REPLY;
}

static bool signed_with(const struct tsig_session *session, const struct tsig_key *key)
{
	return session != NULL && session->key.algorithm == key->algorithm &&
	       session->key.owner_len == key->owner_len &&
	       memcmp(session->key.owner, key->owner, key->owner_len) == 0;
}

static bool rule_fits(const struct config *config, const struct transfer_rule *rule,
		      const struct addr *client, const struct tsig_session *session)
{
	bool from = rule->n_networks == 0, by = rule->n_keys == 0;
	for (size_t i = 0; i < rule->n_networks && !from; i++)
		from = prefix_holds(&rule->networks[i], client);
	for (size_t i = 0; i < rule->n_keys && !by; i++)
		by = signed_with(session, &config->keys[rule->keys[i]]);
	return from && by;
}

static bool allowed(const struct config *config, const struct zone *zone, const struct addr *client,
		    const struct tsig_session *session)
{
	const struct zone_peers *peers = config->zones[zone->number].peers;
	for (size_t i = 0; peers != NULL && i < peers->n_rules; i++) {
		if (rule_fits(config, &peers->rules[i], client, session))
			return true;
	}
	return false;
}

static enum rcode refusal(const struct responder *r, const struct zone *zone, const struct peer *peer,
			  const struct tsig_session *session)
{
	if (r->query->class != CLASS_IN)
		return RCODE_REFUSED;
	if (options_malformed(r->query, peer))
		return RCODE_FORMERR;
	if (zone == NULL)
		return RCODE_NOTAUTH;
	if (!allowed(r->view->world->config, zone, &peer->addr, session))
		return RCODE_REFUSED;
	return r->query->type == TYPE_AXFR && !transport_streams(peer->transport) ? RCODE_FORMERR
										  : RCODE_NOERROR;
}

/* Has the client of an IXFR what there is? Its SOA is in the authority section (RFC 1995 §3). */
static bool is_current(const struct query *q, struct span in, uint32_t serial)
{
	struct name owner;
	if (q->type != TYPE_IXFR || octets_get16(in.octets + 8) != 1)
		return false;
	size_t fixed = tsig_name_read(in, HEADER_OCTETS + (size_t)q->question_len, &owner);
	if (fixed == 0 || in.len - fixed < RECORD_FIXED)
		return false;
	size_t rdlength = octets_get16(in.octets + fixed + 8);
	if (rdlength < SOA_FIXED || in.len - fixed - RECORD_FIXED < rdlength)
		return false;
	uint32_t has = octets_get32(in.octets + fixed + RECORD_FIXED + rdlength - SOA_FIXED);
	return !serial_above(serial, has);
}

/* NULL: there is no memory for it. */
static struct transfer *transfer_new(struct responder *r, const struct peer *peer, const struct zone *zone)
{
	const struct query *q = r->query;
	struct transfer *t = mem_try(sizeof(*t));
	if (t == NULL)
		return NULL;
	t->under_way = &r->transfers;
	++*t->under_way;
	t->q = *q;
	t->q.subnet.present = false;
	if (q->asked & ASKED_COOKIE)
		t->q.cookie = memcpy(t->cookie, q->cookie, q->cookie_len);
	memcpy(t->request, q->message, HEADER_OCTETS + (size_t)q->question_len);
	t->q.message = t->request;
	t->peer = *peer;
	t->digest = zone->digest;
	t->serial = zone_serial(zone);
	return t;
}

static void tell(const struct transfer *t, const char *end)
{
	char name[NAME_TEXT_MAX], key[NAME_TEXT_MAX], client[ADDR_TEXT_MAX];
	log_info("transfer: %s of %s serial %" PRIu32 " to %s%s%s: %s, %" PRIu64 " record%s in %" PRIu64
		 " octets",
		 t->q.type == TYPE_IXFR ? "IXFR" : "AXFR", name_format(t->q.name.octets, name), t->serial,
		 addr_format(&t->peer.addr, client), t->tsig.keyed ? " by key " : "",
		 t->tsig.keyed ? name_format(t->tsig.key.owner, key) : "", end, t->records,
		 plural(t->records), t->octets);
}

static void release(struct transfer **transfer)
{
	--*(*transfer)->under_way;
	tsig_end(&(*transfer)->tsig);
	free(*transfer);
	*transfer = NULL;
}

bool transfer_next(struct responder *r, struct transfer **transfer, struct span *out)
{
	struct transfer *t = *transfer;
	const struct zone *zone = zones_apex(r->view->world->zones, &t->q.name);
	if (zone == NULL || zone->digest != t->digest || zone_serial(zone) != t->serial) {
		tell(t, "cut, as the zone has changed");
		release(transfer);
		return false;
	}
	size_t most = reply_limit(&t->q, t->peer.transport, out->len);
	size_t usual = MESSAGE_OCTETS / r->transfers;
	if (usual < MESSAGE_OCTETS_LEAST)
		usual = MESSAGE_OCTETS_LEAST;
	if (usual > most)
		usual = most;
	if (!outgoing_write(t, r, zone, usual, out) && !outgoing_write(t, r, zone, most, out)) {
		tell(t, "cut, as a record is longer than a message");
		release(transfer);
		return false;
	}
	if (t->done && !t->only_soa) {
		tell(t, "complete");
		count(r, COUNTER_TRANSFERS);
	}
	if (t->done)
		release(transfer);
	return true;
}

void transfer_free(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	tell(transfer, "not taken to its end");
	release(&transfer);
}

/* A request for a zone, or a signed one. */
struct request {
	struct responder *r;
	const struct peer *peer;
	struct arrival *arrival;
	struct tsig_session *session; /* NULL: it is not signed */
};

/* Is the SOA record all that it gets? */
static bool gets_soa(const struct request *request, const struct zone *zone)
{
	return !transport_streams(request->peer->transport) ||
	       is_current(request->r->query, request->arrival->in, zone_serial(zone));
}

/* Is the one SOA record over UDP, where the source may be forged, one answer too many? */
static bool is_too_much(const struct request *request, const struct zone *zone)
{
	struct responder *r = request->r;
	answer_clear(&r->answer, RCODE_NOERROR);
	r->answer.match.zone = zone;
	r->answer.match.node = zone->apex_node;
	r->query->cookie_valid = options_prove(r, request->peer);
	return r->view->limiter != NULL && limited_over(r, request->peer, RCODE_NOERROR);
}

enum { TOLD_EACH_MS = 60000 };

/* Secondaries that try again and again leave a line a minute. */
static void tell_limited(const struct request *request)
{
	struct responder *r = request->r;
	char name[NAME_TEXT_MAX], client[ADDR_TEXT_MAX], before[64] = "";
	int64_t now_ms = clock_ms();
	if (r->transfers_told_ms != 0 && now_ms - r->transfers_told_ms < TOLD_EACH_MS) {
		r->transfers_untold++;
		return;
	}
	if (r->transfers_untold > 0)
		snprintf(before, sizeof(before), "; %" PRIu64 " more before", r->transfers_untold);
	log_warn(
		"transfer: %s refused to %s for now, as %u, this worker's share of tcp transfers=, are under "
		"way%s",
		name_format(r->query->name.octets, name), addr_format(&request->peer->addr, client),
		r->transfers, before);
	r->transfers_told_ms = now_ms;
	r->transfers_untold = 0;
}

static bool is_one_too_many(const struct request *request)
{
	const struct responder *r = request->r;
	return r->transfers_max > 0 && r->transfers >= r->transfers_max;
}

/* May it have the zone now? */
static enum rcode judge(const struct request *request, const struct zone *zone, bool *only_soa)
{
	struct responder *r = request->r;
	enum rcode rcode = refusal(r, zone, request->peer, request->session);
	*only_soa = rcode == RCODE_NOERROR && gets_soa(request, zone);
	if (rcode != RCODE_NOERROR) {
		count(r, COUNTER_TRANSFERS_REFUSED);
	} else if (!*only_soa && is_one_too_many(request)) {
		count(r, COUNTER_TRANSFERS_LIMITED);
		tell_limited(request);
		rcode = RCODE_SERVFAIL; /* it will try again */
	}
	return rcode;
}

/* Begins a transfer that is asked for, or says no. */
static enum outcome begin(const struct request *request, struct span *out, struct transfer **transfer)
{
	struct responder *r = request->r;
	const struct zone *zone = zones_apex(r->view->world->zones, &r->query->name);
	bool only_soa;
	enum rcode rcode = judge(request, zone, &only_soa);
	struct transfer *t = NULL;
	if (rcode == RCODE_NOERROR && !(only_soa && is_too_much(request, zone))) {
		t = transfer_new(r, request->peer, zone);
		rcode = t != NULL ? RCODE_NOERROR : RCODE_SERVFAIL; /* it will try again */
	}
	if (t == NULL) {
		enum outcome outcome = reply_rcode(r, request->peer, rcode, request->session, out);
		if (outcome == OUTCOME_REPLY)
			count_query(r, request->peer, zone, rcode);
		return outcome;
	}
	count_query(r, request->peer, zone, rcode);
	t->only_soa = only_soa;
	if (request->session != NULL)
		t->tsig = *request->session;
	bool ok = transfer_next(r, &t, out);
	if (t != NULL)
		*transfer = t;
	return ok ? OUTCOME_REPLY : OUTCOME_DROP;
}

/* What was signed rightly, and has no TSIG record any more, is answered as ever, and signed. */
static enum outcome answer_signed(const struct request *request, struct span *out, struct transfer **transfer)
{
	struct responder *r = request->r;
	size_t limit = reply_limit(r->query, request->peer->transport, out->len);
	struct span unsigned_out = {out->octets, tsig_left(request->session, limit, r->query)};
	arrivals_read(request->arrival, 1, r->view, NULL);
	enum outcome outcome = respond(r, request->peer, request->arrival, &unsigned_out);
	if (outcome == OUTCOME_TRANSFER)
		return begin(request, out, transfer);
	if (outcome == OUTCOME_REPLY && !tsig_sign(request->session, &unsigned_out, limit, now_s()))
		return OUTCOME_DROP;
	out->len = unsigned_out.len;
	return outcome;
}

enum outcome transfer_respond(struct responder *r, const struct peer *peer, struct arrival *arrival,
			      struct span *out, struct transfer **transfer)
{
	const struct config *config = r->view->world->config;
	struct request request = {.r = r, .peer = peer, .arrival = arrival};
	struct tsig_session session;
	enum outcome outcome;
	if (!r->query->tsig)
		return begin(&request, out, transfer);
	enum rcode rcode = tsig_verify_request(&session, config->keys, config->n_keys, &arrival->in, now_s());
	request.session = &session;
	if (rcode == RCODE_NOERROR) {
		outcome = answer_signed(&request, out, transfer);
	} else {
		count(r, COUNTER_TSIG_REFUSED);
		outcome = reply_rcode(r, peer, rcode, rcode == RCODE_NOTAUTH ? &session : NULL, out);
		if (outcome == OUTCOME_REPLY)
			count_query(r, peer, NULL, rcode);
	}
	tsig_end(&session);
	return outcome;
}
