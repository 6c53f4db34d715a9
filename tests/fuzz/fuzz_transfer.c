/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a message that is signed with a key of ours, or was and then changed: who has signed gets
 * signed answers and whole zones, nobody else gets either.
 */
#include "oracle.h"
#include "quiet.h"
#include "served.h"
#include "transfer/transfer.h"
#include "transfer/tsig.h"

#include <time.h>

static const char conf[] = "datacenter fra location=50,8\ndatacenter iad location=39,-77\n"
			   "geomap world * iad fra\n"
			   "key k secret=MDEyMzQ1Njc4OWFiY2RlZg==\n"
			   "key l algorithm=hmac-sha512 secret=MDEyMzQ1Njc4OWFiY2RlZg==\n"
			   "zone example z.zone allow-transfer=key:k allow-transfer=key:l\n";

/* What becomes of a message that was odd before it was signed is open. */
enum trust { TRUST_OPEN, TRUST_FULL, TRUST_NONE };

enum { SIGN = 1, CHANGE = 2, UDP = 4, OTHER_KEY = 8, LATE = 16, HOUR_S = 3600 };

static struct view view;
static struct responder *responder;
static uint8_t query[MESSAGE_OCTETS_MAX], octets[MESSAGE_OCTETS_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	char *zone = served_long_zone();
	served_load(conf, zone, &view);
	free(zone);
	responder = mem_alloc(sizeof(*responder));
	return 0;
}

static uint64_t now_s(void)
{
	return (uint64_t)time(NULL);
}

/* One message of the reply, whose signature is right and taken off where there has to be one. */
static void check_message(struct tsig_session *session, struct span reply, struct told *told)
{
	if (session != NULL)
		require(tsig_verify_response(session, &reply, now_s()));
	told_read(reply.octets, reply.len, told);
}

static bool is_soa(const ldns_pkt *packet, size_t at)
{
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(packet), at);
	return rr != NULL && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA;
}

/* The rest of a transfer whose first message is told: an SOA at both ends and none between them. */
static void check_transfer(struct tsig_session *session, struct told *told, struct transfer *transfer)
{
	size_t soas = 0, records = 0;
	require(told->rcode == RCODE_NOERROR && is_soa(told->packet, 0));
	for (;;) {
		struct span reply = {octets, sizeof(octets)};
		for (size_t i = 0; i < told->counts[0]; i++)
			soas += is_soa(told->packet, i);
		records += told->counts[0];
		require(told->counts[0] > 0);
		if (transfer == NULL)
			break;
		told_free(told);
		require(transfer_next(responder, &transfer, &reply));
		check_message(session, reply, told);
	}
	require(is_soa(told->packet, told->counts[0] - 1));
	require(soas == (records == 1 ? 1 : 2));
	require(responder->transfers == 0);
}

/* Nobody who has not the key can make an answer that is taken for signed. */
static void check_forgery(const struct tsig_session *session, struct span in)
{
	struct tsig_session asked = *session;
	uint8_t *exact = exactly(in.octets, in.len);
	struct span answer = {exact, in.len};
	require(!tsig_verify_response(&asked, &answer, now_s()));
	tsig_end(&asked);
	free(exact);
}

static void ask(struct tsig_session *session, struct span in, bool udp, enum trust trust)
{
	const struct peer peer = {.addr = {.family = FAMILY_V4, .octets = {10, 1, 2, 3}},
				  .transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP};
	size_t room = udp ? UDP_OCTETS_MAX : MESSAGE_OCTETS_MAX;
	uint8_t *exact = exactly(in.octets, in.len);
	enum rcode rcode;
	struct query q;
	bool is_signed = query_read(in, &q, &rcode) && q.tsig;
	struct span reply = {octets, room};
	struct transfer *transfer = NULL;
	struct told told;
	served_begin(responder, &view);
	enum outcome outcome =
		transfer_door(responder, &peer, responder_read_one(responder, (struct span){exact, in.len}),
			      &reply, udp ? NULL : &transfer);
	if (outcome == OUTCOME_REPLY) {
		bool unreadable = (octets[3] & 0xf) == RCODE_FORMERR; /* with nothing to sign by */
		bool answers = is_signed && trust == TRUST_FULL && !unreadable;
		check_message(answers ? session : NULL, reply, &told);
		if ((q.type == TYPE_AXFR || q.type == TYPE_IXFR) && told.counts[0] > 0) {
			require(answers);
			check_transfer(session, &told, transfer);
		} else {
			require(transfer == NULL);
			told_makes_sense(&told);
		}
		if (is_signed && trust == TRUST_NONE)
			require(told.rcode == RCODE_NOTAUTH || told.rcode == RCODE_FORMERR);
		told_free(&told);
	}
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = take_octet(&data, &size), at = take_octet(&data, &size);
	struct tsig_session session;
	struct span in = {query, size};
	enum rcode rcode;
	struct query q;
	const struct config *config = view.world->config;
	if (size < HEADER_OCTETS || size > MESSAGE_OCTETS_MAX - TSIG_ROOM)
		return 0;
	memcpy(query, data, size);
	if (octets_get16(query + 10) == UINT16_MAX)
		return 0;
	bool sound = query_read(in, &q, &rcode) && rcode == RCODE_NOERROR;
	tsig_begin(&session, &config->keys[how & OTHER_KEY ? 1 : 0]);
	session.id = octets_get16(query);
	check_forgery(&session, in);
	if (how & SIGN)
		require(tsig_sign(&session, &in, sizeof(query), now_s() - (how & LATE ? HOUR_S : 0)));
	enum trust trust = sound && (how & SIGN) ? TRUST_FULL : TRUST_OPEN;
	if ((how & SIGN) && (how & CHANGE)) /* but for the id, which the signature has its own of */
		query[2 + at % (size - 2)] ^= (uint8_t)(1u << at % 8);
	if ((how & SIGN) && (how & (CHANGE | LATE)))
		trust = TRUST_NONE;
	ask(&session, in, how & UDP, trust);
	tsig_end(&session);
	return 0;
}
