/* SPDX-License-Identifier: ISC */
/* Options through the one door: what each transport is told, and what a cookie is taken for. */
#include "support/stage.h"
#include "wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(x)     (sizeof(x) / sizeof((x)[0]))
#define QUESTION "\3www\1e\0\0\1\0\1"

enum { NOW_S = 1700000000, QUESTION_OCTETS = sizeof(QUESTION) - 1, ROOM = 4096 };

static void begin(struct stage *s, const char *conf)
{
	static const char zone[] =
		"$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nwww A 192.0.2.1\n";
	char text[256];
	snprintf(text, sizeof(text), "%s\nzone e z\n", conf);
	stage_open(s, (const struct stage_file[]){{"c", text}, {"z", zone}}, 2);
	s->responder->now_s = NOW_S;
	s->responder->cookie_secret = (struct cookie_secret){"sixteen octets!"};
}

struct exchange {
	enum transport transport;
	uint16_t idle_timeout_ds;
	bool no_question;
	const uint8_t *options;
	size_t options_len;
	uint8_t reply[ROOM];
	size_t reply_len;
	unsigned rcode; /* with its upper bits */
};

/* Asks for www.e A from 192.0.2.9, with these options. */
static void exchange(struct stage *s, struct exchange *x)
{
	uint8_t query[600] = {0x12, 0x34, 0, 0, 0, !x->no_question, 0, 0, 0, 0, 0, 1};
	const struct peer peer = {.addr = {FAMILY_V4, {192, 0, 2, 9}},
				  .transport = x->transport,
				  .idle_timeout_ds = x->idle_timeout_ds};
	size_t at = HEADER_OCTETS;
	if (!x->no_question) {
		memcpy(query + at, QUESTION, QUESTION_OCTETS);
		at += QUESTION_OCTETS;
	}
	octets_put16(query + at + 1, TYPE_OPT);
	octets_put16(query + at + 3, 4096);
	octets_put16(query + at + 9, (unsigned)x->options_len);
	memcpy(query + at + 11, x->options, x->options_len);
	struct span out = {x->reply, ROOM};
	assert_int_equal(
		respond(s->responder, &peer,
			responder_read_one(s->responder, (struct span){query, at + 11 + x->options_len}),
			&out),
		OUTCOME_REPLY);
	x->reply_len = out.len;
}

/* The reply's OPT record: behind the question and an answer, or where there is none. */
static const uint8_t *opt_of(struct exchange *x)
{
	size_t at = HEADER_OCTETS + (x->no_question ? 0 : QUESTION_OCTETS);
	assert_int_equal(octets_get16(x->reply + 10), 1);
	at += octets_get16(x->reply + 6) * 16u;
	assert_int_equal(octets_get16(x->reply + at + 1), TYPE_OPT);
	x->rcode = (x->reply[3] & 15u) | (unsigned)x->reply[at + 5] << 4;
	return x->reply + at;
}

/* The value of an option of the reply, and its length; NULL: it is not there. */
static const uint8_t *option_of(struct exchange *x, unsigned code, size_t *len)
{
	const uint8_t *opt = opt_of(x), *end = x->reply + x->reply_len;
	assert_int_equal(octets_get16(opt + 9), end - opt - 11);
	for (const uint8_t *at = opt + 11; at < end; at += 4 + *len) {
		*len = octets_get16(at + 2);
		if (octets_get16(at) == code)
			return at + 4;
	}
	return NULL;
}

static void each_transport_is_told_what_is_for_it(void **state)
{
	(void)state;
	static const uint8_t all[] = {0, 3, 0, 0, 0, 11, 0, 0, 0, 12, 0, 0}, wrong[] = {0, 11, 0, 2, 0, 1};
	static const struct {
		enum transport transport;
		uint16_t idle_timeout_ds;
		bool keepalive, padding;
		enum rcode wrong;
	} rows[] = {{TRANSPORT_UDP, 0, false, false, RCODE_NOERROR},
		    {TRANSPORT_UDP, 100, false, false, RCODE_NOERROR},
		    {TRANSPORT_XDP, 0, false, false, RCODE_NOERROR},
		    {TRANSPORT_TCP, 100, true, false, RCODE_FORMERR},
		    {TRANSPORT_TCP, 0, false, false, RCODE_FORMERR},
		    {TRANSPORT_TLS, 100, true, true, RCODE_FORMERR}};
	struct stage s;
	begin(&s, "identity me");
	for (size_t i = 0; i < N(rows); i++) {
		struct exchange x = {.transport = rows[i].transport,
				     .idle_timeout_ds = rows[i].idle_timeout_ds,
				     .options = all,
				     .options_len = sizeof(all)};
		size_t len;
		exchange(&s, &x);
		const uint8_t *keepalive = option_of(&x, EDNS_OPTION_KEEPALIVE, &len);
		assert_int_equal(keepalive != NULL, rows[i].keepalive);
		assert_true(keepalive == NULL || (len == 2 && octets_get16(keepalive) == 100));
		assert_int_equal(option_of(&x, EDNS_OPTION_PADDING, &len) != NULL, rows[i].padding);
		assert_int_equal(x.reply_len == EDNS_PADDING_BLOCK, rows[i].padding);
		assert_memory_equal(option_of(&x, EDNS_OPTION_NSID, &len), "me", 2);
		x.options = wrong;
		x.options_len = sizeof(wrong);
		exchange(&s, &x);
		opt_of(&x);
		assert_int_equal(x.rcode, rows[i].wrong);
	}
	stage_close(&s);
}

/* Asks with a cookie of `len` octets, which becomes that of the reply, where there is one. */
static unsigned ask_with_cookie(struct stage *s, uint8_t *cookie, size_t *len, bool no_question)
{
	uint8_t option[4 + COOKIE_OCTETS_MAX] = {0, EDNS_OPTION_COOKIE};
	struct exchange x = {.options = option, .options_len = 4 + *len, .no_question = no_question};
	octets_put16(option + 2, (unsigned)*len);
	memcpy(option + 4, cookie, *len);
	exchange(s, &x);
	const uint8_t *value = option_of(&x, EDNS_OPTION_COOKIE, len);
	if (value == NULL)
		*len = 0;
	else
		memcpy(cookie, value, *len);
	return x.rcode;
}

static void a_cookie_is_taken_and_made_anew(void **state)
{
	(void)state;
	for (int no_question = 0; no_question < 2; no_question++) {
		struct stage s;
		begin(&s, "");
		const bool *valid = &s.responder->arrivals[0].query.cookie_valid;
		uint8_t cookie[COOKIE_OCTETS_MAX] = "client's", first[COOKIE_OCTETS];
		size_t len = 8;
		assert_int_equal(ask_with_cookie(&s, cookie, &len, no_question), RCODE_NOERROR);
		assert_int_equal(len, COOKIE_OCTETS);
		assert_false(*valid);
		memcpy(first, cookie, sizeof(first));

		s.responder->now_s += 1800;
		assert_int_equal(ask_with_cookie(&s, cookie, &len, no_question), RCODE_NOERROR);
		assert_true(*valid);
		assert_memory_equal(cookie, first, sizeof(first)); /* as it was */

		s.responder->now_s += 1;
		assert_int_equal(ask_with_cookie(&s, cookie, &len, no_question), RCODE_NOERROR);
		assert_true(*valid);
		assert_memory_not_equal(cookie, first, sizeof(first));

		cookie[20] ^= 1;
		assert_int_equal(ask_with_cookie(&s, cookie, &len, no_question),
				 no_question ? RCODE_BADCOOKIE : RCODE_NOERROR);
		assert_false(*valid);
		assert_int_equal(ask_with_cookie(&s, cookie, &len, no_question), RCODE_NOERROR);
		assert_true(*valid); /* it was told a good one */
		stage_close(&s);
	}
}

static void without_cookies_nothing_is_said_of_them(void **state)
{
	(void)state;
	struct stage s;
	begin(&s, "cookies off");
	uint8_t cookie[COOKIE_OCTETS_MAX] = "client's";
	size_t len = 8;
	assert_int_equal(ask_with_cookie(&s, cookie, &len, false), RCODE_NOERROR);
	assert_int_equal(len, 0);
	len = 8;
	assert_int_equal(ask_with_cookie(&s, cookie, &len, true), RCODE_FORMERR);
	assert_int_equal(len, 0);
	stage_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_transport_is_told_what_is_for_it),
		cmocka_unit_test(a_cookie_is_taken_and_made_anew),
		cmocka_unit_test(without_cookies_nothing_is_said_of_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
