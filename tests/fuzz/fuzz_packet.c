/* SPDX-License-Identifier: ISC */
/* Any octets as a query, over UDP and TCP: every reply parses, repeats the question, and keeps to its size.
 */
#include "base/memory.h"
#include "transfer/transfer.h"
#include "wire/octets.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf[] =
	"datacenter fra location=50,8\ndatacenter iad location=39,-77\n"
	"geomap world * iad fra\ngeomap world 10.0.0.0/8 fra ...\ngeomap world 2001:db8::/32 nearest\n"
	"key k secret=MDEyMzQ1Njc4OWFiY2RlZg==\n"
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

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	char folder[] = "/tmp/gslbd-fuzz-XXXXXX", path[64];
	struct faults faults = {0};
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(path, sizeof(path), "%s/z.zone", folder);
	write_file(path, zone);
	snprintf(path, sizeof(path), "%s/c.conf", folder);
	write_file(path, conf);
	struct world *world = world_load(path, false, &faults);
	unlink(path);
	snprintf(path, sizeof(path), "%s/z.zone", folder);
	unlink(path);
	rmdir(folder);
	faults_print(&faults, stderr);
	if (world == NULL)
		abort();
	faults_free(&faults);
	struct vitals vitals;
	vitals_init(&vitals, world->roster);
	view = (struct view){.world = world, .board = board_build(world->roster, &vitals, 1)};
	vitals_free(&vitals);
	responder = mem_alloc(sizeof(*responder));
	responder->view = &view;
	random_seed_with(&responder->picker.random, 1);
	return 0;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_reply(const uint8_t *query, size_t query_len, const struct span *reply)
{
	ldns_pkt *packet = NULL;
	require(reply->len >= HEADER_OCTETS && memcmp(query, reply->octets, 2) == 0);
	require((reply->octets[2] & 0x80) != 0);
	require(((reply->octets[2] ^ query[2]) & 0x78) == 0); /* the opcode */
	require(ldns_wire2pkt(&packet, reply->octets, reply->len) == LDNS_STATUS_OK);
	require(ldns_pkt_size(packet) == reply->len);
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(packet);
	require(ldns_pkt_qdcount(packet) == 1 || rcode == LDNS_RCODE_FORMERR || rcode == LDNS_RCODE_NOTIMPL);
	if (ldns_pkt_qdcount(packet) == 1) {
		size_t question = name_length(reply->octets + HEADER_OCTETS) + 4;
		require(query_len >= HEADER_OCTETS + question);
		require(memcmp(query + HEADER_OCTETS, reply->octets + HEADER_OCTETS, question) == 0);
	}
	ldns_pkt_free(packet);
}

/* A query without additional records has no EDNS. */
static size_t most(const uint8_t *query, size_t len, bool stream)
{
	bool plain = len >= HEADER_OCTETS && query[10] == 0 && query[11] == 0;
	if (stream)
		return MESSAGE_OCTETS_MAX;
	return plain ? UDP_OCTETS_MIN : UDP_OCTETS_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t family_octet[] = {10, 1, 2, 3};
	struct peer peer = {.addr.family = FAMILY_V4};
	memcpy(peer.addr.octets, family_octet, sizeof(family_octet));
	for (int stream = 0; stream < 2; stream++) {
		size_t room = stream ? MESSAGE_OCTETS_MAX : UDP_OCTETS_MAX;
		uint8_t *query = malloc(size + 1),
			*reply = malloc(room); /* of just that size, for the sanitizer */
		memcpy(query, data, size);
		peer.transport = stream ? TRANSPORT_TCP : TRANSPORT_UDP;
		struct span out = {reply, room};
		struct transfer *transfer = NULL;
		enum outcome outcome = transfer_door(responder, &peer, (struct span){query, size}, &out,
						     stream ? &transfer : NULL);
		if (outcome == OUTCOME_REPLY) {
			require(out.len <= most(data, size, stream));
			check_reply(data, size, &out);
		}
		require(transfer == NULL); /* the zone is short */
		free(query);
		free(reply);
	}
	return 0;
}
