/* SPDX-License-Identifier: ISC */
/* Zone files: what each mistake is told as, and what a sound file becomes. */
#include "support/folder.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "zone_faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

static void entries_that_are_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected; /* behind START */
	} rows[] = {
		/* owners */
		{"x.other. A 192.0.2.1", "z:4:1: x.other. is outside of the zone example.\n"},
		{"badexample. A 192.0.2.1", "z:4:1: badexample. is outside of the zone example.\n"},
		{"a..b A 192.0.2.1", "z:4:1: \"a..b\" is no domain name: the name has an empty label\n"},
		/* what inherits a wrong owner is neither taken nor told again */
		{"a TXT x\nx.other. TXT x\n TXT y\nb..c TXT x\n TXT y",
		 "z:5:1: x.other. is outside of the zone example.\n"
		 "z:7:1: \"b..c\" is no domain name: the name has an empty label\n"},
		/* TTL and class */
		{"a", "z:4:1: the entry ends before a record type\n"},
		{"a 5", "z:4:3: the entry ends before a record type\n"},
		{"a IN", "z:4:3: the entry ends before a record type\n"},
		{"a CH A 192.0.2.1", "z:4:3: the only class of a zone is IN\n"},
		{"a hs TXT x", "z:4:3: the only class of a zone is IN\n"},
		{"a 2147483648 TXT x", "z:4:3: not a TTL; write it like 30, 90s or 1h30m\n"},
		{"a IN 1y TXT x", "z:4:6: not a TTL; write it like 30, 90s or 1h30m\n"},
		/* types and data */
		{"a AAA ::1", "z:4:3: unknown record type \"AAA\", did you mean \"AAAA\"?\n"},
		{"a FOO x", "z:4:3: unknown record type \"FOO\"\n"},
		{"a TYPE0 \\# 0", "z:4:3: unknown record type \"TYPE0\"\n"},
		{"a 5 5 A 192.0.2.1", "z:4:5: unknown record type \"5\"\n"},
		{"a RRSIG x", "z:4:3: RRSIG records have no place in an unsigned zone file\n"},
		{"a ANY x", "z:4:3: ANY records have no place in an unsigned zone file\n"},
		{"a OPT x", "z:4:3: OPT records have no place in an unsigned zone file\n"},
		{"a ALIAS", "z:4:3: ALIAS takes one domain name\n"},
		{"a ALIAS b c", "z:4:11: ALIAS takes one domain name\n"},
		{"a ALIAS b", "z:4:3: ALIAS b.example.: there is no such name; an ALIAS stands for another "
			      "name of this server\n"},
		{"a ALIAS b.example.org.", "z:4:3: ALIAS b.example.org.: no zone of this server has that "
					   "name; a CNAME leads to others\n"},
		{"a ALIAS a", "z:4:3: a loop of ALIAS: a.example. -> a.example.\n"},
		{"a AT * ALIAS b\nb AT * ALIAS c\nc ALIAS a",
		 "z:6:3: a loop of ALIAS: a.example. -> b.example. -> c.example. -> a.example.\n"},
		{"a A", "z:4:3: the A record has no data\n"},
		{"a A 192.0.2", "z:4:5: \"192.0.2\" is not an IPv4 address\n"},
		{"a AAAA 192.0.2.1", "z:4:8: \"192.0.2.1\" is not an IPv6 address\n"},
		/* directives */
		{"$TTL", "z:4:1: $TTL takes one TTL, such as 30, 90s or 1h30m\n"},
		{"$TTL x", "z:4:6: $TTL takes one TTL, such as 30, 90s or 1h30m\n"},
		{"$TTL 1 2", "z:4:6: $TTL takes one TTL, such as 30, 90s or 1h30m\n"},
		{"$ORIGIN", "z:4:1: $ORIGIN takes one domain name\n"},
		{"$ORIGIN a b", "z:4:9: $ORIGIN takes one domain name\n"},
		{"$ORIGIN a..b", "z:4:9: \"a..b\" is no domain name: the name has an empty label\n"},
		{"$ORIGIN other.\na A 192.0.2.1", "z:5:1: a.other. is outside of the zone example.\n"},
		{"$INCLUDE", "z:4:1: $INCLUDE takes a file and, if need be, an origin\n"},
		{"$INCLUDE a b c", "z:4:10: $INCLUDE takes a file and, if need be, an origin\n"},
		{"$FOO", "z:4:1: unknown directive \"$FOO\"; there are $ORIGIN, $TTL and $INCLUDE\n"},
		/* STEER and AT */
		{"a AT", "z:4:3: AT needs a datacenter, or *, behind it\n"},
		{"a AT a", "z:4:6: the entry ends before a record type\n"},
		{"a AT a weight=1", "z:4:8: the entry ends before a record type\n"},
		{"a AT c A 192.0.2.1\na AT b weight=x A 192.0.2.2",
		 "z:4:6: unknown datacenter \"c\"; there are a and b\n"
		 "z:5:15: \"x\" is not right for weight; expected: a number from 0 to 65535\n"},
		{"a AT a check=s TXT x", "z:4:1: check= needs address= where the record is no address\n"},
		{"a AT a check=t A 192.0.2.1",
		 "z:4:1: check \"t\" has no port=, so address= must have one\n"},
		{"a AT a check=e A 192.0.2.1\na AT a check=k A 192.0.2.2\na AT a check=l A 192.0.2.3",
		 "z:6:1: check \"l\" has no port=, so address= must have one\n"},
		{"a AT a NS x.",
		 "z:4:8: SOA, NS, DS and DNAME make up the zone itself and can't be steered\n"},
		{"a AT a DNAME x.",
		 "z:4:8: SOA, NS, DS and DNAME make up the zone itself and can't be steered\n"},
		{"a STEER pool", "z:4:3: STEER without any AT record at a.example.\n"},
		{"a STEER pool\na STEER pool\na AT a A 192.0.2.1",
		 "z:5:3: the name has a STEER already, at line 4\n"},
		{"a STEER pool answers=2\na AT a CNAME x", "z:4:3: only one CNAME can be answered: answers=1 "
							   "and a pick other than all would be right\n"},
		{"a STEER pool pick=all\na AT a CNAME x", "z:4:3: only one CNAME can be answered: answers=1 "
							  "and a pick other than all would be right\n"},
		{"@ STEER pool pick=all\na AT a CNAME x\nb AT a A 192.0.2.1",
		 "z:5:8: only one CNAME can be answered: answers=1 and a pick other than all would be right; "
		 "the "
		 "STEER is that of the apex, at line 4\n"},
		{"@ STEER pool answers=all\na STEER pool\na AT a CNAME x", ""},
		{"a STEER failover b\na AT a A 192.0.2.1",
		 "z:5:8: warning: never answered: the name's STEER failover does not list \"a\"\n"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char text[1024];
		snprintf(text, sizeof(text), START "%s\n", rows[i].text);
		check_faults(text, rows[i].expected);
	}
}

/* A name's data as "TTL type n", the sets after each other, or "none". */
static void dump(const struct zone *zone, const char *text, char *out)
{
	struct name name;
	const char *why;
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	const struct node *node = zone_node(zone, &name);
	out += sprintf(out, "%s", node ? "" : "none");
	for (unsigned i = 0; node != NULL && i < node->n_sets; i++)
		out += sprintf(out, "%s%u TYPE%u %u", i ? ", " : "",
			       octets_get32(node->sets[i].octets + RECORD_TTL_AT), node->sets[i].type,
			       node->sets[i].n);
}

static void check_data(const struct zones *zones, const char *name, const char *expected)
{
	char got[1024];
	assert_non_null(zones);
	dump(zones->list[0], name, got);
	if (strcmp(got, expected) != 0)
		fail_msg("%s: %s in place of %s", name, got, expected);
}

static void owners_and_ttls_are_inherited(void **state)
{
	(void)state;
	static const char *const text =
		"@ 9 IN SOA n h 1 2 3 4 5\n IN 9 NS n.x.\n TXT x\n$TTL 1h\na A 192.0.2.1\n  7 A 192.0.2.2\n"
		"\tIN 7 AAAA ::1\n$ORIGIN sub ; relative\nb A 192.0.2.1\n@ A 192.0.2.1\n$ORIGIN deep\nb TXT "
		"x\n"
		"$ORIGIN Abs.Example.\nc in 1m a 192.0.2.1\nd.example. TXT x\n$ORIGIN .\nroot.example 5 TXT "
		"x\n"
		"$ORIGIN example.\ne 3 STEER pool\n AT a A 192.0.2.1\nf 3 STEER pool\nf 4 AT a A 192.0.2.1\n";
	static const struct {
		const char *name, *expected;
	} rows[] = {
		{"example", "9 TYPE6 1, 9 TYPE2 1, 9 TYPE16 1"},
		{"a.example", "7 TYPE1 2, 7 TYPE28 1"},
		{"b.sub.example", "3600 TYPE1 1"},
		{"sub.example", "3600 TYPE1 1"},
		{"deep.sub.example", ""},
		{"b.deep.sub.example", "3600 TYPE16 1"},
		{"c.abs.example", "60 TYPE1 1"},
		{"d.example", "3600 TYPE16 1"},
		{"root.example", "5 TYPE16 1"},
		{"e.example", "3 TYPE1 1"},
		{"f.example", "4 TYPE1 1"},
		{"g.example", "none"},
	};
	struct built_zone b;
	zones_build(conf, &text, &b);
	for (size_t i = 0; i < N(rows); i++)
		check_data(b.zones, rows[i].name, rows[i].expected);
	zones_discard(&b);
}

static void negative_answers_have_the_lower_ttl(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t soa_s, negative_s;
	} rows[] = {
		{"@ 9 SOA n h 1 2 3 4 5\n@ NS n.x.\n", 9, 5},
		{"@ 4 SOA n h 1 2 3 4 5\n@ NS n.x.\n", 4, 4},
		{"@ 0 SOA n h 1 2 3 4 1d\n@ NS n.x.\n", 0, 0},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct built_zone b;
		zones_build(conf, &rows[i].text, &b);
		assert_non_null(b.zones);
		const struct zone *zone = b.zones->list[0];
		assert_int_equal(octets_get32(zone->soa.octets + RECORD_TTL_AT), rows[i].soa_s);
		assert_int_equal(octets_get32(zone->negative.octets + RECORD_TTL_AT), rows[i].negative_s);
		zones_discard(&b);
	}
}

static void a_name_without_steer_takes_the_zones(void **state)
{
	(void)state;
	static const struct {
		const char *geomaps, *text;
		enum method expected;
	} rows[] = {
		{"", "", METHOD_FAILOVER},
		{"geomap m * a\n", "", METHOD_GEO},
		{"geomap m * a\ngeomap n * a\n", "", METHOD_FAILOVER},
		{"geomap m * a\n", "@ STEER nearest\n", METHOD_NEAREST},
		{"geomap m * a\n", "a STEER pool\n@ STEER nearest\n", METHOD_POOL},
		{"", "@ STEER pool\n", METHOD_POOL},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char configuration[256], text[256];
		const char *texts[] = {text};
		struct built_zone b;
		snprintf(configuration, sizeof(configuration),
			 "datacenter a location=1,2\n%szone example z\n", rows[i].geomaps);
		snprintf(text, sizeof(text), START "a AT a A 192.0.2.1\n%s", rows[i].text);
		zones_build(configuration, texts, &b);
		assert_non_null(b.zones);
		assert_int_equal(b.zones->list[0]->n_steered, 1);
		assert_int_equal(b.zones->list[0]->steered[0]->steered->how->policy.method, rows[i].expected);
		zones_discard(&b);
	}
}

/* RFC 1035 §5.1: an included file's $ORIGIN and owner do not reach the file that includes it. */
static void an_included_file_has_an_origin_of_its_own(void **state)
{
	(void)state;
	char configuration[300];
	struct faults faults = {0};
	struct folder folder;
	folder_make(&folder);
	folder_write(&folder, "z", START "a TXT x\n$INCLUDE one sub\n AAAA ::1\nb TXT x\n$INCLUDE two\n");
	folder_write(&folder, "one", " AAAA ::2\nc TXT x\n$ORIGIN deep\nc TXT x\n$INCLUDE two\nd TXT x\n");
	folder_write(&folder, "two", "e TXT x\n$ORIGIN q\nf TXT x\n");
	snprintf(configuration, sizeof(configuration), "zone example %s/z\n", folder.path);
	struct config *config = config_read_text("c", configuration, strlen(configuration), &faults);
	struct arena *arena = arena_new();
	struct roster *roster = roster_new(config);
	struct steerings *steerings = steerings_new();
	struct zone_context context = {config, roster, arena, &faults, 7, steerings, NULL, NULL};
	struct zone *zone = zone_load(&context, &config->zones[0]);
	faults_print(&faults, stderr);
	assert_non_null(zone);
	const struct zones *zones = zones_new(&zone, 1, 7, arena);
	check_data(zones, "a.example", "1 TYPE16 1, 1 TYPE28 2");
	static const char *const names[] = {
		"b.example",          "c.sub.example",        "c.deep.sub.example", "d.deep.sub.example",
		"e.deep.sub.example", "f.q.deep.sub.example", "e.example",          "f.q.example",
	};
	for (size_t i = 0; i < N(names); i++)
		check_data(zones, names[i], "1 TYPE16 1");
	steerings_free(steerings);
	roster_free(roster);
	arena_free(arena);
	config_free(config);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_that_are_wrong),
		cmocka_unit_test(owners_and_ttls_are_inherited),
		cmocka_unit_test(negative_answers_have_the_lower_ttl),
		cmocka_unit_test(a_name_without_steer_takes_the_zones),
		cmocka_unit_test(an_included_file_has_an_origin_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
