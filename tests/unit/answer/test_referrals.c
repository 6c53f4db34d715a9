/* SPDX-License-Identifier: ISC */
/* A prepared referral says what one says that is put together when it is asked for, whatever fits. */
#include "support/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <string.h>
#include <strings.h>

#define L50          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwx"
#define LONG_HOST(n) "long NS " L50 n "." L50 n ".long\n" L50 n "." L50 n ".long A 192.0.2." n "\n"
#define HOST(n)      "many NS n" n ".many\nn" n ".many A 192.0.2." n "\nn" n ".many AAAA 2001:db8::" n "\n"
#define HOSTS(tens)  HOST(tens "1") HOST(tens "2") HOST(tens "3") HOST(tens "4") HOST(tens "5") HOST(tens "6")

static const char conf[] = "datacenter fra\nzone e z\n";
static const char zone[] =
	"$TTL 30\n@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nns AAAA 2001:db8::53\nst AT fra A "
	"192.0.2.1\n"
	"in NS ns1.in\nin NS NS2.In\nns1.in A 192.0.2.1\nns1.in AAAA 2001:db8::1\nns2.in A 192.0.2.2\n"
	"out NS ns1.other.\nout NS ns2.other.\nboth NS ns1.both\nns1.both A 192.0.2.1\nboth NS ns\n"
	"both NS ns1.other.\nsibling NS ns1.in\ntwice NS x.twice\nx.twice A 192.0.2.1\nx.twice A 192.0.2.2\n"
	"self NS self\nself A 192.0.2.7\nabove NS e.\nds NS ns.ds\nds DS 1 8 2 "
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nns.ds A 192.0.2.1\n"
	"steered NS st\na.b.deep NS c.a.b.deep\nc.a.b.deep A 192.0.2.1\n"
	"way CNAME x.in\ngone NS nowhere\n*.wild A 192.0.2.1\nx.wild NS ns1.in\n" LONG_HOST("1")
		LONG_HOST("2") LONG_HOST("3") LONG_HOST("4") HOSTS("") HOSTS("1") HOSTS("2");

static const char *const cuts[] = {"in.e.",   "out.e.",    "both.e.", "sibling.e.", "twice.e.",
				   "self.e.", "above.e.",  "ds.e.",   "steered.e.", "a.b.deep.e.",
				   "gone.e.", "x.wild.e.", "long.e.", "many.e."};

static int setup(void **state)
{
	static const struct stage_file files[] = {{"c", conf}, {"z", zone}, {0}};
	return stage_setup(state, files);
}

/* The reply as text, as long as it is in *len; the caller frees it. Letter case is the question's or the
 * zone's. */
static char *ask(struct stage *s, const char *name, ldns_rr_type type, uint16_t udp_size, size_t *len)
{
	ldns_pkt *query = NULL, *response = NULL;
	uint8_t *octets = NULL, out[1232];
	struct peer peer = {0};
	assert_true(addr_parse("::1", 3, &peer.addr));
	assert_int_equal(ldns_pkt_query_new_frm_str(&query, name, type, LDNS_RR_CLASS_IN, 0), LDNS_STATUS_OK);
	ldns_pkt_set_id(query, 1);
	if (udp_size > 0)
		ldns_pkt_set_edns_udp_size(query, udp_size);
	assert_int_equal(ldns_pkt2wire(&octets, query, len), LDNS_STATUS_OK);
	struct span reply = {out, sizeof(out)};
	assert_int_equal(respond(s->responder, &peer,
				 responder_read_one(s->responder, (struct span){octets, *len}), &reply),
			 OUTCOME_REPLY);
	assert_int_equal(ldns_wire2pkt(&response, reply.octets, reply.len), LDNS_STATUS_OK);
	*len = reply.len;
	char *text = ldns_pkt2str(response);
	*strstr(text, ";; Query time") = '\0';
	ldns_pkt_free(query);
	ldns_pkt_free(response);
	free(octets);
	return text;
}

/* Lets delegations have what is prepared, or not. */
static unsigned prepare(const struct stage *s, bool prepared, bool was[])
{
	const struct zone *z = s->world->zones->list[0];
	unsigned i = 0, n = 0;
	for (const struct node *node = z->apex_node; node != NULL; node = zone_next(z, node), i++) {
		struct node *writable = (struct node *)(uintptr_t)node;
		if (prepared)
			writable->referred = was[i];
		else
			was[i] = node->referred, writable->referred = false;
		n += was[i];
	}
	return n;
}

static void compare(struct stage *s, const char *name, ldns_rr_type type, uint16_t udp_size)
{
	bool was[256];
	size_t prepared_len, usual_len;
	char *prepared = ask(s, name, type, udp_size, &prepared_len);
	prepare(s, false, was);
	char *usual = ask(s, name, type, udp_size, &usual_len);
	prepare(s, true, was);
	if (strcasecmp(prepared, usual) != 0 || prepared_len < usual_len)
		fail_msg("%s with %u octets: %zu octets instead of %zu:\n%s\n%s", name, udp_size,
			 prepared_len, usual_len, prepared, usual);
	free(prepared);
	free(usual);
}

static void prepared_referrals_are_the_usual_ones(void **state)
{
	static const char *const below[] = {"",     "x.",     "X.y.Z.",        "ns1.",
					    "NS1.", "x.ns1.", "\\000.",        "n11.",
					    "c.",   "*.",     L50 "." L50 ".", L50 "." L50 "." L50 "."};
	static const ldns_rr_type types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_NS, LDNS_RR_TYPE_DS,
					     LDNS_RR_TYPE_ANY};
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		for (size_t j = 0; j < sizeof(below) / sizeof(below[0]); j++) {
			char name[300];
			snprintf(name, sizeof(name), "%s%s", below[j], cuts[i]);
			for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
				compare(*state, name, types[k], 1232);
			compare(*state, name, LDNS_RR_TYPE_A, 0);
		}
	}
}

static void what_does_not_fit_is_left_out_as_usual(void **state)
{
	for (uint16_t size = 512; size <= 1232; size++) {
		compare(*state, "x.long.e.", LDNS_RR_TYPE_A, size);
		compare(*state, "x.many.e.", LDNS_RR_TYPE_A, size);
		compare(*state, L50 "." L50 "." L50 ".both.e.", LDNS_RR_TYPE_A, size);
	}
}

static void a_cname_before_is_no_matter(void **state)
{
	compare(*state, "way.e.", LDNS_RR_TYPE_A, 1232);
	compare(*state, "way.e.", LDNS_RR_TYPE_A, 0);
}

static void all_but_the_largest_are_prepared(void **state)
{
	bool was[256];
	unsigned n = prepare(*state, false, was);
	prepare(*state, true, was);
	assert_int_equal(n, sizeof(cuts) / sizeof(cuts[0]) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepared_referrals_are_the_usual_ones),
		cmocka_unit_test(what_does_not_fit_is_left_out_as_usual),
		cmocka_unit_test(a_cname_before_is_no_matter),
		cmocka_unit_test(all_but_the_largest_are_prepared),
	};
	return cmocka_run_group_tests(tests, setup, stage_teardown);
}
