/* SPDX-License-Identifier: ISC */
/* The rules that span several records: what breaks each is told, and nothing else. */
#include "zone_faults.h"

#define BELOW_CUT                                                                                    \
	" data at or below the delegation s.example.; only its NS and DS and the addresses of name " \
	"servers may stand there\n"

static void zones_that_are_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected; /* behind START */
	} rows[] = {
		{"@ SOA n h 2 2 3 4 5", "z:4:3: a zone has one SOA record; the first is at line 2\n"},
		{"s SOA n h 1 2 3 4 5", "z:4:3: the SOA record belongs to the apex, example.\n"},
		{"@ NS n",
		 "z:4:3: warning: the name server n.example. has no A or AAAA record in the zone\n"},
		{"a A 192.0.2.1\na 2 A 192.0.2.2",
		 "z:5:5: warning: the TTL differs from that of line 4; the lower one, 1, counts for both\n"},
		{"a TXT a b\nA TXT \"a\" \"b\"", "z:5:3: the same record stands at line 4 already\n"},
		{"a AT a A 192.0.2.1\na AT a A 192.0.2.1",
		 "z:5:8: the same record stands at line 4 already\n"},
		{"a AT a A 192.0.2.1\na AT b A 192.0.2.1", ""},
		/* a CNAME stands alone */
		{"a CNAME b\na TXT x", "z:5:3: TXT data beside the CNAME of line 4; a CNAME stands alone\n"},
		{"a TXT x\na CNAME b",
		 "z:5:3: a CNAME beside the TXT data of line 4; a CNAME stands alone\n"},
		{"a CNAME b\na CNAME c", "z:5:3: a name has one CNAME record; the first is at line 4\n"},
		{"@ CNAME b", "z:4:3: a CNAME beside the SOA data of line 2; a CNAME stands alone\n"
			      "z:4:3: a CNAME beside the NS data of line 3; a CNAME stands alone\n"},
		{"a AT a CNAME x\na AT b CNAME x", ""},
		{"a AT a CNAME x\na AT a A 192.0.2.1",
		 "z:5:8: a CNAME and other records (line 4) in one tier; other "
		 "datacenters, or backup=yes, would keep them apart\n"},
		{"a STEER failover\na AT a CNAME x\na AT b A 192.0.2.1", ""},
		{"a STEER pool\na AT a CNAME x\na AT b A 192.0.2.1",
		 "z:6:8: a CNAME and other records (line 5) in one tier; other datacenters, or backup=yes, "
		 "would keep "
		 "them apart\n"},
		{"a STEER pool\na AT a CNAME x\na AT * backup=yes A 192.0.2.1", ""},
		{"a STEER failover all-down=all\na AT a CNAME x\na AT b A 192.0.2.1",
		 "z:5:8: all-down=all would answer CNAME beside other records of this name\n"},
		/* an ALIAS stands for another name of this server */
		{"a ALIAS b", "z:4:3: ALIAS b.example.: there is no such name; an ALIAS stands for another "
			      "name of this server\n"},
		{"a ALIAS b.example.org.", "z:4:3: ALIAS b.example.org.: no zone of this server has that "
					   "name; a CNAME leads to others\n"},
		{"a ALIAS a", "z:4:3: a loop of ALIAS: a.example. -> a.example.\n"},
		{"a AT * ALIAS b\nb AT * ALIAS c\nc ALIAS a",
		 "z:6:3: a loop of ALIAS: a.example. -> b.example. -> c.example. -> a.example.\n"},
		{"@ ALIAS a\na AT a A 192.0.2.1\na AT b AAAA ::1", ""},
		{"a AT a A 192.0.2.1\na A 192.0.2.2",
		 "z:5:3: plain and AT records of one name and type; line 4 has the other kind\n"},
		{"a A 192.0.2.2\na AT a A 192.0.2.1",
		 "z:5:8: plain and AT records of one name and type; line 4 has the other kind\n"},
		{"a A 192.0.2.2\na AT a AAAA ::1", ""},
		/* circles of CNAMEs */
		{"a CNAME a", "z:4:3: warning: the CNAME leads to its own name, so nobody gets an answer\n"},
		{"a CNAME b\nb CNAME c\nc CNAME a\nd CNAME a",
		 "z:4:3: warning: the CNAMEs from here lead back here, so nobody gets an answer\n"},
		{"d CNAME b\na CNAME b\nb CNAME a",
		 "z:6:3: warning: the CNAMEs from here lead back here, so nobody gets an answer\n"},
		{"a CNAME b\nb CNAME c.x.\nc CNAME a\ne CNAME nope", ""},
		{"*.w CNAME b.w",
		 "z:4:5: warning: the CNAME leads to its own name, so nobody gets an answer\n"},
		{"*.w CNAME b.w\nb.w A 192.0.2.1\n*.v CNAME v", ""},
		{"a CNAME b.w\n*.w CNAME a",
		 "z:4:3: warning: the CNAMEs from here lead back here, so nobody gets an answer\n"},
		{"a AT a CNAME a\na AT b CNAME b",
		 "z:4:8: warning: the CNAME leads to its own name, so nobody gets an answer\n"},
		{"a AT a CNAME b\nb CNAME a", ""},
		/* circles of DNAMEs */
		{"d DNAME d", "z:4:3: warning: the DNAME leads to its own name, so nobody gets an answer\n"},
		{"d DNAME x.y.d",
		 "z:4:3: warning: the DNAME leads to its own name, so nobody gets an answer\n"},
		{"d DNAME x.d2\nd2 DNAME d",
		 "z:4:3: warning: the DNAMEs from here lead back here, so nobody gets an answer\n"},
		{"d DNAME e\ne DNAME f\nf A 192.0.2.1", ""},
		{"d DNAME x.\ne DNAME @", ""},
		{"@ DNAME @", "z:4:3: warning: the DNAME leads to its own name, so nobody gets an answer\n"},
		/* hosts that are named */
		{"m MX 1 c\nc CNAME x.", "z:4:3: warning: MX names c.example., which is a CNAME (line 5); a "
					 "name with addresses of its own "
					 "would be right\n"},
		{"_s._tcp SRV 1 2 3 c\nc AT a CNAME x.", "z:4:9: warning: SRV names c.example., which is a "
							 "CNAME (line 5); a name with addresses of its "
							 "own would be right\n"},
		{"@ NS c\nc CNAME x.", "z:4:3: warning: NS names c.example., which is a CNAME (line 5); a "
				       "name with addresses of its own "
				       "would be right\n"},
		{"m MX 1 nope\nm MX 2 x.\nm MX 0 .\n_s._tcp SRV 1 2 3 .\n_s._tcp SRV 1 2 3 m", ""},
		/* delegations and glue */
		{"s NS ns.s\nns.s A 192.0.2.1\nns.s AAAA ::1", ""},
		{"s NS s\ns A 192.0.2.1\ns DS 1 8 2 00", ""},
		{"t NS ns.s\ns NS x.\nns.s A 192.0.2.1", ""},
		{"s NS x.\nwww.s A 192.0.2.1", "z:5:7: A" BELOW_CUT},
		{"s NS x.\ns A 192.0.2.1", "z:5:3: A" BELOW_CUT},
		{"s NS x.\n*.s TXT x", "z:5:5: TXT" BELOW_CUT},
		{"s NS x.\nt.s NS y.", "z:5:5: NS" BELOW_CUT},
		{"s NS x.\nd.s DS 1 8 2 00",
		 "z:5:5: DS" BELOW_CUT
		 "z:5:5: DS needs a delegation: there is no NS at this name below the apex\n"},
		{"s NS ns.s\nns.s AT a A 192.0.2.1", "z:5:11: A" BELOW_CUT},
		{"s DS 1 8 2 00",
		 "z:4:3: DS needs a delegation: there is no NS at this name below the apex\n"},
		{"@ DS 1 8 2 00",
		 "z:4:3: DS needs a delegation: there is no NS at this name below the apex\n"},
		{"*.s NS x.", "z:4:5: NS at a wildcard has no meaning (RFC 4592 §4)\n"},
		{"*.s DNAME x.", "z:4:5: DNAME at a wildcard has no meaning (RFC 4592 §4)\n"},
		{"d DNAME x.\nd A 192.0.2.1", ""},
		{"d DNAME x.\na.b.d TXT x",
		 "z:5:7: data below the DNAME of line 4 can't be reached (RFC 6672 §2.4)\n"},
		{"d DNAME x.\nd DNAME y.", "z:5:3: a name has one DNAME record; the first is at line 4\n"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char text[1024];
		snprintf(text, sizeof(text), START "%s\n", rows[i].text);
		check_faults(text, rows[i].expected);
	}
}

static void what_a_zone_begins_with(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"",
		 "conf:9:14: z has no SOA record at example.\nconf:9:14: z has no NS record at example.\n"},
		{"$TTL 1\n@ NS n.x.\n", "conf:9:14: z has no SOA record at example.\n"},
		{"$TTL 1\n@ SOA n h 1 2 3 4 5\n", "conf:9:14: z has no NS record at example.\n"},
		{"\tA 192.0.2.1\n", "z:1:2: the first entry of a file must name its owner\n"},
		{"@ NS n.x.\n@ 1 SOA n h 1 2 3 4 5\n",
		 "z:1:3: no TTL: give the record one, or set $TTL above it\n"},
		{"@ 1 SOA n h 1 2 3 4 5\n@ NS n.x.\n", ""},
		/* what is missing may be what was refused: it is not told */
		{"$TTL 1\n@ SOA n h 1 2 3 4\n@ NS n.x.\n", "z:2:7: bad data for a SOA record: Syntax error, "
							   "value expected; the form is: SOA SERVER MAILBOX "
							   "SERIAL REFRESH RETRY EXPIRE MINIMUM\n"},
	};
	for (size_t i = 0; i < N(rows); i++)
		check_faults(rows[i].text, rows[i].expected);
}

static void sixty_four_candidates_are_the_most(void **state)
{
	(void)state;
	for (int n = 64; n <= 65; n++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		fputs(START, out);
		for (int i = 0; i < n; i++)
			fprintf(out, "a AT a A 192.0.2.%d\na AT b TXT %d\n", i, i);
		fputs("b AT a A 192.0.2.1\n", out);
		fclose(out);
		check_faults(text, n == 64 ? ""
					   : "z:132:8: more than 64 AT records of one name and type\n"
					     "z:133:8: more than 64 AT records of one name and type\n");
		free(text);
	}
}

/* What behind START is too much for a message. */
static void what_no_message_can_hold(void **state)
{
	(void)state;
	static const struct {
		const char *head, *line; /* the line has a number in it, and stands `n` times */
		unsigned n;
		const char *expected;
	} rows[] = {
		{"", "a A 10.0.%u.%u\n", 4062, ""},
		{"", "a A 10.0.%u.%u\n", 4063,
		 "z:4:3: the name's 4063 A records have 65008 octets; a message has room for 65000\n"},
		{"", "a TXT %u.%u\n", 3000, ""},
		{"s NS n.s\n", "n.s A 10.0.%u.%u\n", 60, ""},
		{"s NS n.s\ns NS n\nn AAAA ::1\n", "n.s A 10.0.%u.%u\n", 60,
		 "z:4:3: the delegation's name servers have 61 addresses; a referral has room for 60\n"},
		{"s NS n\n", "n A 10.0.%u.%u\n", 61,
		 "z:4:3: the delegation's name servers have 61 addresses; a referral has room for 60\n"},
		{"@ NS n\n", "n A 10.0.%u.%u\n", 61, ""},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		fprintf(out, START "%s", rows[i].head);
		for (unsigned j = 0; j < rows[i].n; j++)
			fprintf(out, rows[i].line, j / 256, j % 256);
		fclose(out);
		check_faults(text, rows[i].expected);
		free(text);
	}
}

static void a_record_too_long_for_a_message_is_refused(void **state)
{
	(void)state;
	static const char *const
		heads[] = {"a TXT", "a AT a TXT"},
		*const expected[] = {
			"z:4:3: the name's 1 TXT record has 65292 octets; a message has room for 65000\n",
			"z:4:8: the record has 65292 octets; a message has room for 65000\n"};
	for (size_t i = 0; i < 2; i++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);
		fprintf(out, START "%s", heads[i]);
		for (int j = 0; j < 255; j++)
			fprintf(out, " %0255d", j);
		fclose(out);
		check_faults(text, expected[i]);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_that_are_wrong),
		cmocka_unit_test(what_a_zone_begins_with),
		cmocka_unit_test(sixty_four_candidates_are_the_most),
		cmocka_unit_test(what_no_message_can_hold),
		cmocka_unit_test(a_record_too_long_for_a_message_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
