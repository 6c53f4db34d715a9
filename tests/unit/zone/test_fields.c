/* SPDX-License-Identifier: ISC */
/* The own reader of common types: whatever it takes, ldns reads the same from the same text. */
#include "zone/fields.h"
#include "wire/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { TEXT_MAX = 4096, ROUNDS = 40000 };

struct reading {
	struct lexer *lexer;
	struct faults faults;
	struct entry entry;
	struct name origin;
	bool lexed;
};

static void read_entry(struct reading *r, const char *text)
{
	const char *why;
	*r = (struct reading){0};
	assert_true(name_parse("sub.Example.org.", 16, NULL, &r->origin, &why));
	r->lexer = lexer_open_text("z", text, strlen(text), &r->faults);
	r->lexed = lexer_next(r->lexer, &r->entry);
}

static void discard(struct reading *r)
{
	lexer_close(r->lexer);
	faults_free(&r->faults);
}

/* What ldns makes of the entry's tokens. A CAA value without quotes (RFC 8659 §4.1.1) it wants quoted. */
static bool read_by_ldns(const struct reading *r, uint8_t *out, size_t *len)
{
	char line[2 * TEXT_MAX] = ". 0 IN", *p = line + strlen(line);
	const struct entry *e = &r->entry;
	bool caa = token_is(&e->tokens[0], "CAA");
	for (size_t i = 0; i < e->n; i++) {
		bool bare = caa && i == 3 && e->tokens[i].text[0] != '"';
		p += sprintf(p, bare ? " \"%.*s\"" : " %.*s", (int)e->tokens[i].len, e->tokens[i].text);
	}
	ldns_rdf *origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, r->origin.len,
						 (void *)(uintptr_t)r->origin.octets);
	ldns_rr *rr = NULL;
	bool ok = ldns_rr_new_frm_str(&rr, line, 0, origin, NULL) == LDNS_STATUS_OK;
	ldns_rdf_deep_free(origin);
	*len = 0;
	for (size_t i = 0; ok && i < ldns_rr_rd_count(rr); i++) {
		memcpy(out + *len, ldns_rdf_data(ldns_rr_rdf(rr, i)), ldns_rdf_size(ldns_rr_rdf(rr, i)));
		*len += ldns_rdf_size(ldns_rr_rdf(rr, i));
	}
	ldns_rr_free(rr);
	return ok;
}

/* Is `TYPE RDATA` read here? If so, ldns must agree. */
static bool taken(const char *text)
{
	static struct rdata rdata;
	static uint8_t octets[65535];
	struct reading r;
	size_t len;
	read_entry(&r, text);
	bool ok = false;
	if (r.lexed && (rdata.type = fields_type(&r.entry.tokens[0])) != 0)
		ok = fields_read(r.entry.tokens + 1, r.entry.n - 1, &r.origin, &rdata);
	if (ok &&
	    (!read_by_ldns(&r, octets, &len) || len != rdata.len || memcmp(octets, rdata.octets, len) != 0))
		fail_msg("ldns reads it otherwise: %s", text);
	discard(&r);
	return ok;
}

static void what_is_plain_is_read_here(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"A 0.0.0.0",
		"a 255.255.255.255",
		"CNAME www",
		"cname Www.Example.",
		"NS @",
		"PTR a.b.c",
		"DNAME *.x_y-z/1",
		"MX 0 mail",
		"MX 65535 Mail.example.net.",
		"TXT plain",
		"TXT \"\"",
		"TXT \"a b;(c)\" d",
		"SRV 1 2 65535 host",
		"CAA 128 issue \"ca.example.net; a=b\"",
		"CAA 0 iodef mailto:x",
		"NAPTR 10 20 \"u\" SIP+D2U \"\" next",
		"SOA ns h.m 4294967295 1h 15m 14d 30s",
		"SOA ns h.m 1 4294967295 0 1h30m 007",
	};
	for (size_t i = 0; i < N(rows); i++) {
		if (!taken(rows[i]))
			fail_msg("not read: %s", rows[i]);
	}
}

static void all_else_is_left_to_ldns(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"A",
		"A 1.2.3",
		"A 1.2.3.4.",
		"A 1.2.3.4 5",
		"A 01.2.3.4",
		"A 1.2.3.256",
		"A 1..3.4",
		"A 1.2.3.4294967297",
		"A \"1.2.3.4\"",
		"CNAME .",
		"CNAME a..b",
		"CNAME .a",
		"CNAME a\\.b",
		"CNAME \"a\"",
		"CNAME a@b",
		"CNAME a b",
		"MX mail",
		"MX 65536 mail",
		"MX -1 mail",
		"MX 10",
		"MX 10 a b",
		"TXT \"a\\\"b\"",
		"TXT \"a\"b",
		"TXT \xc3\xa9",
		"TXT",
		"CAA 256 issue x",
		"CAA 0 is-sue x",
		"CAA 0 abcdefghijklmnop x",
		"SRV 1 2 3",
		"SOA a b 1 2 3 4",
		"SOA a b 1h 2 3 4 5",
		"SOA a b 1 2 3 4 1x",
		"SOA a b 4294967296 2 3 4 5",
		"DS 1 2 3 4",
		"TYPE1 \\# 4 01020304",
		"MX \\# 3 000100",
	};
	for (size_t i = 0; i < N(rows); i++) {
		if (taken(rows[i]))
			fail_msg("read: %s", rows[i]);
	}
}

/* Labels of 63 octets and names of 255 are plain, longer ones are not. */
static void limits_of_names_hold(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 300; len++) {
		for (size_t every = 60; every <= 65; every++) {
			for (unsigned dot = 0; dot < 2; dot++) {
				char text[400] = "CNAME ", *p = text + strlen(text);
				size_t label = 0, most = 0;
				for (size_t i = 0; i < len; i++) {
					bool end = i % every == every - 1 && i + 1 < len;
					*p++ = end ? '.' : 'a';
					label = end ? 0 : label + 1;
					most = label > most ? label : most;
				}
				*p = '\0';
				strcpy(p, dot ? "." : "");
				size_t octets = len + 1 + (dot ? 1 : strlen(".sub.Example.org") + 1);
				bool right = most <= 63 && octets <= 255;
				/* the last few octets of what could be are left to ldns */
				if (taken(text) != right && !(dot && octets >= 255))
					fail_msg("%zu octets, labels of %zu: %s", octets, most, text);
			}
		}
	}
}

static uint64_t state_of_random = 88172645463325252u;

static unsigned below(unsigned n)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 7;
	state_of_random ^= state_of_random << 17;
	return (unsigned)((state_of_random >> 33) % n);
}

/* A piece of text as files have it: mostly sound, at times odd. */
static char *put_token(char *p)
{
	static const char *const pieces[] = {"www",
					     "a.b",
					     "Host.Example.",
					     "@",
					     ".",
					     "10",
					     "0",
					     "65535",
					     "65536",
					     "4294967295",
					     "4294967296",
					     "007",
					     "1h",
					     "1h30m",
					     "2w3d",
					     "1m1h",
					     "192.0.2.1",
					     "192.0.2.01",
					     "1.2.3",
					     "::1",
					     "\"a b\"",
					     "\"\"",
					     "\"a;b\"",
					     "\"x\"y",
					     "\"\\\"\"",
					     "a\\.b",
					     "\\@",
					     "\\065",
					     "issue",
					     "iodef",
					     "-1",
					     "1e3",
					     "0x10",
					     "u",
					     "E2U+sip",
					     "!^.*$!x!",
					     "*",
					     "*.w",
					     "_sip._tcp",
					     "a..b",
					     "xn--bcher-kva",
					     "$x",
					     "a@b",
					     "+5",
					     "1.5"};
	*p++ = ' ';
	if (below(8) > 0)
		return stpcpy(p, pieces[below(N(pieces))]);
	static const char odd[] = "aZ09-_.*@\\\"$!~^/ =,:+#%&'<>?[]{}|`";
	for (unsigned n = below(12); n > 0; n--)
		*p++ = odd[below(sizeof(odd) - 1)];
	return p;
}

static void ldns_agrees_whatever_is_written(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		unsigned tokens;
	} types[] = {{"A", 1},   {"CNAME", 1}, {"NS", 1},  {"PTR", 1}, {"DNAME", 1}, {"MX", 2},
		     {"TXT", 3}, {"SRV", 4},   {"CAA", 3}, {"SOA", 7}, {"NAPTR", 6}};
	unsigned n_taken = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		char text[TEXT_MAX], *p = text;
		size_t type = below(N(types));
		unsigned n = below(10) == 0 ? below(9) : types[type].tokens;
		p = stpcpy(p, types[type].word);
		while (n-- > 0)
			p = put_token(p);
		*p = '\0';
		n_taken += taken(text);
	}
	assert_in_range(n_taken, ROUNDS / 10, ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_is_read_here),
		cmocka_unit_test(all_else_is_left_to_ldns),
		cmocka_unit_test(limits_of_names_hold),
		cmocka_unit_test(ldns_agrees_whatever_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
