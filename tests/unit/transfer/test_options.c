/* SPDX-License-Identifier: ISC */
/* What each message of a transfer says to the EDNS options of the request, read by ldns. */
#include "base/memory.h"
#include "transfer/transfer.h"
#include "transfer/tsig.h"
#include "wire/octets.h"
#include "wire/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COOKIE         \
	"\0\x0a\0\x08" \
	"12345678"
#define NSID      "\0\3\0\0"
#define KEEPALIVE "\0\x0b\0\0"
#define PADDING   "\0\x0c\0\0"

enum { NOW_S = 1700000000, LARGE = 6000, HUGE_TEXTS = 230, QUESTION_OCTETS = 7, OPT_OCTETS = 11 };

struct fixture {
	struct world *world;
	struct board *board;
	struct view view;
	struct responder *responder;
};

/* Thousands of small records, and one that is nearly a whole message. */
static void write_zone(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n", file);
	for (int i = 0; i < LARGE; i++)
		fprintf(file, "n%d A 192.0.2.%d\n", i, 1 + i % 200);
	fputs("huge TXT", file);
	for (int i = 0; i < HUGE_TEXTS; i++)
		fprintf(file, " \"%0255d\"", i);
	fputs("\n", file);
	fclose(file);
}

static int setup(void **state)
{
	char path[] = "/tmp/gslbd-transfer-options-XXXXXX", *text;
	struct fixture *f = mem_alloc(sizeof(*f));
	struct faults faults = {0};
	struct vitals vitals;
	close(mkstemp(path));
	write_zone(path);
	assert_true(
		asprintf(&text,
			 "identity ns7\nkey k.example secret=MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=\n"
			 "zone e %s allow-transfer=127.0.0.1\n",
			 path) > 0);
	f->world = world_build(config_read_text("c", text, strlen(text), &faults), false, &faults);
	for (size_t i = 0; i < faults.n; i++)
		print_error("%s\n", faults.list[i].text);
	assert_non_null(f->world);
	faults_free(&faults);
	unlink(path);
	free(text);
	vitals_init(&vitals, f->world->roster);
	f->board = board_build(f->world->roster, &vitals, 1);
	vitals_free(&vitals);
	f->view = (struct view){.world = f->world, .board = f->board};
	f->responder = mem_alloc(sizeof(*f->responder));
	*f->responder = (struct responder){.view = &f->view, .now_s = NOW_S};
	picker_seed(&f->responder->picker);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	free(f->responder);
	board_free(f->board);
	world_free(f->world);
	free(f);
	return 0;
}

static const struct row {
	const char *name;
	uint16_t type;
	enum transport transport;
	bool is_signed;
	const char *options;
	size_t options_len;
	bool nsid, cookie, keepalive, padding;
} rows[] = {
#define TEXT(x) x, sizeof(x) - 1
	{"none", TYPE_AXFR, TRANSPORT_TCP, false, TEXT(""), 0, 0, 0, 0},
	{"NSID", TYPE_AXFR, TRANSPORT_TCP, false, TEXT(NSID), .nsid = true},
	{"cookie", TYPE_IXFR, TRANSPORT_TCP, false, TEXT(COOKIE), .cookie = true},
	{"keepalive", TYPE_AXFR, TRANSPORT_TLS, false, TEXT(KEEPALIVE), .keepalive = true},
	{"padding over TCP", TYPE_AXFR, TRANSPORT_TCP, false, TEXT(PADDING), 0, 0, 0, 0},
	{"padding", TYPE_AXFR, TRANSPORT_TLS, false, TEXT(PADDING), .padding = true},
	{"all over TLS", TYPE_AXFR, TRANSPORT_TLS, false, TEXT(NSID COOKIE KEEPALIVE PADDING), 1, 1, 1, 1},
	{"signed", TYPE_AXFR, TRANSPORT_TCP, true, TEXT(NSID COOKIE KEEPALIVE PADDING), 1, 1, 1, 0},
	{"signed over TLS", TYPE_IXFR, TRANSPORT_TLS, true, TEXT(NSID COOKIE KEEPALIVE PADDING), 1, 1, 1, 1},
};

static const struct peer *peer_of(enum transport transport)
{
	static struct peer peer;
	peer = (struct peer){
		.addr = {FAMILY_V4, {127, 0, 0, 1}}, .transport = transport, .idle_timeout_ds = 42};
	return &peer;
}

/* A query with these options, signed with the session where there is one; returns its length. */
static size_t query_of(const struct row *row, struct tsig_session *session, uint8_t out[static 512])
{
	static const char head[] = "\x12\x34\0\0\0\1\0\0\0\0\0\1\1e\0\0";
	struct span message = {out, HEADER_OCTETS + QUESTION_OCTETS};
	memset(out, 0, 512);
	memcpy(out, head, sizeof(head) - 1);
	octets_put16(out + HEADER_OCTETS + 3, row->type);
	octets_put16(out + HEADER_OCTETS + 5, CLASS_IN);
	uint8_t *opt = out + message.len;
	octets_put16(opt + 1, TYPE_OPT);
	octets_put16(opt + 3, 4096);
	octets_put16(opt + 9, (unsigned)row->options_len);
	memcpy(opt + OPT_OCTETS, row->options, row->options_len);
	message.len += OPT_OCTETS + row->options_len;
	if (session != NULL)
		assert_true(tsig_sign(session, &message, 512, (uint64_t)time(NULL)));
	return message.len;
}

/* How long the option of a code is among these; -1: there is none. */
static int option_len(const uint8_t *options, size_t len, unsigned code)
{
	for (size_t at = 0; at + 4 <= len; at += 4u + octets_get16(options + at + 2)) {
		if (octets_get16(options + at) == code)
			return octets_get16(options + at + 2);
	}
	return -1;
}

/* One message, without its signature; returns its records. */
static size_t look_at(const struct row *row, const struct span *message, size_t signed_len)
{
	ldns_pkt *packet = NULL;
	assert_int_equal(ldns_wire2pkt(&packet, message->octets, message->len), LDNS_STATUS_OK);
	size_t n = ldns_pkt_ancount(packet);
	assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_NOERROR);
	assert_true(ldns_pkt_edns(packet));
	ldns_rdf *data = ldns_pkt_edns_data(packet);
	const uint8_t *options = data ? ldns_rdf_data(data) : NULL;
	size_t len = data ? ldns_rdf_size(data) : 0;
	assert_int_equal(option_len(options, len, EDNS_OPTION_NSID), row->nsid ? 3 : -1);
	assert_int_equal(option_len(options, len, EDNS_OPTION_COOKIE), row->cookie ? COOKIE_OCTETS : -1);
	assert_int_equal(option_len(options, len, EDNS_OPTION_KEEPALIVE), row->keepalive ? 2 : -1);
	assert_int_equal(option_len(options, len, EDNS_OPTION_PADDING) >= 0, row->padding);
	bool huge = message->len > 16384;
	if (row->padding && !huge)
		assert_int_equal(message->len % EDNS_PADDING_BLOCK, 0);
	assert_true(huge ? n < 10 : signed_len <= 16384);
	ldns_pkt_free(packet);
	return n;
}

static void take(struct fixture *f, const struct row *row)
{
	struct tsig_session session, *signs = row->is_signed ? &session : NULL;
	uint8_t query[512], *octets = malloc(MESSAGE_OCTETS_MAX);
	struct span out = {octets, MESSAGE_OCTETS_MAX};
	struct transfer *transfer = NULL;
	size_t records = 0;
	unsigned messages = 0;
	tsig_begin(&session, f->world->config->keys);
	session.id = 0x1234;
	struct span in = {query, query_of(row, signs, query)};
	assert_int_equal(transfer_door(f->responder, peer_of(row->transport),
				       responder_read_one(f->responder, in), &out, &transfer),
			 OUTCOME_REPLY);
	memset(query, 0xff, sizeof(query)); /* the next messages go without it */
	for (;; messages++) {
		size_t signed_len = out.len;
		if (signs != NULL)
			assert_true(tsig_verify_response(signs, &out, (uint64_t)time(NULL)));
		records += look_at(row, &out, signed_len);
		if (transfer == NULL)
			break;
		out.len = MESSAGE_OCTETS_MAX;
		assert_true(transfer_next(f->responder, &transfer, &out));
	}
	assert_true(messages > 4);
	assert_int_equal(records, 1 + 2 + LARGE + 1 + 1);
	tsig_end(&session);
	free(octets);
}

static void each_message_has_the_options_of_a_reply(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].name);
		take(*state, &rows[i]);
	}
}

static void a_timeout_told_by_the_client_is_malformed(void **state)
{
	static const struct row row = {.type = TYPE_AXFR, .options = "\0\x0b\0\2\0\1", .options_len = 6};
	struct fixture *f = *state;
	uint8_t query[512], octets[512];
	struct span in = {query, query_of(&row, NULL, query)}, out = {octets, sizeof(octets)};
	struct transfer *transfer = NULL;
	assert_int_equal(transfer_door(f->responder, peer_of(TRANSPORT_TCP),
				       responder_read_one(f->responder, in), &out, &transfer),
			 OUTCOME_REPLY);
	assert_null(transfer);
	assert_int_equal(octets[3] & 0xf, RCODE_FORMERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_has_the_options_of_a_reply),
		cmocka_unit_test(a_timeout_told_by_the_client_is_malformed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
