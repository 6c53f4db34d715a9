/* SPDX-License-Identifier: ISC */
/* STEER and AT: what is read from sound ones, and the faults of others. */
#include "config/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct config *read(const char *text)
{
	struct faults faults = {0};
	struct config *config = config_read_text("c", text, strlen(text), &faults);
	assert_int_equal(faults.n, 0);
	assert_non_null(config);
	return config;
}

/* What differs from a STEER without options is added in the order of its options. */
static void steer_text(const struct steer_entry *s, char *out, size_t room)
{
	FILE *text = fmemopen(out, room, "w");
	fprintf(text, "%s map=%d n=%u rest=%d %s answers=%u min=%u max=%u %s", method_word(s->method),
		s->geomap, s->n, s->rest, pick_word(s->pick), s->answers, s->min_up_percent,
		s->max_latency_us, all_down_word(s->all_down));
	if (s->ttl_s.high > 0)
		fprintf(text, " ttl=%u..%u", s->ttl_s.low, s->ttl_s.high);
	if (s->hash_v4 != 24 || s->hash_v6 != 56)
		fprintf(text, " hash-prefix=%u,%u", s->hash_v4, s->hash_v6);
	if (s->group != NULL)
		fprintf(text, " group=%s", s->group);
	if (s->margin_percent != 20)
		fprintf(text, " margin=%u", s->margin_percent);
	fclose(text);
}

static void at_text(const struct at_entry *at, size_t type, char *out, size_t room)
{
	FILE *text = fmemopen(out, room, "w");
	fprintf(text, "dc=%d w=%u check=%d addr=%d backup=%d state=%d type=%zu", at->datacenter, at->weight,
		at->check, at->has_address, at->backup, at->state, type);
	if (at->capacity.high > 0)
		fprintf(text, " capacity=%u..%u", at->capacity.low, at->capacity.high);
	fclose(text);
}

/* Parses one entry's tokens behind its first, and prints them in short. */
static void steering(const char *text, char *out, size_t room)
{
	struct config *c = read("check s http\ndatacenter a location=1,2\ndatacenter b\ngeomap m * a b\n");
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	struct steer_entry s;
	struct at_entry at;
	size_t type = 0;
	assert_true(lexer_next(lexer, &e));
	if (token_is(&e.tokens[0], "STEER") && steer_parse(&e, 1, c, c->arena, &faults, &s))
		steer_text(&s, out, room);
	else if (token_is(&e.tokens[0], "AT") && at_parse(&e, 1, c, &faults, &at, &type))
		at_text(&at, type, out, room);
	else
		snprintf(out, room, "!%u %s", faults.list[0].column, faults.list[0].text);
	size_t len = strlen(out);
	if (faults.n > faults.errors)
		snprintf(out + len, room - len, " !%u warning: %s", faults.list[0].column,
			 faults.list[0].text);
	lexer_close(lexer);
	faults_free(&faults);
	config_free(c);
}

static void steer_and_at(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"STEER geo m", "geo map=0 n=0 rest=0 weighted answers=1 min=0 max=0 first"},
		{"STEER pool b a pick=round-robin answers=all",
		 "pool map=-1 n=2 rest=0 round-robin answers=65535 min=0 max=0 first"},
		{"STEER failover b ... min-up=50% max-latency=1s all-down=servfail",
		 "failover map=-1 n=1 rest=1 weighted answers=1 min=50 max=1000000 servfail"},
		{"STEER nearest pick=all all-down=nodata",
		 "nearest map=-1 n=0 rest=0 all answers=1 min=0 max=0 nodata"},
		{"STEER geo m all-down=all PICK=random answers=64 min-up=100",
		 "geo map=0 n=0 rest=0 random answers=64 min=100 max=0 all"},
		{"STEER failover", "failover map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first"},
		{"STEER nearest b a max-latency=1h",
		 "nearest map=-1 n=2 rest=0 weighted answers=1 min=0 max=3600000000 first !15 warning: "
		 "datacenter "
		 "\"b\" has no location=, so it comes last for all clients"},
		{"STEER nearest b", "!7 nearest needs location=, which none of its datacenters has"},
		{"STEER latency", "latency map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first"},
		{"STEER latency b a margin=5%",
		 "latency map=-1 n=2 rest=0 weighted answers=1 min=0 max=0 first margin=5"},
		{"STEER latency margin=0",
		 "latency map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first margin=0"},
		{"STEER latency a ...", "!17 ... has a meaning for failover only"},
		{"STEER latency margin=101%",
		 "!22 \"101%\" is not right for margin; expected: a share from 0% to 100%"},
		{"STEER geo n", "!11 unknown geomap \"n\"; there is m"},
		{"STEER failover a a", "!18 datacenter \"a\" is named twice"},
		{"STEER pool pick=all a", "!21 \"a\" is not of the form key=value"},
		{"STEER pool pick=hash", "pool map=-1 n=0 rest=0 hash answers=1 min=0 max=0 first"},
		{"STEER pool pick=least-connections",
		 "pool map=-1 n=0 rest=0 least-connections answers=1 min=0 max=0 first"},
		{"STEER pool pick=least-time",
		 "pool map=-1 n=0 rest=0 least-time answers=1 min=0 max=0 first"},
		{"STEER pool pick=best",
		 "!17 \"best\" is not right for pick; expected: weighted, round-robin, random, hash, "
		 "least-connections, least-time or all"},
		{"STEER pool pick=hash hash-prefix=0,128 group=g-1_x",
		 "pool map=-1 n=0 rest=0 hash answers=1 min=0 max=0 first hash-prefix=0,128 group=g-1_x"},
		{"STEER pool pick=hash hash-prefix=33,56", "!34 \"33,56\" is not right for hash-prefix; "
							   "expected: the lengths for IPv4 and IPv6, such as "
							   "24,56"},
		{"STEER pool pick=hash hash-prefix=24,129",
		 "!34 \"24,129\" is not right for hash-prefix; expected: the lengths for IPv4 and IPv6, such "
		 "as "
		 "24,56"},
		{"STEER pool pick=hash hash-prefix=24", "!34 \"24\" is not right for hash-prefix; expected: "
							"the lengths for IPv4 and IPv6, such as 24,56"},
		{"STEER pool hash-prefix=24,56", "!12 hash-prefix= has a meaning for pick=hash only"},
		{"STEER pool group=g", "!12 group= has a meaning for pick=hash only"},
		{"STEER pool pick=hash group=a.b", "!28 \"a.b\" is not right for group; expected: a name"},
		{"STEER pool pick=hash group=", "!28 \"\" is not right for group; expected: a name"},
		{"STEER pool margin=20%", "!12 margin= has a meaning for latency only"},
		{"STEER pool ttl=5..300",
		 "pool map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first ttl=5..300"},
		{"STEER pool ttl=0..1h",
		 "pool map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first ttl=0..3600"},
		{"STEER pool ttl=5..5",
		 "pool map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first ttl=5..5"},
		{"STEER pool ttl=6..5",
		 "!16 \"6..5\" is not right for ttl; expected: MIN..MAX, such as 5..300"},
		{"STEER pool ttl=0..0",
		 "!16 \"0..0\" is not right for ttl; expected: MIN..MAX, such as 5..300"},
		{"STEER pool ttl=5", "!16 \"5\" is not right for ttl; expected: MIN..MAX, such as 5..300"},
		{"STEER pool ttl=5..",
		 "!16 \"5..\" is not right for ttl; expected: MIN..MAX, such as 5..300"},
		{"STEER pool answers=0",
		 "!20 \"0\" is not right for answers; expected: a number from 1 to 64, or all"},
		{"STEER pool all-down=none",
		 "!21 \"none\" is not right for all-down; expected: first, all, nodata or servfail"},
		{"STEER pool wieght=1 pick=all", "!12 unknown option of STEER \"wieght\"; there are pick, "
						 "answers, min-up, max-latency, all-down, ttl, "
						 "hash-prefix, group and margin"},
		{"STEER pool pick=all pick=all", "!21 option \"pick\" is given twice"},
		{"AT a A 1", "dc=0 w=1 check=-1 addr=0 backup=0 state=0 type=2"},
		{"AT * weight=0 backup=yes state=down check=s address=192.0.2.1:8080 A 1",
		 "dc=-1 w=0 check=0 addr=1 backup=1 state=2 type=7"},
		{"AT b TXT key=value", "dc=1 w=1 check=-1 addr=0 backup=0 state=0 type=2"},
		{"STEER", "!1 STEER needs a method behind it: geo, nearest, latency, failover or pool"},
		{"STEER geo", "!7 geo needs the name of a geomap behind it"},
		{"STEER geo m a", "!13 geo takes its datacenters from the geomap; none are listed here"},
		{"STEER pool a ...", "!14 ... has a meaning for failover only"},
		{"STEER failover ... a", "!16 ... stands at the end of a list"},
		{"STEER pool pick=all answers=2",
		 "!21 answers= has no meaning beside pick=all, which answers all"},
		{"STEER poll", "!7 unknown method \"poll\", did you mean \"pool\"?"},
		{"STEER pool answers=65",
		 "!20 \"65\" is not right for answers; expected: a number from 1 to 64, or all"},
		{"STEER pool min-up=101%",
		 "!19 \"101%\" is not right for min-up; expected: a share from 0% to 100%"},
		{"AT", "!1 AT needs a datacenter, or *, behind it"},
		{"AT a weight=1", "!6 the entry ends before a record type"},
		{"AT a weight=65535 state=drain AAAA ::1",
		 "dc=0 w=65535 check=-1 addr=0 backup=0 state=1 type=4"},
		{"AT a backup=no type=1 A", "!16 unknown option of AT \"type\"; there are weight, check, "
					    "address, backup, state and capacity"},
		{"AT a check=t A 1", "!12 unknown check \"t\"; there is s"},
		{"AT a address=x A 1",
		 "!14 \"x\" is not right for address; expected: an address, with or without a port"},
		{"AT a weight=1 weight=1 A 1", "!15 option \"weight\" is given twice"},
		{"AT a wait=1 A 1", "!6 unknown option of AT \"wait\"; there are weight, check, address, "
				    "backup, state and capacity"},
		{"AT c A 1", "!4 unknown datacenter \"c\"; there are a and b"},
		{"AT a address=192.0.2.1 A 1", "dc=0 w=1 check=-1 addr=1 backup=0 state=0 type=3 !6 warning: "
					       "address= has no effect without "
					       "check="},
		{"AT a check=s address=::1:80 A 1",
		 "!22 is 80 the port in \"::1:80\"? Write [::1]:80 or [::1:80]"},
		{"AT a capacity=5 A 1", "dc=0 w=1 check=-1 addr=0 backup=0 state=0 type=3 capacity=4..5"},
		{"AT a capacity=1 A 1", "dc=0 w=1 check=-1 addr=0 backup=0 state=0 type=3 capacity=0..1"},
		{"AT a capacity=10..1000000000 A 1",
		 "dc=0 w=1 check=-1 addr=0 backup=0 state=0 type=3 capacity=10..1000000000"},
		{"AT a capacity=0 A 1",
		 "!15 \"0\" is not right for capacity; expected: a number of connections, or LOW..HIGH"},
		{"AT a capacity=5..5 A 1",
		 "!15 \"5..5\" is not right for capacity; expected: a number of connections, or LOW..HIGH"},
		{"AT a capacity=1000000001 A 1", "!15 \"1000000001\" is not right for capacity; expected: a "
						 "number of connections, or LOW..HIGH"},
		{"AT a backup=maybe A 1", "!13 \"maybe\" is not right for backup; expected: yes or no"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[256];
		steering(rows[i].text, got, sizeof(got));
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].text, got);
	}
}

/* Faults of an entry's method do not hide those of its options. */
static void all_faults_of_an_entry(void **state)
{
	(void)state;
	static const char text[] = "STEER pol pick=hush answers=0 group=g";
	struct config *c = read("datacenter a\n");
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	struct steer_entry s;
	assert_true(lexer_next(lexer, &e));
	assert_false(steer_parse(&e, 1, c, c->arena, &faults, &s));
	assert_int_equal(faults.n, 3); /* and group= is not told to need the pick that is misspelt */
	lexer_close(lexer);
	faults_free(&faults);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steer_and_at),
		cmocka_unit_test(all_faults_of_an_entry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
