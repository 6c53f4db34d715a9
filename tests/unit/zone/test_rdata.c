/* SPDX-License-Identifier: ISC */
/* RDATA from text: the octets of each type, which ldns takes apart again, and data that is wrong. */
#include "rdata_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(x)   (sizeof(x) / sizeof((x)[0]))
#define ORG    "036f726700"
#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void each_type_has_its_octets(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t type;
		const char *expected;
	} rows[] = {
		{"A 192.0.2.1", 1, "c0000201"},
		{"aaaa 2001:DB8::1", 28, "20010db8000000000000000000000001"},
		{"AAAA ::ffff:1.2.3.4", 28, "00000000000000000000ffff01020304"},
		/* names: relative, absolute, the origin, the root, escapes; letter case is kept */
		{"NS ns", 2, "026e73" ORG},
		{"NS Ns.Example.", 2, "024e73074578616d706c6500"},
		{"NS @", 2, ORG},
		{"PTR .", 12, "00"},
		{"CNAME *.w", 5, "012a0177" ORG},
		{"DNAME a\\.b\\032\\099", 39, "05612e622063" ORG},
		{"SOA ns h\\.m 4294967295 1h 15m 14d 30s", 6,
		 "026e73" ORG "03682e6d" ORG "ffffffff00000e10000003840012750"
		 "00000001e"},
		{"MX 65535 .", 15, "ffff00"},
		{"MX 10 mail", 15, "000a046d61696c" ORG},
		{"SRV 1 2 443 web", 33, "0001000201bb03776562" ORG},
		{"RP a b.", 17, "0161" ORG "016200"},
		{"MX 10 \\@", 15, "000a0140" ORG},
		{"MX 10 \\064", 15, "000a0140" ORG},
		{"NS \\@.a", 2, "01400161" ORG},
		{"NS \\@.", 2, "014000"},
		{"NS \\@.A.", 2, "0140014100"},
		{"SOA \\064 \\@.b. 1 2 3 4 5", 6,
		 "0140" ORG "0140016200"
		 "0000000100000002000000030000000400000005"},
		{"NS \\@a", 2, "024061" ORG},
		{"HTTPS 1 \\@", 65, "00010140" ORG},
		{"TXT \\@ @", 16, "01400140"},
		/* RFC 4025 §3.1: the gateway, by its kind */
		{"IPSECKEY 10 1 2 192.0.2.38 AQNR", 45, "0a0102c0000226010351"},
		{"IPSECKEY 10 3 2 gw AQNR", 45, "0a0302026777" ORG "010351"},
		{"IPSECKEY 10 3 2 gw.org. AQNR", 45, "0a0302026777" ORG "010351"},
		{"IPSECKEY 10 3 2 gw\\. AQNR", 45, "0a03020367772e" ORG "010351"},
		{"IPSECKEY 10 3 2 @ AQNR", 45, "0a0302" ORG "010351"},
		{"IPSECKEY 10 0 2 . AQNR", 45, "0a0002010351"},
		{"IPSECKEY 10 2 2 2001:db8::1 AQ NR", 45, "0a020220010db8000000000000000000000001010351"},
		{"IPSECKEY 10 1 0 192.0.2.1", 45, "0a0100c0000201"},
		{"IPSECKEY 10 0 0 . AQNR", 45, NULL},
		{"IPSECKEY 10 0 2 .", 45, NULL},
		{"IPSECKEY 10 0 2 x AQNR", 45, NULL},
		{"IPSECKEY 256 0 2 . AQNR", 45, NULL},
		/* RFC 3123 */
		{"APL 1:192.0.2.0/24 !2:2001:db8::/32", 42,
		 "00011803c00002"
		 "0002208420010db8"},
		{"APL 1:0.0.0.0/0 2:::/128", 42,
		 "00010000"
		 "00028000"},
		/* character strings */
		{"TXT a \"b c\" \"\"", 16,
		 "016103622063"
		 "00"},
		{"TXT \"a;b\" \"(\" c\\;d", 16,
		 "03613b62"
		 "0128"
		 "03633b64"},
		{"TXT \"q\\\"\\\\\\065\\000\\255\"", 16, "0671225c4100ff"},
		{"TXT ( a\n b )", 16, "01610162"},
		{"HINFO \"c p\" os", 13, "03632070026f73"},
		{"NAPTR 100 50 s http+I2R \"\" _x", 35,
		 "006400320173"
		 "08687474702b493252"
		 "00"
		 "025f78" ORG},
		{"CAA 128 issue \"ca.example; x=y\"", 257,
		 "800569737375656361"
		 "2e6578616d706c653b20783d79"},
		{"CAA 0 issue \"\"", 257, "00056973737565"},
		{"CAA \\# 7 00056973737565", 257, "00056973737565"},
		{"CAA \\# 1 00", 257, NULL},
		{"CAA \\# 3 000569", 257, NULL},
		{"CAA 0 issue ca.example.net", 257, "0005697373756563612e6578616d706c652e6e6574"},
		{"CAA 0 issue a\\;b\\065", 257, "00056973737565613b6241"},
		{"URI 10 1 \"https://x/\"", 256,
		 "000a0001"
		 "68747470733a2f2f782f"},
		/* hexadecimal and base64, with blanks or without */
		{"DS 12345 8 2 01234567 89ABCDEF 0123456789abcdef0123456789abcdef0123456789abcdef", 43,
		 "30390802" SHA256},
		{"TLSA 3 1 1 " SHA256, 52, "030101" SHA256},
		{"SSHFP 4 2 " SHA256, 44, "0402" SHA256},
		{"DNSKEY 257 3 8 YW Jj", 48, "01010308616263"},
		{"LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m", 29,
		 "000016138b3cf018810cbce0009895b8"},
		/* RFC 3597 */
		{"TYPE65280 \\# 3 ab cdef", 65280, "abcdef"},
		{"TYPE65280 \\# 0", 65280, ""},
		{"TYPE1 192.0.2.1", 1, "c0000201"},
		{"A \\# 4 c0000201", 1, "c0000201"},
		{"MX \\# 6 000a 0161 6200", 15, NULL},
		{"MX \\# 5 000a016100", 15, "000a016100"},
		{"MX 1 \\# 0", 15, NULL},
	};
	for (size_t i = 0; i < N(rows); i++)
		check_octets(rows[i].text, rows[i].type, rows[i].expected);
}

static void faults_point_at_the_data(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"A", "1 the A record has no data"},
		{"A 192.0.2", "3 \"192.0.2\" is not an IPv4 address"},
		{"A ::1", "3 \"::1\" is not an IPv4 address"},
		{"AAAA 192.0.2.1", "6 \"192.0.2.1\" is not an IPv6 address"},
		{"A 192.0.2.1 x", "3 bad data for a A record: Syntax error, superfluous text present"},
		{"SOA a b 1 2 3 4",
		 "5 bad data for a SOA record: Syntax error, value expected; the form is: SOA "
		 "SERVER MAILBOX SERIAL REFRESH RETRY EXPIRE MINIMUM"},
		{"MX 10",
		 "4 bad data for a MX record: Syntax error, value expected; the form is: MX PREFERENCE "
		 "NAME"},
		{"MX mail", "4 the preference is missing before \"mail\"; the form is: MX PREFERENCE NAME"},
		{"MX 65536 mail", "4 \"65536\" does not fit its field; the form is: MX PREFERENCE NAME"},
		{"SRV 1 2 web x",
		 "9 \"web\" does not fit its field; the form is: SRV PRIORITY WEIGHT PORT NAME"},
		{"HTTPS . alpn=h2",
		 "7 the priority is missing before \".\"; the form is: HTTPS PRIORITY TARGET [KEY=VALUE...]"},
		{"DS 1 8 2 abc", "10 the hexadecimal digits are not an even number"},
		{"APL 1:192.0.2.0/24 1:192.0.2.0/33", "20 an IPv4 prefix has a length from 0 to 32"},
		{"APL !2:2001:db8::/129", "5 an IPv6 prefix has a length from 0 to 128"},
		{"APL 1:0.0.0.0/256", "5 an IPv4 prefix has a length from 0 to 32"},
		{"IPSECKEY 10 3 2 a..b AQNR", "17 the name has an empty label; the form is: IPSECKEY "
					      "PRECEDENCE GATEWAY-TYPE ALGORITHM GATEWAY KEY"},
		{"IPSECKEY 10 1 2 gw AQNR",
		 "17 the gateway is not of the type before it; the form is: IPSECKEY "
		 "PRECEDENCE GATEWAY-TYPE ALGORITHM GATEWAY KEY"},
		{"IPSECKEY 10 4 2 . AQNR",
		 "13 the value does not fit its field; the form is: IPSECKEY PRECEDENCE "
		 "GATEWAY-TYPE ALGORITHM GATEWAY KEY"},
		{"IPSECKEY 10 3 2", "15 something is missing behind this; the form is: IPSECKEY PRECEDENCE "
				    "GATEWAY-TYPE ALGORITHM GATEWAY KEY"},
		{"IPSECKEY 10 3 2 gw AQN",
		 "20 a key stands behind the gateway, in base64, but with algorithm 0; the "
		 "form is: IPSECKEY PRECEDENCE GATEWAY-TYPE ALGORITHM GATEWAY KEY"},

		{"NS a..b", "4 bad data for a NS record: Syntax error, could not parse the RR's rdata"},
		{"NS a b", "4 bad data for a NS record: Syntax error, superfluous text present"},
	};
	static struct rdata rdata;
	for (size_t i = 0; i < N(rows); i++) {
		char fault[512] = "";
		assert_false(parse(rows[i].text, &rdata, fault, sizeof(fault)));
		assert_string_equal(fault, rows[i].expected);
	}
}

static void data_that_does_not_fit_its_type_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"TYPE65280 \\# 3 abcd",
		"TYPE65280 \\# 1 abcd",
		"TYPE65280 abcd",
		"A \\# 2 c000",
		"NS \\# 1 05",
		"NS \\# 2 0161",
		"SRV \\# 3 000000",
		"TXT \\# 2 0561",
		"SOA \\# 4 00000000",
		"CAA 256 issue x",
		"MX 5x a",
		"SOA a b 1 1.5 1 1 1",
		"DS 1 8 2 zz",
		"NS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"HTTPS 1 . foo=bar",
	};
	static struct rdata rdata;
	for (size_t i = 0; i < N(rows); i++) {
		char fault[512] = "";
		if (parse(rows[i], &rdata, fault, sizeof(fault)))
			fail_msg("%s is taken", rows[i]);
	}
}

/* What ldns takes, cutting it to the field's size or to what fits, or leaving fields out. */
static void data_that_ldns_would_bend_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"MX 65536 a",
		"MX -1 a",
		"SRV 1 2 65536 a",
		"NAPTR 65536 1 s x y .",
		"SOA a b 4294967296 2 3 4 5",
		"SOA a b 1 2 3 4 -1",
		"DS 65536 8 2 01",
		"DS 1 264 2 01",
		"DS 1 8 2 abc",
		"TLSA 256 1 1 ab",
		"HTTPS 65536 .",
		"HTTPS 1 . port=99999",
		"HTTPS 1 . port=1 port=2",
		"A \\# 0",
		"A \\# 5 c000020101",
		"NS \\# 0",
		"NS \\# 4 01610000",
		"CNAME \\# 0",
		"SOA \\# 0",
		"MX \\# 2 000a",
		"TXT \\# 0",
		"TYPE65280 \\# 1 xy",
	};
	static struct rdata rdata;
	char taken[1024] = "", fault[512];
	for (size_t i = 0; i < N(rows); i++) {
		if (parse(rows[i], &rdata, fault, sizeof(fault)))
			snprintf(taken + strlen(taken), sizeof(taken) - strlen(taken), "%s; ", rows[i]);
	}
	if (taken[0] != '\0')
		fail_msg("taken: %s", taken);
}

/* A relative name and its origin must be a name together (RFC 1035 §3.1), wherever it stands. */
static void names_have_255_octets_at_most(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"NS %s",
		"CNAME %s",
		"DNAME %s",
		"PTR %s",
		"SOA %s a 1 2 3 4 5",
		"SOA a %s 1 2 3 4 5",
		"MX 1 %s",
		"SRV 1 2 3 %s",
		"HTTPS 1 %s",
		"NAPTR 1 2 s x y %s",
		"RP a %s",
		"IPSECKEY 1 3 2 %s AQNR",
	};
	static struct rdata rdata;
	for (size_t i = 0; i < 2 * N(rows); i++) {
		char name[512], text[1024], fault[512] = "";
		bool fits = i % 2 == 0; /* behind it stand the five octets of org. */
		snprintf(name, sizeof(name), "%063d.%063d.%063d.%0*d", 0, 0, 0, fits ? 57 : 58, 0);
		snprintf(text, sizeof(text), rows[i / 2], name);
		if (parse(text, &rdata, fault, sizeof(fault)) != fits)
			fail_msg("%s: %s", text, fits ? fault : "is taken");
	}
}

/* `n` strings of `len` digits. */
static bool parse_strings(int n, int len, struct rdata *out)
{
	char *text = NULL, fault[512] = "";
	size_t text_len;
	FILE *stream = open_memstream(&text, &text_len);
	fputs("TXT", stream);
	for (int i = 0; i < n; i++)
		fprintf(stream, " %0*d", len, i);
	fclose(stream);
	bool ok = parse(text, out, fault, sizeof(fault));
	free(text);
	return ok;
}

static void data_has_at_most_65535_octets(void **state)
{
	(void)state;
	static struct rdata rdata;
	assert_true(parse_strings(255, 255, &rdata));
	assert_int_equal(rdata.len, 255 * 256);
	check_by_ldns("TXT of 65280 octets", &rdata);
	assert_false(parse_strings(1, 256, &rdata));
	assert_false(parse_strings(257, 255, &rdata));
	assert_false(parse_strings(1000, 255, &rdata));
}

static void types_by_name_and_number(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t type;
		const char *formatted; /* NULL: no type at all */
	} rows[] = {
		{"A", 1, "A"},
		{"aaaa", 28, "AAAA"},
		{"TYPE1", 1, "A"},
		{"type65280", 65280, "TYPE65280"},
		{"TYPE65535", 65535, "TYPE65535"},
		{"HTTPS", 65, "HTTPS"},
		{"TYPE0", 0, NULL},
		{"TYPE", 0, NULL},
		{"AT", 0, NULL},
		{"STEER", 0, NULL},
		{"", 0, NULL},
		{"X", 0, NULL},
		{"TYPE65536", 0, NULL},
		{"TYPE65537", 0, NULL},
		{"TYPE1x", 0, NULL},
		{"TYPE-1", 0, NULL},
		{"TYPE4294967297", 0, NULL},
		{"TYPE00000000000000000000000000000001", 0, NULL},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct token token = {.text = rows[i].text, .len = strlen(rows[i].text)};
		char formatted[16];
		uint16_t type = rdata_type(&token);
		if (type != rows[i].type)
			fail_msg("%s: %u", rows[i].text, type);
		if (rows[i].formatted != NULL)
			assert_string_equal(rdata_type_format(type, formatted), rows[i].formatted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_has_its_octets),
		cmocka_unit_test(faults_point_at_the_data),
		cmocka_unit_test(data_that_does_not_fit_its_type_is_refused),
		cmocka_unit_test(data_that_ldns_would_bend_is_refused),
		cmocka_unit_test(names_have_255_octets_at_most),
		cmocka_unit_test(data_has_at_most_65535_octets),
		cmocka_unit_test(types_by_name_and_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
