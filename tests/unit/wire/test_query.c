/* SPDX-License-Identifier: ISC */
/* Reading queries: sound ones, and every way a client-subnet option can be wrong. */
#include "wire/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define HEADER(flags, qd, an, ns, ar) "\x12\x34" flags "\0" qd "\0" an "\0" ns "\0" ar
#define QUESTION                      "\3WwW\7example\3com\0\0\1\0\1"
#define IXFR                          "\7example\3com\0\0\xfb\0\1"
#define VERSION(type)                 "\xc0\x0c\0" type "\0\1\0\0\0\0\0\x16\0\0\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"
#define OPT(rdlength, rdata)          "\0\0\x29\x04\xd0\0\0\x80\0\0" rdlength rdata

#define TSIG                          "\1k\0\0\xfa\0\xff\0\0\0\0\0\0"

struct message {
	const char *octets;
	size_t len;
};
#define MESSAGE(text)                  \
	{                              \
		text, sizeof(text) - 1 \
	}

/* Reads from memory of exactly the message's size, so that a sanitizer sees a step beyond it. */
static bool read(const struct message *m, struct query *q, enum rcode *rcode)
{
	uint8_t *copy = malloc(m->len ? m->len : 1);
	memcpy(copy, m->octets, m->len);
	bool ok = query_read((struct span){copy, m->len}, q, rcode);
	free(copy);
	return ok;
}

static void a_query_is_read(void **state)
{
	(void)state;
	struct message m = MESSAGE(HEADER("\x01\x10", "\1", "\0", "\0", "\1")
					   QUESTION OPT("\x0b", "\0\x08\0\x07\0\1\x18\0\xcb\0\x71"));
	struct query q;
	enum rcode rcode;
	assert_true(read(&m, &q, &rcode));
	assert_int_equal(rcode, RCODE_NOERROR);
	assert_int_equal(q.type, TYPE_A);
	assert_int_equal(q.class, CLASS_IN);
	assert_int_equal(q.name.labels, 3);
	assert_memory_equal(q.name.octets, "\3www\7example\3com", 17);
	assert_int_equal(q.label_at[1], 4);
	assert_int_equal(q.label_at[3], 16);
	assert_true(q.edns);
	assert_true(q.dnssec_ok);
	assert_int_equal(q.udp_size, 1232);
	assert_true(q.subnet.present);
	assert_int_equal(q.subnet.source, 24);
	assert_int_equal(q.subnet.addr.family, FAMILY_V4);
	assert_memory_equal(q.subnet.addr.octets, "\xcb\0\x71\0", 4);
}

static void what_is_wrong_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct message message;
		enum rcode expected;
	} rows[] = {
		{"no question", MESSAGE(HEADER("\0\0", "\0", "\0", "\0", "\0")), RCODE_FORMERR},
		{"two questions", MESSAGE(HEADER("\0\0", "\2", "\0", "\0", "\0") QUESTION QUESTION),
		 RCODE_FORMERR},
		{"an answer", MESSAGE(HEADER("\0\0", "\1", "\1", "\0", "\0") QUESTION), RCODE_FORMERR},
		{"signed", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION TSIG), RCODE_NOERROR},
		{"behind a signature",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\2") QUESTION TSIG OPT("\0", "")), RCODE_FORMERR},
		{"signed twice", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\2") QUESTION TSIG TSIG),
		 RCODE_FORMERR},
		{"an authority", MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\0") QUESTION VERSION("\6")),
		 RCODE_FORMERR},
		{"transfer", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") IXFR), RCODE_NOERROR},
		{"transfer from a version",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\0") IXFR VERSION("\6")), RCODE_NOERROR},
		{"transfer from a version, EDNS",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\1") IXFR VERSION("\6") OPT("\0", "")),
		 RCODE_NOERROR},
		{"transfer from an NS", MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\0") IXFR VERSION("\2")),
		 RCODE_FORMERR},
		{"transfer from two versions",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\2", "\0") IXFR VERSION("\6") VERSION("\6")),
		 RCODE_FORMERR},
		{"transfer with an answer",
		 MESSAGE(HEADER("\0\0", "\1", "\1", "\0", "\0") IXFR VERSION("\6")), RCODE_FORMERR},
		{"transfer, version missing", MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\0") IXFR),
		 RCODE_FORMERR},
		{"transfer, version cut",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\1", "\0") IXFR "\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0"),
		 RCODE_FORMERR},
		{"short question", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") "\3www"), RCODE_FORMERR},
		{"no type", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") "\3www\0\0\1"), RCODE_FORMERR},
		{"pointer", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") "\xc0\x0c\0\1\0\1"),
		 RCODE_FORMERR},
		{"label of 64", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") "\x40www\0\0\1\0\1"),
		 RCODE_FORMERR},
		{"more behind", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") QUESTION "x"), RCODE_FORMERR},
		{"record missing", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION), RCODE_FORMERR},
		{"two OPT",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\2") QUESTION OPT("\0", "") OPT("\0", "")),
		 RCODE_FORMERR},
		{"OPT with an owner",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION "\1a\0\0\x29\x04\xd0\0\0\0\0\0\0"),
		 RCODE_FORMERR},
		{"OPT cut", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION OPT("\4", "\0\1")),
		 RCODE_FORMERR},
		{"option cut", MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION OPT("\4", "\0\1\0\1")),
		 RCODE_FORMERR},
		{"other additional",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION
			 "\1a\xc0\x0c\0\1\0\1\0\0\0\0\0\4\1\2\3\4"),
		 RCODE_NOERROR},
		{"notify", MESSAGE(HEADER("\x20\0", "\1", "\0", "\0", "\0") QUESTION), RCODE_NOTIMP},
		{"update", MESSAGE(HEADER("\x28\0", "\1", "\0", "\1", "\0") QUESTION), RCODE_NOTIMP},
		{"version 1",
		 MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION "\0\0\x29\x04\xd0\0\1\0\0\0\0"),
		 RCODE_BADVERS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query q;
		enum rcode rcode;
		assert_true(read(&rows[i].message, &q, &rcode));
		if (rcode != rows[i].expected)
			fail_msg("%s: rcode %d", rows[i].name, rcode);
	}
}

/* A worker reads one query after another into the same place, and counts them by their type. */
static void a_question_that_cannot_be_read_has_no_type(void **state)
{
	(void)state;
	static const struct message rows[] = {
		MESSAGE(HEADER("\0\0", "\0", "\0", "\0", "\0")),
		MESSAGE(HEADER("\0\0", "\2", "\0", "\0", "\0") QUESTION QUESTION),
		MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\0") "\3www"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query q = {.type = TYPE_MX};
		enum rcode rcode;
		assert_true(read(&rows[i], &q, &rcode));
		assert_int_equal(q.question_len, 0);
		assert_int_equal(q.type, 0);
	}
}

static void responses_and_fragments_are_dropped(void **state)
{
	(void)state;
	static const struct message rows[] = {
		MESSAGE(""),
		MESSAGE("\x12\x34\0\0\0\1\0\0\0\0\0"),
		MESSAGE(HEADER("\x80\0", "\1", "\0", "\0", "\0") QUESTION),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query q;
		enum rcode rcode;
		assert_false(read(&rows[i], &q, &rcode));
	}
}

static void a_subnet_option_is_exact_or_refused(void **state)
{
	(void)state;
#define SUBNET(rdlength, option) \
	MESSAGE(HEADER("\0\0", "\1", "\0", "\0", "\1") QUESTION OPT(rdlength, option))
	static const struct {
		const char *name;
		struct message message;
		bool sound;
	} rows[] = {
		{"v4 /24", SUBNET("\x0b", "\0\x08\0\x07\0\1\x18\0\xcb\0\x71"), true},
		{"v4 /0", SUBNET("\x08", "\0\x08\0\x04\0\1\0\0"), true},
		{"v4 /32", SUBNET("\x0c", "\0\x08\0\x08\0\1\x20\0\xcb\0\x71\1"), true},
		{"v6 /56", SUBNET("\x0f", "\0\x08\0\x0b\0\2\x38\0\x20\1\x0d\xb8\0\0\1"), true},
		{"family 0 /0", SUBNET("\x08", "\0\x08\0\x04\0\0\0\0"), true},
		{"v4 /20, zero bits", SUBNET("\x0b", "\0\x08\0\x07\0\1\x14\0\xcb\0\x70"), true},
		{"v4 /20, bits beyond", SUBNET("\x0b", "\0\x08\0\x07\0\1\x14\0\xcb\0\x71"), false},
		{"v4 /33", SUBNET("\x0d", "\0\x08\0\x09\0\1\x21\0\xcb\0\x71\1\0"), false},
		{"too few octets", SUBNET("\x0a", "\0\x08\0\x06\0\1\x18\0\xcb\0"), false},
		{"too many octets", SUBNET("\x0c", "\0\x08\0\x08\0\1\x18\0\xcb\0\x71\0"), false},
		{"scope", SUBNET("\x0b", "\0\x08\0\x07\0\1\x18\x18\xcb\0\x71"), false},
		{"family 3", SUBNET("\x0b", "\0\x08\0\x07\0\3\x18\0\xcb\0\x71"), false},
		{"family 0 /8", SUBNET("\x09", "\0\x08\0\x05\0\0\x08\0\x0a"), false},
		{"v6 /129",
		 SUBNET("\x19", "\0\x08\0\x15\0\2\x81\0"
				"0123456789abcdef\0"),
		 false},
		{"three octets", SUBNET("\x07", "\0\x08\0\x03\0\1\0"), false},
		{"a sound one, and a cut option", SUBNET("\x0d", "\0\x08\0\x07\0\1\x18\0\xcb\0\x71\0\1"),
		 false},
		{"twice", SUBNET("\x10", "\0\x08\0\x04\0\1\0\0\0\x08\0\x04\0\1\0\0"), false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query q;
		enum rcode rcode;
		assert_true(read(&rows[i].message, &q, &rcode));
		if ((rcode == RCODE_NOERROR) != rows[i].sound)
			fail_msg("%s: rcode %d", rows[i].name, rcode);
		assert_true(
			q.edns); /* a reply to a wrong option has an OPT record still, but not the option */
		if (q.subnet.present != rows[i].sound)
			fail_msg("%s: the option is %srepeated", rows[i].name, rows[i].sound ? "not " : "");
	}
}

/* Every octet value in a label is folded, and nothing else is. */
static void letters_are_folded_and_only_letters(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char octets[] = HEADER("\0\0", "\1", "\0", "\0", "\0") "\3aXb\0\0\1\0\1";
		octets[14] = (char)c;
		struct message m = {octets, sizeof(octets) - 1};
		struct query q;
		enum rcode rcode;
		assert_true(read(&m, &q, &rcode));
		assert_int_equal(rcode, RCODE_NOERROR);
		assert_int_equal(q.name.octets[2], c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
}

/* A name of `len` octets out of labels of at most `longest`, in upper case. Where its root label is. */
static size_t long_name(uint8_t *octets, size_t len, size_t longest)
{
	size_t at = 0;
	while (len - at > 1) {
		size_t left = len - at - 2, label = left < longest ? left : longest;
		if (label == 0 || left - label == 1)
			label = left > 1 ? left - 2 : left;
		octets[at] = (uint8_t)label;
		for (size_t i = 1; i <= label; i++)
			octets[at + i] = (uint8_t)('A' + i % 26);
		at += label + 1;
	}
	octets[at] = 0;
	return at;
}

static void names_of_every_length_are_read(void **state)
{
	(void)state;
	for (size_t len = 3; len <= NAME_OCTETS_MAX + 3; len++) {
		uint8_t octets[HEADER_OCTETS + NAME_OCTETS_MAX + 9] = {0x12, 0x34, 0, 0, 0, 1};
		assert_int_equal(long_name(octets + HEADER_OCTETS, len, 63), len - 1);
		octets[HEADER_OCTETS + len + 1] = TYPE_A;
		octets[HEADER_OCTETS + len + 3] = CLASS_IN;
		struct message m = {(const char *)octets, HEADER_OCTETS + len + 4};
		struct query q;
		enum rcode rcode;
		assert_true(read(&m, &q, &rcode));
		assert_int_equal(rcode, len > NAME_OCTETS_MAX ? RCODE_FORMERR : RCODE_NOERROR);
		if (rcode != RCODE_NOERROR)
			continue;
		assert_int_equal(q.name.len, len);
		for (size_t i = 0; i < len; i++) {
			uint8_t c = octets[HEADER_OCTETS + i];
			assert_int_equal(q.name.octets[i], c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_read),
		cmocka_unit_test(what_is_wrong_is_told_apart),
		cmocka_unit_test(a_question_that_cannot_be_read_has_no_type),
		cmocka_unit_test(responses_and_fragments_are_dropped),
		cmocka_unit_test(a_subnet_option_is_exact_or_refused),
		cmocka_unit_test(letters_are_folded_and_only_letters),
		cmocka_unit_test(names_of_every_length_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
