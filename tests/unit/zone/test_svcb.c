/* SPDX-License-Identifier: ISC */
/* Parameters of SVCB and HTTPS records: the test vectors of RFC 9460 appendix D, and every rule of §7 and §8.
 */
#include "rdata_reader.h"

#define N(x)   (sizeof(x) / sizeof((x)[0]))
#define ORG    "036f726700"
#define FOOCOM "03666f6f076578616d706c6503636f6d00"
#define FOOORG "03666f6f076578616d706c65036f726700"

static void the_vectors_of_the_rfc_come_out(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		/* D.1 and D.2, in the order of its figures */
		{"SVCB 0 foo.example.com.", "0000" FOOCOM},
		{"SVCB 1 .", "000100"},
		{"SVCB 16 foo.example.com. port=53", "0010" FOOCOM "000300020035"},
		{"SVCB 1 foo.example.com. key667=hello", "0001" FOOCOM "029b000568656c6c6f"},
		{"SVCB 1 foo.example.com. key667=\"hello\\210qoo\"",
		 "0001" FOOCOM "029b000968656c6c6fd2716f6f"},
		{"SVCB 1 foo.example.com. ( ipv6hint=\"2001:db8::1,2001:db8::53:1\" )",
		 "0001" FOOCOM "00060020"
		 "20010db8000000000000000000000001"
		 "20010db8000000000000000000530001"},
		{"SVCB 1 example.com. ( ipv6hint=\"2001:db8:122:344::192.0.2.33\" )",
		 "0001"
		 "076578616d706c6503636f6d00"
		 "00060010"
		 "20010db80122034400000000c0000221"},
		{"SVCB 16 foo.example.org. ( alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1 )",
		 "0010" FOOORG "0000000400010004"
		 "00010009"
		 "026832"
		 "0568332d3139"
		 "00040004c0000201"},
		{"SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
		 "0010" FOOORG "0001000c08665c6f6f2c626172026832"},
		{"SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
		 "0010" FOOORG "0001000c08665c6f6f2c626172026832"},
		/* D.3: what fails */
		{"SVCB 1 foo.example.com. ( key123=abc key123=def )", NULL},
		{"SVCB 1 foo.example.com. mandatory", NULL},
		{"SVCB 1 foo.example.com. alpn", NULL},
		{"SVCB 1 foo.example.com. port", NULL},
		{"SVCB 1 foo.example.com. ipv4hint", NULL},
		{"SVCB 1 foo.example.com. ipv6hint", NULL},
		{"SVCB 1 foo.example.com. no-default-alpn=abc", NULL},
		{"SVCB 1 foo.example.com. mandatory=key123", NULL},
		{"SVCB 1 foo.example.com. mandatory=mandatory", NULL},
		{"SVCB 1 foo.example.com. ( mandatory=key123,key123 key123=abc )", NULL},
	};
	for (size_t i = 0; i < N(rows); i++)
		check_octets(rows[i].text, TYPE_SVCB, rows[i].expected);
}

static void values_have_their_octets(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1", "000100"
								      "00010006026832026833"
								      "0003000220fb"
								      "00040004c0000201"},
		{"HTTPS 1 . no-default-alpn alpn=\"h2\"", "000100"
							  "00010003026832"
							  "00020000"},
		/* sorted by their keys */
		{"HTTPS 1 Alias ipv6hint=2001:db8::1 key65333=abc port=0 alpn=h2",
		 "000105416c696173" ORG "00010003026832"
		 "000300020000"
		 "0006001020010db8000000000000000000000001"
		 "ff350003616263"},
		{"HTTPS 1 . ech=AEn+DQ==", "000100"
					   "000500040049fe0d"},
		{"HTTPS 1 . ech=\"AEn+\"", "000100"
					   "000500030049fe"},
		{"HTTPS 1 . mandatory=key667,port,ech key667 ech=AQ== port=1", "000100"
									       "0000000600030005029b"
									       "000300020001"
									       "0005000101"
									       "029b0000"},
		{"HTTPS 1 . ipv4hint=192.0.2.1,192.0.2.2", "000100"
							   "00040008c0000201c0000202"},
		{"HTTPS 1 . key9=a\\000b\\\"\\;", "000100"
						  "000900056100"
						  "62223b"},
		{"HTTPS 1 . key0667=a", NULL},
		{"HTTPS 1 . key1=\\002h2", "000100"
					   "00010003026832"},
		{"HTTPS 1 . dohpath=/dns-query{?dns} alpn=h2 ohttp", "000100"
								     "00010003026832"
								     "0007"
								     "00102f646e732d71756572797b3f646e737d"
								     "00080000"},
		/* RFC 3597: of the same rules */
		{"HTTPS \\# 10 000100 00010003026832", "00010000010003026832"},
		{"HTTPS \\# 6 000100 000100", NULL},
		{"HTTPS \\# 14 000100 00010003026832 00020000", "0001000001000302683200020000"},
		{"HTTPS \\# 14 000100 00020000 00010003026832", NULL},
		{"HTTPS \\# 7 000100 00020000", NULL},
		{"HTTPS \\# 7 000100 00010000", NULL},
		{"HTTPS \\# 9 000100 000100020368", NULL},
		{"HTTPS \\# 9 000100 000100020000", NULL},
		{"HTTPS \\# 8 000100 0003000100", NULL},
		{"HTTPS \\# 7 000100 00040000", NULL},
		{"HTTPS \\# 11 000100 0006000401020304", NULL},
		{"HTTPS \\# 7 000100 ffff0000", NULL},
		{"HTTPS \\# 9 000100 000000020005", NULL},
		{"HTTPS \\# 9 000100 000000020000", NULL},
		{"HTTPS \\# 15 000100 000000020003 000300020001", "000100000000020003000300020001"},
	};
	for (size_t i = 0; i < N(rows); i++)
		check_octets(rows[i].text, TYPE_HTTPS, rows[i].expected);
}

static void faults_say_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected; /* behind HTTPS 1 . */
	} rows[] = {
		{"foo=bar", "11 unknown parameter \"foo\""},
		{"apln=h2", "11 unknown parameter \"apln\", did you mean \"alpn\"?"},
		{"ALPN=h2", "11 unknown parameter \"ALPN\", did you mean \"alpn\"?"},
		{"key65535=x", "11 unknown parameter \"key65535\""},
		{"key=x", "11 unknown parameter \"key\""},
		{"=x", "11 unknown parameter \"\""},
		{"\"alpn=h2\"", "11 unknown parameter \"\"alpn\", did you mean \"alpn\"?"},
		{"alpn", "11 alpn needs a value; expected: protocols of 1 to 255 octets, such as h2,h3"},
		{"alpn=",
		 "16 \"\" is not right for alpn; expected: protocols of 1 to 255 octets, such as h2,h3"},
		{"alpn=h2,,h3", "16 \"h2,,h3\" is not right for alpn; expected: protocols of 1 to 255 "
				"octets, such as h2,h3"},
		{"alpn=h2,",
		 "16 \"h2,\" is not right for alpn; expected: protocols of 1 to 255 octets, such as h2,h3"},
		{"port=65536", "16 \"65536\" is not right for port; expected: a port from 0 to 65535"},
		{"port=1,2", "16 \"1,2\" is not right for port; expected: a port from 0 to 65535"},
		{"port=-1", "16 \"-1\" is not right for port; expected: a port from 0 to 65535"},
		{"ipv4hint=::1",
		 "20 \"::1\" is not right for ipv4hint; expected: IPv4 addresses with commas between them"},
		{"ipv6hint=192.0.2.1", "20 \"192.0.2.1\" is not right for ipv6hint; expected: IPv6 addresses "
				       "with commas between them"},
		{"ech=A", "15 \"A\" is not right for ech; expected: an ECHConfigList in base64"},
		{"ech=AA-=", "15 \"AA-=\" is not right for ech; expected: an ECHConfigList in base64"},
		{"ech=\"\"", "15 \"\"\"\" is not right for ech; expected: an ECHConfigList in base64"},
		{"mandatory=foo",
		 "21 \"foo\" is not right for mandatory; expected: keys of parameters, such as alpn,port"},
		{"mandatory=mandatory", "11 mandatory names itself, or a key twice"},
		{"mandatory=port alpn=h2", "11 mandatory names a key that the record does not have"},
		{"no-default-alpn", "11 no-default-alpn needs alpn beside it"},
		{"no-default-alpn=x alpn=h2", "27 no-default-alpn has no value"},
		{"port=1 alpn=h2 port=1", "26 a parameter is given twice"},
		{"key3=\\000\\001 port=1", "25 a parameter is given twice"},
		{"key3=1", "11 a parameter's value is not what its key needs"},
	};
	static struct rdata rdata;
	for (size_t i = 0; i < N(rows); i++) {
		char fault[512] = "", text[256];
		snprintf(text, sizeof(text), "HTTPS 1 . %s", rows[i].text);
		assert_false(parse(text, &rdata, fault, sizeof(fault)));
		if (strcmp(fault, rows[i].expected) != 0)
			fail_msg("%s: %s", text, fault);
	}
}

/* RFC 9460 §2.4.2: such parameters are ignored, which whoever wrote them should know. */
static void an_alias_has_no_parameters(void **state)
{
	(void)state;
	static struct rdata rdata;
	static const char text[] = "HTTPS 0 x port=1";
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	static const struct name root = {.len = 1};
	assert_true(lexer_next(lexer, &e));
	assert_true(rdata_parse(&e, 0, &root, &rdata, &faults));
	assert_int_equal(faults.errors, 0);
	assert_int_equal(faults.n, 1);
	lexer_close(lexer);
	faults_free(&faults);
}

/* `n` addresses of 16 octets each. */
static bool parse_hints(unsigned n, struct rdata *out)
{
	char *text = NULL, fault[512];
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	fputs("HTTPS 1 . ipv6hint=::", stream);
	for (unsigned i = 1; i < n; i++)
		fputs(",::", stream);
	fclose(stream);
	bool ok = parse(text, out, fault, sizeof(fault));
	free(text);
	return ok;
}

static void data_has_at_most_65535_octets(void **state)
{
	(void)state;
	static struct rdata rdata;
	assert_true(parse_hints(4095, &rdata));
	assert_int_equal(rdata.len, 3 + 4 + 4095 * 16);
	check_by_ldns("4095 hints", &rdata);
	assert_false(parse_hints(4096, &rdata));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc_come_out),
		cmocka_unit_test(values_have_their_octets),
		cmocka_unit_test(faults_say_what_would_be_right),
		cmocka_unit_test(an_alias_has_no_parameters),
		cmocka_unit_test(data_has_at_most_65535_octets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
