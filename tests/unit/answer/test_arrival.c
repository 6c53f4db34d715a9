/* SPDX-License-Identifier: ISC */
/* Queries that are read together are answered as if each had come alone. */
#include "support/stage.h"
#include "wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const char conf[] =
	"datacenter fra\ndatacenter iad\ngeomap world * iad fra\ngeomap world 10.0.0.0/8 fra\nzone e z\n"
	"zone b.e y\n";
static const char above[] =
	"$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\n"
	"www AT fra A 192.0.2.1\nwww AT iad A 192.0.2.2\nweb CNAME www\n*.wild A 192.0.2.3\n"
	"sub NS ns.sub\nns.sub A 192.0.2.4\nwww.b A 192.0.2.5\n";
static const char below[] = "$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns.e.\nwww A 192.0.2.6\n";

/* A message as it came, or the part of one. */
struct message {
	uint8_t octets[512];
	size_t len;
};

/* A query for that name and type, with an OPT record and the client's network where it is not 0. */
static void write_query(struct message *m, const char *text, uint16_t type, uint8_t network)
{
	const uint8_t opt[] = {0, 0, TYPE_OPT, 4, 208, 0, 0, 0, 0, 0, 9, 0, 8, 0, 5, 0, 1, 8, 0, network};
	struct name name;
	const char *why;
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	*m = (struct message){.octets = {0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, network != 0},
			      .len = HEADER_OCTETS};
	memcpy(m->octets + m->len, name.octets, name.len);
	octets_put16(m->octets + m->len + name.len, type);
	octets_put16(m->octets + m->len + name.len + 2, CLASS_IN);
	m->len += name.len + 4u;
	memcpy(m->octets + m->len, opt, network != 0 ? sizeof(opt) : 0);
	m->len += network != 0 ? sizeof(opt) : 0;
}

/* More than are read at once, with what is dropped or malformed among them. */
static unsigned write_all(struct message *list)
{
	static const struct {
		const char *name;
		uint16_t type;
		uint8_t network;
	} rows[] = {
		{"www.e", TYPE_A, 10},
		{"www.e", TYPE_A, 11},
		{"www.e", TYPE_A, 0},
		{"WWW.B.e", TYPE_A, 0},
		{"b.e", TYPE_DS, 0},
		{"b.e", TYPE_SOA, 10},
		{"web.e", TYPE_A, 11},
		{"x.wild.e", TYPE_A, 0},
		{"nope.e", TYPE_A, 0},
		{"x.sub.e", TYPE_A, 0},
		{"other", TYPE_A, 0},
		{".", TYPE_NS, 0},
		{"a.b.c.d.e.f.g.h.i.j.www.e", TYPE_A, 10},
	};
	unsigned n = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		write_query(&list[n++], rows[i].name, rows[i].type, rows[i].network);
	for (unsigned i = 0; i < 4; i++)
		write_query(&list[n++], "www.e", TYPE_A, 10);
	list[3].octets[2] = 0x80;   /* a response */
	list[5].len = 7;            /* no header */
	list[8].octets[2] = 4 << 3; /* NOTIFY */
	list[14].len--;             /* cut within its option */
	list[15].octets[5] = 2;     /* two questions */
	return n;
}

static void answer_some(struct responder *r, struct message *in, struct message *out, unsigned n)
{
	const struct peer peer = {.addr = {.family = FAMILY_V4, .octets = {11, 1, 1, 1}}};
	for (unsigned i = 0; i < n; i++)
		r->arrivals[i].in = (struct span){in[i].octets, in[i].len};
	responder_read(r, n);
	for (unsigned i = 0; i < n; i++) {
		struct span reply = {out[i].octets, sizeof(out[i].octets)};
		out[i].len = respond(r, &peer, &r->arrivals[i], &reply) == OUTCOME_REPLY ? reply.len : 0;
	}
}

enum { MESSAGES = 17 };

static void queries_read_together_are_answered_as_alone(void **state)
{
	static const struct stage_file files[] = {{"c", conf}, {"z", above}, {"y", below}};
	static struct message in[MESSAGES], alone[MESSAGES], together[MESSAGES];
	struct stage s;
	(void)state;
	stage_open(&s, files, 3);
	assert_int_equal(write_all(in), MESSAGES);
	for (unsigned i = 0; i < MESSAGES; i++)
		answer_some(s.responder, &in[i], &alone[i], 1);
	for (unsigned first = 0; first < MESSAGES; first += ARRIVALS_MAX)
		answer_some(s.responder, &in[first], &together[first],
			    MESSAGES - first < ARRIVALS_MAX ? MESSAGES - first : ARRIVALS_MAX);
	for (unsigned i = 0; i < MESSAGES; i++) {
		assert_int_equal(together[i].len, alone[i].len);
		assert_memory_equal(together[i].octets, alone[i].octets, alone[i].len);
	}
	stage_close(&s);
}

static void what_is_read_with_others_is_what_was_asked(void **state)
{
	static const struct stage_file files[] = {{"c", conf}, {"z", above}, {"y", below}};
	static struct message in[MESSAGES], out[MESSAGES];
	struct stage s;
	(void)state;
	stage_open(&s, files, 3);
	write_all(in);
	answer_some(s.responder, in, out, ARRIVALS_MAX);
	assert_int_equal(out[0].octets[7], 1); /* one answer each, whose last octet tells them apart */
	assert_int_equal(out[0].octets[HEADER_OCTETS + 7 + 4 + 15], 1);
	assert_int_equal(out[1].octets[HEADER_OCTETS + 7 + 4 + 15], 2);
	assert_int_equal(out[2].octets[HEADER_OCTETS + 7 + 4 + 15], 2);
	assert_int_equal(out[3].len, 0);
	assert_int_equal(out[5].len, 0);
	assert_int_equal(out[7].octets[HEADER_OCTETS + 10 + 4 + 15], 3);
	assert_int_equal(out[8].octets[3] & 0xf, RCODE_NOTIMP);
	assert_int_equal(out[10].octets[3] & 0xf, RCODE_REFUSED);
	assert_int_equal(out[12].octets[3] & 0xf, RCODE_NXDOMAIN);
	assert_int_equal(out[14].octets[3] & 0xf, RCODE_FORMERR);
	assert_int_equal(out[15].octets[3] & 0xf, RCODE_FORMERR);
	stage_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_read_together_are_answered_as_alone),
		cmocka_unit_test(what_is_read_with_others_is_what_was_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
