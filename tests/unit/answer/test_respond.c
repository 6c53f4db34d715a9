/* SPDX-License-Identifier: ISC */
/* The one door: queries in octets, responses read by ldns, which is an oracle that we did not write. */
#include "support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

static const char conf[] =
	"datacenter fra\ndatacenter iad\ngeomap world * iad fra\ngeomap world 10.0.0.0/8 fra\nzone e z\n";
static const char zone[] =
	"$TTL 30\n@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n"
	"www AT fra A 192.0.2.1\nwww 10 AT iad A 192.0.2.2\nweb CNAME www\nout CNAME x.other.\ngone CNAME "
	"nope\n"
	"dead STEER failover all-down=servfail\ndead AT fra state=down A 192.0.2.3\nviadead CNAME dead\n"
	"c0 CNAME c1\nc1 CNAME c2\nc2 CNAME c3\nc3 CNAME c4\nc4 CNAME c5\nc5 CNAME c6\nc6 CNAME c7\nc7 CNAME "
	"c8\nc8 CNAME c9\n"
	"c9 CNAME d0\nd0 CNAME d1\nd1 CNAME d2\nd2 CNAME d3\nd3 A 192.0.2.9\n"
	"s0 AT fra CNAME s1\ns1 AT fra CNAME s2\ns2 AT fra CNAME s3\ns3 AT fra CNAME s0\n"
	"dn DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b\nself DNAME x.self\n"
	"*.wild CNAME web\nsub NS ns.sub\nns.sub A 192.0.2.4\nmail MX 1 ns\n";

static int setup(void **state)
{
	static const struct stage_file files[] = {{"c", conf}, {"z", zone}, {0}};
	return stage_setup(state, files);
}

/* Asks from this source, and gives the response as ldns reads it; the caller frees it. */
static ldns_pkt *ask(struct stage *s, const char *name, ldns_rr_type type, const char *source)
{
	ldns_pkt *query = NULL, *response = NULL;
	uint8_t *octets = NULL, out[512];
	size_t len;
	struct peer peer = {0};
	assert_true(addr_parse(source, strlen(source), &peer.addr));
	assert_int_equal(ldns_pkt_query_new_frm_str(&query, name, type, LDNS_RR_CLASS_IN, 0), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt2wire(&octets, query, &len), LDNS_STATUS_OK);
	struct span reply = {out, sizeof(out)};
	assert_int_equal(respond(s->responder, &peer,
				 responder_read_one(s->responder, (struct span){octets, len}), &reply),
			 OUTCOME_REPLY);
	assert_int_equal(ldns_wire2pkt(&response, reply.octets, reply.len), LDNS_STATUS_OK);
	ldns_pkt_free(query);
	free(octets);
	return response;
}

/* The last record of a section as `owner ttl TYPE rdata`, "-" where it is empty. */
static void last_of(const ldns_rr_list *list, char *out)
{
	strcpy(out, "-");
	if (ldns_rr_list_rr_count(list) == 0)
		return;
	char *text = ldns_rr2str(ldns_rr_list_rr(list, ldns_rr_list_rr_count(list) - 1));
	for (char *p = text; *p != '\0' && *p != '\n'; p++)
		*out++ = *p == '\t' ? ' ' : *p;
	*out = '\0';
	free(text);
}

static void each_question_has_its_answer(void **state)
{
	static const struct {
		const char *name;
		ldns_rr_type type;
		const char *source;
		ldns_pkt_rcode rcode;
		bool aa;
		size_t n;
		const char *answer, *authority;
	} rows[] = {
		{"www.e.", LDNS_RR_TYPE_A, "10.1.1.1", LDNS_RCODE_NOERROR, true, 1,
		 "www.e. 30 IN A 192.0.2.1", "-"},
		{"www.e.", LDNS_RR_TYPE_A, "11.1.1.1", LDNS_RCODE_NOERROR, true, 1,
		 "www.e. 10 IN A 192.0.2.2", "-"},
		{"www.e.", LDNS_RR_TYPE_AAAA, "10.1.1.1", LDNS_RCODE_NOERROR, true, 0, "-",
		 "e. 5 IN SOA ns.e. h.e. 1 2 3 4 5"},
		{"e.", LDNS_RR_TYPE_SOA, "::1", LDNS_RCODE_NOERROR, true, 1,
		 "e. 60 IN SOA ns.e. h.e. 1 2 3 4 5", "-"},
		{"web.e.", LDNS_RR_TYPE_A, "10.1.1.1", LDNS_RCODE_NOERROR, true, 2,
		 "www.e. 30 IN A 192.0.2.1", "-"},
		{"out.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NOERROR, true, 1, "out.e. 30 IN CNAME x.other.",
		 "-"},
		{"gone.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NXDOMAIN, true, 1,
		 "gone.e. 30 IN CNAME nope.e.", "e. 5 IN SOA ns.e. h.e. 1 2 3 4 5"},
		{"dead.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_SERVFAIL, false, 0, "-", "-"},
		{"viadead.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_SERVFAIL, false, 0, "-", "-"},
		{"q.wild.e.", LDNS_RR_TYPE_A, "10.1.1.1", LDNS_RCODE_NOERROR, true, 3,
		 "www.e. 30 IN A 192.0.2.1", "-"},
		{"x.sub.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NOERROR, false, 0, "-",
		 "sub.e. 30 IN NS ns.sub.e."},
		{"c0.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NOERROR, true, CHAIN_MAX,
		 "d1.e. 30 IN CNAME d2.e.", "-"},
		{"c2.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NOERROR, true, 12, "d3.e. 30 IN A 192.0.2.9",
		 "-"},
		{"s0.e.", LDNS_RR_TYPE_A, "10.0.0.1", LDNS_RCODE_NOERROR, true, 4, "s3.e. 30 IN CNAME s0.e.",
		 "-"},
		{"q.self.e.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_NOERROR, true, 2,
		 "q.self.e. 30 IN CNAME q.x.self.e.", "-"},
		{"other.", LDNS_RR_TYPE_A, "::1", LDNS_RCODE_REFUSED, false, 0, "-", "-"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char answer[600], authority[600];
		ldns_pkt *r = ask(*state, rows[i].name, rows[i].type, rows[i].source);
		last_of(ldns_pkt_answer(r), answer);
		last_of(ldns_pkt_authority(r), authority);
		if (ldns_pkt_get_rcode(r) != rows[i].rcode || ldns_pkt_aa(r) != rows[i].aa ||
		    ldns_pkt_ancount(r) != rows[i].n || strcmp(answer, rows[i].answer) != 0 ||
		    strcmp(authority, rows[i].authority) != 0)
			fail_msg("%s %d: rcode %d, aa %d, %u answers, %s / %s", rows[i].name, rows[i].type,
				 ldns_pkt_get_rcode(r), ldns_pkt_aa(r), ldns_pkt_ancount(r), answer,
				 authority);
		ldns_pkt_free(r);
	}
}

static void a_dname_that_makes_a_name_too_long_is_yxdomain(void **state)
{
	char name[300] = "";
	for (int i = 0; i < 100; i++)
		strcat(name, "a.");
	strcat(name, "dn.e.");
	ldns_pkt *r = ask(*state, name, LDNS_RR_TYPE_A, "::1");
	assert_int_equal(ldns_pkt_get_rcode(r), LDNS_RCODE_YXDOMAIN);
	assert_int_equal(ldns_pkt_ancount(r), 1);
	ldns_pkt_free(r);
}

static void additional_addresses_and_glue(void **state)
{
	static const char *const names[] = {"mail.e.", "e.", "q.sub.e."};
	static const ldns_rr_type types[] = {LDNS_RR_TYPE_MX, LDNS_RR_TYPE_NS, LDNS_RR_TYPE_A};
	static const char *const expected[] = {"ns.e. 30 IN A 192.0.2.53", "ns.e. 30 IN A 192.0.2.53",
					       "ns.sub.e. 30 IN A 192.0.2.4"};
	for (size_t i = 0; i < 3; i++) {
		char additional[600];
		ldns_pkt *r = ask(*state, names[i], types[i], "::1");
		last_of(ldns_pkt_additional(r), additional);
		assert_string_equal(additional, expected[i]);
		ldns_pkt_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_has_its_answer),
		cmocka_unit_test(a_dname_that_makes_a_name_too_long_is_yxdomain),
		cmocka_unit_test(additional_addresses_and_glue),
	};
	return cmocka_run_group_tests(tests, setup, stage_teardown);
}
