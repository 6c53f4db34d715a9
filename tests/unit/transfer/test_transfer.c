/* SPDX-License-Identifier: ISC */
/* What another server is given of a zone, read by ldns: every steered name flattened, message by message. */
#include "support/stage.h"
#include "transfer/transfer.h"
#include "wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char conf[] = "datacenter fra location=50,8\ndatacenter iad location=39,-77\ndatacenter sin\n"
			   "geomap world * iad fra\ngeomap world 10.0.0.0/8 fra\n"
			   "zone e z allow-transfer=127.0.0.1\nzone large l allow-transfer=127.0.0.1\n"
			   "zone e.e c allow-transfer=127.0.0.1\n";

static const char child[] = "$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns.e.\n";

/* Each name's records are what is expected of it below. */
static const char zone[] =
	"$TTL 30\n@ 60 SOA ns h 4294967295 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n"
	"geo AT fra A 192.0.2.1\ngeo 10 AT iad A 192.0.2.2\n"
	"weight AT iad weight=100 A 192.0.2.1\nweight AT iad weight=50 A 192.0.2.2\n"
	"weight AT iad weight=49 A 192.0.2.3\n"
	"zero STEER pool\nzero AT iad weight=0 A 192.0.2.1\nzero AT fra weight=0 A 192.0.2.2\n"
	"random STEER pool pick=random\nrandom AT iad weight=9 A 192.0.2.1\nrandom AT fra A 192.0.2.2\n"
	"random AT sin weight=0 A 192.0.2.3\n"
	"all STEER pool pick=all\nall AT iad weight=9 A 192.0.2.1\nall AT fra A 192.0.2.1\n"
	"down AT iad state=down A 192.0.2.1\ndown AT fra A 192.0.2.2\n"
	"drain AT iad state=drain A 192.0.2.1\ndrain AT * backup=yes A 192.0.2.3\n"
	"dead STEER failover fra all-down=servfail\ndead AT fra state=down A 192.0.2.1\n"
	"deadall STEER failover all-down=all\ndeadall AT fra state=down A 192.0.2.1\n"
	"deadall AT iad state=down A 192.0.2.2\n"
	"min STEER geo world min-up=60%\nmin AT iad A 192.0.2.1\nmin AT iad state=down A 192.0.2.2\n"
	"min AT fra A 192.0.2.3\n"
	"near STEER nearest\nnear AT fra A 192.0.2.1\nnear AT iad A 192.0.2.2\n"
	"fast STEER latency\nfast AT fra A 192.0.2.1\nfast AT iad A 192.0.2.2\n"
	"ttl STEER geo world ttl=5..7\nttl AT iad A 192.0.2.1\n"
	"alias STEER pool\nalias AT * weight=95 ALIAS geo\nalias AT * weight=5 ALIAS weight\n"
	"both STEER pool\nboth AT * ALIAS alias\nboth AT * ALIAS weight\nboth 7 AT * ALIAS ns\n"
	"plain ALIAS ns\n"
	"cname STEER pool\ncname AT fra CNAME x.\ncname AT iad weight=2 CNAME y.\n"
	"tie STEER pool\ntie AT fra CNAME x.\ntie AT iad CNAME y.\n"
	"turn AT iad CNAME y.\nturn AT fra A 192.0.2.1\nturn AT fra TXT t\n"
	"back AT fra CNAME y.\nback AT iad A 192.0.2.1\nback AT iad TXT t\n"
	"acname STEER pool\nacname AT * ALIAS cname\n"
	"*.wild AT iad TXT w\n"
	"sub NS ns.sub\nns.sub A 192.0.2.4\na.b.ent MX 1 ns\ndn DNAME ns\n";

static const struct row {
	const char *owner, *expected;
} rows[] = {
	{"ns.e.", "30 A 192.0.2.53"},
	{"geo.e.", "10 A 192.0.2.2"},
	{"weight.e.", "30 A 192.0.2.1, 30 A 192.0.2.2"},
	{"zero.e.", "30 A 192.0.2.1, 30 A 192.0.2.2"},
	{"random.e.", "30 A 192.0.2.1, 30 A 192.0.2.2"},
	{"all.e.", "30 A 192.0.2.1"},
	{"down.e.", "30 A 192.0.2.2"},
	{"drain.e.", "30 A 192.0.2.3"},
	{"dead.e.", "30 A 192.0.2.1"},
	{"deadall.e.", "30 A 192.0.2.1, 30 A 192.0.2.2"},
	{"min.e.", "30 A 192.0.2.3"},
	{"near.e.", "30 A 192.0.2.1"},
	{"fast.e.", "30 A 192.0.2.1, 30 A 192.0.2.2"},
	{"ttl.e.", "7 A 192.0.2.1"},
	{"alias.e.", "10 A 192.0.2.2"},
	{"both.e.", "7 A 192.0.2.1, 7 A 192.0.2.2, 7 A 192.0.2.53"},
	{"plain.e.", "30 A 192.0.2.53"},
	{"cname.e.", "30 CNAME y."},
	{"tie.e.", "30 CNAME x."},
	{"turn.e.", "30 CNAME y."},
	{"back.e.", "30 A 192.0.2.1, 30 TXT \"t\""},
	{"acname.e.", "30 CNAME y."},
	{"*.wild.e.", "30 TXT \"w\""},
	{"sub.e.", "30 NS ns.sub.e."},
	{"ns.sub.e.", "30 A 192.0.2.4"},
	{"a.b.ent.e.", "30 MX 1 ns.e."},
	{"b.ent.e.", ""},
	{"dn.e.", "30 DNAME ns.e."},
	{"e.", "60 SOA ns.e. h.e. 4294967295 2 3 4 5, 30 NS ns.e., 60 SOA ns.e. h.e. 4294967295 2 3 4 5"},
};

enum { LARGE = 3000, HUGE_TEXTS = 230 }; /* so many strings of 255 octets are nearly a whole message */

/* Thousands of small records, one that is nearly a whole message, and one again. The caller frees it. */
static char *large_zone(void)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	fputs("$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n", out);
	for (int i = 0; i < LARGE; i++)
		fprintf(out, "n%d A 192.0.2.1\nn%d A 192.0.2.2\n", i, i);
	fputs("huge TXT", out);
	for (int i = 0; i < HUGE_TEXTS; i++)
		fprintf(out, " \"%0255d\"", i);
	fputs("\nlast A 192.0.2.3\n", out);
	fclose(out);
	return text;
}

static void open_stage(struct stage *s)
{
	char *large = large_zone();
	const struct stage_file files[] = {{"c.conf", conf}, {"z", zone}, {"l", large}, {"c", child}};
	stage_open(s, files, 4);
	free(large);
}

static int setup(void **state)
{
	struct stage *s = mem_alloc(sizeof(*s));
	open_stage(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	stage_close(*state);
	free(*state);
	return 0;
}

/* The query's octets; the caller frees them. */
static struct span query_for(const char *name, ldns_rr_type type)
{
	struct span query;
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), type, LDNS_RR_CLASS_IN, 0);
	assert_int_equal(ldns_pkt2wire(&query.octets, packet, &query.len), LDNS_STATUS_OK);
	ldns_pkt_free(packet);
	return query;
}

/* Adds the records of a message, which must answer the query; returns how many. */
static size_t take(const struct span *query, const struct span *message, ldns_rr_list *records)
{
	ldns_pkt *packet = NULL;
	assert_memory_equal(message->octets, query->octets, 2);
	assert_memory_equal(message->octets + HEADER_OCTETS, query->octets + HEADER_OCTETS,
			    query->len - HEADER_OCTETS);
	assert_int_equal(ldns_wire2pkt(&packet, message->octets, message->len), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_NOERROR);
	assert_true(ldns_pkt_aa(packet));
	size_t n = ldns_pkt_ancount(packet);
	ldns_rr_list *copy = ldns_rr_list_clone(ldns_pkt_answer(packet));
	ldns_rr_list_cat(records, copy);
	ldns_rr_list_free(copy);
	ldns_pkt_free(packet);
	return n;
}

/* All records of a transfer; messages keep to 16,384 octets where they can. The caller frees them. */
static ldns_rr_list *transfer_of(struct stage *s, const char *name, unsigned *messages)
{
	static const struct peer peer = {.addr = {FAMILY_V4, {127, 0, 0, 1}}, .transport = TRANSPORT_TCP};
	struct span query = query_for(name, LDNS_RR_TYPE_AXFR);
	uint8_t *octets = malloc(MESSAGE_OCTETS_MAX);
	struct span out = {octets, MESSAGE_OCTETS_MAX};
	struct transfer *transfer = NULL;
	ldns_rr_list *records = ldns_rr_list_new();
	*messages = 1;
	assert_int_equal(
		transfer_door(s->responder, &peer, responder_read_one(s->responder, query), &out, &transfer),
		OUTCOME_REPLY);
	assert_true(take(&query, &out, records) > 0);
	while (transfer != NULL) {
		out.len = MESSAGE_OCTETS_MAX;
		assert_true(transfer_next(s->responder, &transfer, &out));
		size_t n = take(&query, &out, records);
		assert_true(out.len <= 16384 || n < 10); /* the huge one, and what fits behind it */
		++*messages;
	}
	free(octets);
	LDNS_FREE(query.octets);
	return records;
}

/* The records of an owner as the rows have them. */
static void text_of(const ldns_rr_list *records, const char *owner, char *out, size_t room)
{
	ldns_rdf *wanted = ldns_dname_new_frm_str(owner);
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(records, i);
		if (ldns_dname_compare(ldns_rr_owner(rr), wanted) != 0)
			continue;
		char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
		len += (size_t)snprintf(out + len, room - len, "%s%u %s", len ? ", " : "", ldns_rr_ttl(rr),
					type);
		free(type);
		for (size_t j = 0; j < ldns_rr_rd_count(rr); j++) {
			char *text = ldns_rdf2str(ldns_rr_rdf(rr, j));
			len += (size_t)snprintf(out + len, room - len, " %s", text);
			free(text);
		}
	}
	ldns_rdf_deep_free(wanted);
}

static void names_are_flattened(void **state)
{
	unsigned messages;
	ldns_rr_list *records = transfer_of(*state, "e.", &messages);
	assert_int_equal(messages, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		text_of(records, rows[i].owner, text, sizeof(text));
		if (strcmp(text, rows[i].expected) != 0)
			fail_msg("%s: expected %s, got %s", rows[i].owner, rows[i].expected, text);
	}
	ldns_rr_list_deep_free(records);
}

static void a_large_zone_is_whole_in_many_messages(void **state)
{
	unsigned messages;
	ldns_rr_list *records = transfer_of(*state, "large.", &messages);
	size_t n = ldns_rr_list_rr_count(records);
	assert_int_equal(n, 2 + 2 + 2 * LARGE + 2);
	assert_true(messages > 5);
	assert_int_equal(ldns_rr_get_type(ldns_rr_list_rr(records, 0)), LDNS_RR_TYPE_SOA);
	assert_int_equal(ldns_rr_get_type(ldns_rr_list_rr(records, n - 1)), LDNS_RR_TYPE_SOA);
	ldns_rr_list_sort(records);
	for (size_t i = 1; i < n; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(records, i);
		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA)
			assert_int_not_equal(ldns_rr_compare(rr, ldns_rr_list_rr(records, i - 1)), 0);
	}
	ldns_rr_list_deep_free(records);
}

static void a_child_zone_is_a_zone_of_its_own(void **state)
{
	unsigned messages;
	ldns_rr_list *records = transfer_of(*state, "e.e.", &messages);
	assert_int_equal(ldns_rr_list_rr_count(records), 3);
	ldns_rr_list_deep_free(records);
}

/* What a reload brings is another world, of another seed, and where its zones are the same, the same. */
static void a_transfer_goes_on_in_another_world_of_the_same_zone(void **state)
{
	static const struct peer peer = {.addr = {FAMILY_V4, {127, 0, 0, 1}}, .transport = TRANSPORT_TCP};
	struct stage *s = *state;
	struct stage reloaded;
	open_stage(&reloaded);
	struct span query = query_for("large.", LDNS_RR_TYPE_AXFR);
	uint8_t *octets = malloc(MESSAGE_OCTETS_MAX);
	struct span out = {octets, MESSAGE_OCTETS_MAX};
	struct transfer *transfer = NULL;
	ldns_rr_list *records = ldns_rr_list_new();
	transfer_door(s->responder, &peer, responder_read_one(s->responder, query), &out, &transfer);
	take(&query, &out, records);
	for (unsigned i = 1; transfer != NULL; i++) {
		s->responder->view = i % 2 ? &reloaded.view : &s->view;
		out.len = MESSAGE_OCTETS_MAX;
		assert_true(transfer_next(s->responder, &transfer, &out));
		take(&query, &out, records);
	}
	assert_int_equal(ldns_rr_list_rr_count(records), 2 + 2 + 2 * LARGE + 2);
	s->responder->view = &s->view;
	ldns_rr_list_deep_free(records);
	free(octets);
	LDNS_FREE(query.octets);
	stage_close(&reloaded);
}

static void many_transfers_send_short_messages(void **state)
{
	static const struct peer peer = {.addr = {FAMILY_V4, {127, 0, 0, 1}}, .transport = TRANSPORT_TCP};
	enum { MANY = 10 };
	struct stage *s = *state;
	struct span query = query_for("large.", LDNS_RR_TYPE_AXFR);
	struct transfer *transfers[MANY] = {NULL};
	uint8_t *octets = malloc(MESSAGE_OCTETS_MAX);
	size_t before = MESSAGE_OCTETS_MAX;
	for (unsigned i = 0; i < MANY; i++) {
		struct span out = {octets, MESSAGE_OCTETS_MAX};
		transfer_door(s->responder, &peer, responder_read_one(s->responder, query), &out,
			      &transfers[i]);
		assert_int_equal(s->responder->transfers, i + 1);
		assert_true(out.len <= before);
		before = out.len;
	}
	assert_true(before <= 2048 && before > 1900);
	for (unsigned i = 0; i < MANY; i++)
		transfer_free(transfers[i]);
	assert_int_equal(s->responder->transfers, 0);
	free(octets);
	LDNS_FREE(query.octets);
}

static void serials_wrap(void **state)
{
	(void)state;
	static const struct {
		uint32_t a, b;
		bool above;
	} pairs[] = {
		{2, 1, true},
		{1, 2, false},
		{1, 1, false},
		{0, UINT32_MAX, true},
		{UINT32_MAX, 0, false},
		{0x80000000u, 1, true},
		{0x80000000u, 0, false} /* not defined, so neither */,
		{0, 0x80000000u, false},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(serial_above(pairs[i].a, pairs[i].b), pairs[i].above);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_flattened),
		cmocka_unit_test(a_large_zone_is_whole_in_many_messages),
		cmocka_unit_test(a_child_zone_is_a_zone_of_its_own),
		cmocka_unit_test(a_transfer_goes_on_in_another_world_of_the_same_zone),
		cmocka_unit_test(many_transfers_send_short_messages),
		cmocka_unit_test(serials_wrap),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
