/* SPDX-License-Identifier: ISC */
/* Any octets as a query, over UDP, TCP and TLS: every reply is sound to ldns, repeats the question, and keeps
 * to its size. */
#include "oracle.h"
#include "quiet.h"
#include "served.h"
#include "transfer/transfer.h"

static const char conf[] =
	"datacenter fra location=50,8\ndatacenter iad location=39,-77\n"
	"geomap world * iad fra\ngeomap world 10.0.0.0/8 fra ...\ngeomap world 2001:db8::/32 nearest\n"
	"key k secret=MDEyMzQ1Njc4OWFiY2RlZg==\nidentity me\nversion 1\nexplain-from 10.0.0.0/8\n"
	"zone example z.zone allow-transfer=10.0.0.0/8 allow-transfer=key:k\n";
/* More than fits into a response without EDNS. */
#define LONG                                                                                \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb " \
	"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc " \
	"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static const char zone[] =
	"$TTL 30\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"
	"www STEER geo world\nwww AT fra A 192.0.2.2\nwww AT iad A 192.0.2.3\nwww AT fra TXT x\n"
	"*.w CNAME www\nd DNAME w\nall STEER pool pick=all\nall AT fra A 192.0.2.4\nall AT iad A 192.0.2.5\n"
	"dead AT fra state=down A 192.0.2.6\ndead STEER failover all-down=servfail\n"
	"loop CNAME loop2\nloop2 CNAME loop\nsub NS ns.sub\nns.sub A 192.0.2.7\nmx MX 1 ns1\n"
	"rr STEER pool pick=round-robin answers=2 min-up=50%\nrr AT fra A 192.0.2.8\n"
	"rr AT iad weight=3 A 192.0.2.9\nrr AT * backup=yes A 192.0.2.10\n"
	"rnd STEER nearest pick=random\nrnd AT fra HTTPS 1 www alpn=h2\nrnd AT iad HTTPS 1 ns1\n"
	"srv SRV 1 2 3 www\n"
	"$TTL 20\nlong TXT " LONG "\nlong TXT b " LONG "\nlong AT fra AAAA 2001:db8::1\n"
	"ch1 CNAME ch2\nch2 CNAME ch3\nch3 CNAME ch4\nch4 CNAME ch5\nch5 CNAME q.d\n";

static struct view view;
static struct responder *responder;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	served_load(conf, zone, &view);
	responder = mem_alloc(sizeof(*responder));
	served_begin(responder, &view);
	return 0;
}

/* Says whether the reply is truncated. */
static bool check_reply(const uint8_t *query, size_t query_len, const struct span *reply)
{
	struct told told;
	told_read(reply->octets, reply->len, &told);
	told_matches(&told, reply->octets, query, query_len);
	told_makes_sense(&told);
	bool truncated = told.truncated;
	told_free(&told);
	return truncated;
}

static bool answered(const uint8_t *data, size_t size, enum transport transport, bool *truncated)
{
	const struct peer peer = {.addr = {.family = FAMILY_V4, .octets = {10, 1, 2, 3}},
				  .transport = transport,
				  .idle_timeout_ds = 100};
	bool stream = transport_streams(transport);
	size_t room = stream ? MESSAGE_OCTETS_MAX : UDP_OCTETS_MAX;
	uint8_t *query = exactly(data, size), *octets = malloc(room);
	struct span reply = {octets, room};
	struct transfer *transfer = NULL;
	enum outcome outcome =
		transfer_door(responder, &peer, responder_read_one(responder, (struct span){query, size}),
			      &reply, stream ? &transfer : NULL);
	require(transfer == NULL); /* the zone is short */
	if (outcome == OUTCOME_REPLY) {
		require(stream || reply.len <= oracle_limit(data, size));
		*truncated = check_reply(data, size, &reply);
	}
	free(query);
	free(octets);
	return outcome == OUTCOME_REPLY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool cut = false, cut_over_tcp = false, cut_over_tls = false;
	bool over_udp = answered(data, size, TRANSPORT_UDP, &cut);
	bool over_tcp = answered(data, size, TRANSPORT_TCP, &cut_over_tcp);
	bool over_tls = answered(data, size, TRANSPORT_TLS, &cut_over_tls);
	require(over_udp == over_tcp && over_tcp == over_tls);
	require(!cut_over_tcp && !cut_over_tls);
	return 0;
}
