/* SPDX-License-Identifier: ISC */
/* What becomes of responses that are too many: through the door, read by ldns. */
#include "answer/limited.h"
#include "answer/limiter.h"
#include "answer/tally.h"
#include "support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

static const char conf[] = "datacenter fra\nzone e z\nzone f y\nexplain-from ::/0\n";
static const char zone[] =
	"$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.1\n"
	"www TXT x\nweb CNAME www\ngone CNAME nope\nsteered AT fra A 192.0.2.2\n"
	"dead STEER failover all-down=servfail\ndead AT fra state=down A 192.0.2.3\n"
	"none STEER failover all-down=nodata\nnone AT fra state=down A 192.0.2.3\n"
	"*.wild A 192.0.2.4\nsub NS ns.sub\nns.sub A 192.0.2.4\nsib NS ns.sub\ndn DNAME wild\n";

enum { RATE = 10, NOW_MS = 200000 };

struct fixture {
	struct stage stage;
	struct tally *tally;
	struct rate_limit rules;
};

static int setup(void **state)
{
	static const struct stage_file files[] = {{"c", conf}, {"y", zone}, {"z", zone}};
	struct fixture *f = mem_alloc(sizeof(*f));
	stage_open(&f->stage, files, 3);
	f->stage.responder->now_ms = NOW_MS;
	f->tally = tally_new(f->stage.world);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	limiter_free(f->stage.view.limiter);
	tally_free(f->tally);
	stage_close(&f->stage);
	free(f);
	return 0;
}

/* A new limiter, as the file would have it. */
static void limit(struct fixture *f, enum limit_mode mode, uint16_t slip)
{
	limiter_free(f->stage.view.limiter);
	f->rules = (struct rate_limit){
		.mode = mode, .slip = slip, .prefix_v4 = 24, .prefix_v6 = 56, .table = 1000};
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		f->rules.rates[i] = RATE;
	f->stage.view = (struct view){.world = f->stage.world,
				      .board = f->stage.board,
				      .tallies = &f->tally,
				      .limiter = limiter_new(&f->rules, NULL)};
	memset(f->tally->limited, 0, sizeof(f->tally->limited));
}

static uint64_t counted(const struct fixture *f, enum limit_kind kind, enum limit_action action)
{
	return f->tally->limited[kind][action];
}

/* Asks; NULL where nothing comes. The caller frees the response. */
static ldns_pkt *ask(struct fixture *f, const char *name, ldns_rr_type type, enum transport transport)
{
	ldns_pkt *query = NULL, *response = NULL;
	uint8_t *octets = NULL, out[512];
	size_t len;
	struct peer peer = {.transport = transport};
	ldns_rr_class class = type == LDNS_RR_TYPE_HINFO ? LDNS_RR_CLASS_HS : LDNS_RR_CLASS_IN;
	assert_true(addr_parse("192.0.2.1", 9, &peer.addr));
	assert_int_equal(ldns_pkt_query_new_frm_str(&query, name, type, class, 0), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt2wire(&octets, query, &len), LDNS_STATUS_OK);
	struct span reply = {out, sizeof(out)};
	if (respond(f->stage.responder, &peer,
		    responder_read_one(f->stage.responder, (struct span){octets, len}),
		    &reply) == OUTCOME_REPLY)
		assert_int_equal(ldns_wire2pkt(&response, reply.octets, reply.len), LDNS_STATUS_OK);
	ldns_pkt_free(query);
	free(octets);
	return response;
}

static unsigned replies(struct fixture *f, const char *name, ldns_rr_type type, unsigned n)
{
	unsigned got = 0;
	for (unsigned i = 0; i < n; i++) {
		ldns_pkt *response = ask(f, name, type, TRANSPORT_UDP);
		got += response != NULL;
		ldns_pkt_free(response);
	}
	return got;
}

static void each_response_counts_by_its_kind(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		ldns_rr_type type;
		enum limit_kind kind;
	} rows[] = {
		{"www.e.", LDNS_RR_TYPE_A, LIMIT_ANSWERS},     {"web.e.", LDNS_RR_TYPE_A, LIMIT_ANSWERS},
		{"steered.e.", LDNS_RR_TYPE_A, LIMIT_ANSWERS}, {"x.wild.e.", LDNS_RR_TYPE_A, LIMIT_ANSWERS},
		{"x.dn.e.", LDNS_RR_TYPE_A, LIMIT_ANSWERS},    {"www.e.", LDNS_RR_TYPE_ANY, LIMIT_ANSWERS},
		{"www.e.", LDNS_RR_TYPE_AAAA, LIMIT_NODATA},   {"wild.e.", LDNS_RR_TYPE_A, LIMIT_NODATA},
		{"none.e.", LDNS_RR_TYPE_A, LIMIT_NODATA},     {"e.", LDNS_RR_TYPE_A, LIMIT_NODATA},
		{"x.wild.e.", LDNS_RR_TYPE_MX, LIMIT_NODATA},  {"nope.e.", LDNS_RR_TYPE_A, LIMIT_NXDOMAINS},
		{"gone.e.", LDNS_RR_TYPE_A, LIMIT_NXDOMAINS},  {"sub.e.", LDNS_RR_TYPE_A, LIMIT_REFERRALS},
		{"a.sub.e.", LDNS_RR_TYPE_A, LIMIT_REFERRALS}, {"dead.e.", LDNS_RR_TYPE_A, LIMIT_ERRORS},
		{"other.", LDNS_RR_TYPE_A, LIMIT_ERRORS},      {"www.e.", LDNS_RR_TYPE_HINFO, LIMIT_ERRORS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		limit(f, LIMIT_ON, 0);
		if (replies(f, rows[i].name, rows[i].type, 3 * RATE) != RATE ||
		    counted(f, rows[i].kind, LIMIT_DROPPED) != 2 * RATE)
			fail_msg("%s %u", rows[i].name, rows[i].type);
	}
}

/* After too many of the first, is the second too much as well? */
static void names_zones_and_delegations_are_told_apart(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *first, *second;
		ldns_rr_type type, second_type;
		bool limited;
	} rows[] = {
		{"a.wild.e.", "b.wild.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
		{"a.wild.e.", "b.wild.e.", LDNS_RR_TYPE_MX, LDNS_RR_TYPE_MX, true},
		{"a.dn.e.", "b.dn.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
		{"www.e.", "WWW.E.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_TXT, true},
		{"www.e.", "web.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, false},
		{"www.e.", "www.f.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, false},
		{"www.e.", "www.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, false},
		{"a.e.", "b.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
		{"a.e.", "b.x.y.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_TXT, true},
		{"a.e.", "a.f.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, false},
		{"a.sub.e.", "b.sub.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
		{"a.sub.e.", "a.sib.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, false},
		{"a.", "b.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
		{"a.", "dead.e.", LDNS_RR_TYPE_A, LDNS_RR_TYPE_A, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool apart = false; /* in one of 64 tables they are not, by chance */
		for (unsigned j = 0; j < 8; j++) {
			limit(f, LIMIT_ON, 0);
			replies(f, rows[i].first, rows[i].type, 2 * RATE);
			apart |= replies(f, rows[i].second, rows[i].second_type, 1) == 1;
		}
		if (apart == rows[i].limited)
			fail_msg("%s and %s", rows[i].first, rows[i].second);
	}
}

/* One reply of those above the limit, which has slip=1: all are let slip. */
static ldns_pkt *slipped(struct fixture *f, const char *name)
{
	limit(f, LIMIT_ON, 1);
	assert_int_equal(replies(f, name, LDNS_RR_TYPE_A, RATE), RATE);
	return ask(f, name, LDNS_RR_TYPE_A, TRANSPORT_UDP);
}

static void what_slips_has_no_records(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		ldns_pkt_rcode rcode;
		bool tc, aa;
		enum limit_kind kind;
	} rows[] = {
		{"www.e.", LDNS_RCODE_NOERROR, true, true, LIMIT_ANSWERS},
		{"none.e.", LDNS_RCODE_NOERROR, true, true, LIMIT_NODATA},
		{"nope.e.", LDNS_RCODE_NOERROR, true, true, LIMIT_NXDOMAINS},
		{"a.sub.e.", LDNS_RCODE_NOERROR, true, false, LIMIT_REFERRALS},
		{"dead.e.", LDNS_RCODE_SERVFAIL, false, false, LIMIT_ERRORS},
		{"other.", LDNS_RCODE_REFUSED, false, false, LIMIT_ERRORS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ldns_pkt *response = slipped(f, rows[i].name);
		assert_non_null(response);
		assert_int_equal(ldns_pkt_get_rcode(response), rows[i].rcode);
		assert_int_equal(ldns_pkt_tc(response), rows[i].tc);
		assert_int_equal(ldns_pkt_aa(response), rows[i].aa);
		assert_int_equal(ldns_pkt_qdcount(response), 1);
		assert_int_equal(ldns_pkt_ancount(response) + ldns_pkt_nscount(response), 0);
		assert_int_equal(counted(f, rows[i].kind, LIMIT_SLIPPED), 1);
		assert_int_equal(counted(f, rows[i].kind, LIMIT_DROPPED), 0);
		ldns_pkt_free(response);
	}
}

static void one_of_slip_slips(void **state)
{
	struct fixture *f = *state;
	for (uint16_t slip = 0; slip <= 10; slip += 5) {
		limit(f, LIMIT_ON, slip);
		unsigned got = replies(f, "www.e.", LDNS_RR_TYPE_A, RATE + 2000) - RATE;
		unsigned expected = slip ? 2000u / slip : 0;
		assert_in_range(got, expected - expected / 4, expected + expected / 4);
		assert_int_equal(counted(f, LIMIT_ANSWERS, LIMIT_SLIPPED), got);
		assert_int_equal(counted(f, LIMIT_ANSWERS, LIMIT_DROPPED), 2000 - got);
	}
}

static void log_mode_only_counts(void **state)
{
	struct fixture *f = *state;
	limit(f, LIMIT_LOG, 2);
	assert_int_equal(replies(f, "www.e.", LDNS_RR_TYPE_A, 3 * RATE), 3 * RATE);
	assert_int_equal(counted(f, LIMIT_ANSWERS, LIMIT_LOGGED), 2 * RATE);
	assert_int_equal(counted(f, LIMIT_ANSWERS, LIMIT_DROPPED), 0);
	ldns_pkt *response = ask(f, "www.e.", LDNS_RR_TYPE_A, TRANSPORT_UDP);
	assert_int_equal(ldns_pkt_ancount(response), 1);
	ldns_pkt_free(response);
}

static void a_client_whose_address_is_proven_is_not_limited(void **state)
{
	struct fixture *f = *state;
	limit(f, LIMIT_ON, 0);
	replies(f, "www.e.", LDNS_RR_TYPE_A, 3 * RATE);
	ldns_pkt *response = ask(f, "www.e.", LDNS_RR_TYPE_A, TRANSPORT_TCP);
	assert_int_equal(ldns_pkt_ancount(response), 1);
	ldns_pkt_free(response);
	assert_null(ask(f, "www.e.", LDNS_RR_TYPE_A, TRANSPORT_UDP));
	assert_null(ask(f, "www.e.", LDNS_RR_TYPE_A, TRANSPORT_XDP));
	assert_true(limited_proven(&(struct peer){.transport = TRANSPORT_TCP}, false));
	assert_true(limited_proven(&(struct peer){.transport = TRANSPORT_UDP}, true));
	assert_false(limited_proven(&(struct peer){.transport = TRANSPORT_UDP}, false));
}

/* Octets that no question can be read from. */
static void what_is_malformed_is_limited(void **state)
{
	struct fixture *f = *state;
	uint8_t octets[] = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, out[512];
	struct peer peer = {.addr = {FAMILY_V4, {192, 0, 2, 1}}};
	unsigned got = 0;
	limit(f, LIMIT_ON, 0);
	for (unsigned i = 0; i < 3 * RATE; i++) {
		struct span reply = {out, sizeof(out)};
		got += respond(f->stage.responder, &peer,
			       responder_read_one(f->stage.responder, (struct span){octets, sizeof(octets)}),
			       &reply) == OUTCOME_REPLY;
	}
	assert_int_equal(got, RATE);
	assert_int_equal(counted(f, LIMIT_ERRORS, LIMIT_DROPPED), 2 * RATE);
	struct limit_event event;
	assert_true(limiter_event(f->stage.view.limiter, &event));
	assert_int_equal(event.type, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_response_counts_by_its_kind),
		cmocka_unit_test(names_zones_and_delegations_are_told_apart),
		cmocka_unit_test(what_slips_has_no_records),
		cmocka_unit_test(one_of_slip_slips),
		cmocka_unit_test(log_mode_only_counts),
		cmocka_unit_test(a_client_whose_address_is_proven_is_not_limited),
		cmocka_unit_test(what_is_malformed_is_limited),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
