/* SPDX-License-Identifier: ISC */
/* Options that few queries have: which are read, and what they take up in replies. */
#include "wire/edns.h"
#include "wire/octets.h"
#include "wire/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N(x)     (sizeof(x) / sizeof((x)[0]))
#define QUESTION "\1a\0\0\1\0\1"

struct text {
	const char *octets;
	size_t len;
};
#define TEXT(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

/* A query of these options, in memory of just its length. The caller frees *octets. */
static struct span query_of(const struct text *options, bool question, uint8_t **octets)
{
	uint8_t message[600] = {0x12, 0x34, 0, 0, 0, question, 0, 0, 0, 0, 0, 1};
	size_t at = HEADER_OCTETS;
	if (question) {
		memcpy(message + at, QUESTION, sizeof(QUESTION) - 1);
		at += sizeof(QUESTION) - 1;
	}
	octets_put16(message + at + 1, TYPE_OPT);
	octets_put16(message + at + 3, 1232);
	octets_put16(message + at + 9, (unsigned)options->len);
	memcpy(message + at + 11, options->octets, options->len);
	at += 11 + options->len;
	*octets = malloc(at);
	memcpy(*octets, message, at);
	return (struct span){*octets, at};
}

#define C8  "12345678"
#define C16 C8 C8
#define C40 C16 C16 C8

static void options_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		struct text options;
		enum rcode rcode;
		unsigned asked, cookie_len;
	} rows[] = {
		{"none", TEXT(""), RCODE_NOERROR, 0, 0},
		{"unknown", TEXT("\0\x64\0\2ab"), RCODE_NOERROR, 0, 0},
		{"NSID", TEXT("\0\3\0\0"), RCODE_NOERROR, ASKED_NSID, 0},
		{"NSID with a value, which is ignored", TEXT("\0\3\0\2xy"), RCODE_NOERROR, ASKED_NSID, 0},
		{"padding", TEXT("\0\x0c\0\3\0\0\0"), RCODE_NOERROR, ASKED_PADDING, 0},
		{"keepalive", TEXT("\0\x0b\0\0"), RCODE_NOERROR, ASKED_KEEPALIVE, 0},
		{"keepalive with a value", TEXT("\0\x0b\0\2\0\1"), RCODE_NOERROR, ASKED_KEEPALIVE_WRONG, 0},
		{"cookie of the client", TEXT("\0\x0a\0\x08" C8), RCODE_NOERROR, ASKED_COOKIE, 8},
		{"cookie of both", TEXT("\0\x0a\0\x18" C16 C8), RCODE_NOERROR, ASKED_COOKIE, 24},
		{"the shortest of both", TEXT("\0\x0a\0\x10" C16), RCODE_NOERROR, ASKED_COOKIE, 16},
		{"the longest", TEXT("\0\x0a\0\x28" C40), RCODE_NOERROR, ASKED_COOKIE, 40},
		{"empty cookie", TEXT("\0\x0a\0\0"), RCODE_FORMERR, 0, 0},
		{"short cookie",
		 TEXT("\0\x0a\0\7"
		      "1234567"),
		 RCODE_FORMERR, 0, 0},
		{"cookie between", TEXT("\0\x0a\0\x09" C8 "9"), RCODE_FORMERR, 0, 0},
		{"cookie just below", TEXT("\0\x0a\0\x0f" C8 "1234567"), RCODE_FORMERR, 0, 0},
		{"long cookie", TEXT("\0\x0a\0\x29" C40 "9"), RCODE_FORMERR, 0, 0},
		{"two cookies", TEXT("\0\x0a\0\x08" C8 "\0\x0a\0\x10" C16), RCODE_NOERROR, ASKED_COOKIE, 8},
		{"a second that is malformed", TEXT("\0\x0a\0\x08" C8 "\0\x0a\0\1x"), RCODE_NOERROR,
		 ASKED_COOKIE, 8},
		{"all of them", TEXT("\0\3\0\0\0\x0a\0\x08" C8 "\0\x0b\0\0\0\x0c\0\0"), RCODE_NOERROR,
		 ASKED_NSID | ASKED_COOKIE | ASKED_KEEPALIVE | ASKED_PADDING, 8},
		{"one, and a cut one", TEXT("\0\3\0\0\0\x0c\0\4\0"), RCODE_FORMERR, 0, 0},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct query q;
		enum rcode rcode;
		uint8_t *octets;
		struct span in = query_of(&rows[i].options, true, &octets);
		assert_true(query_read(in, &q, &rcode));
		if (rcode != rows[i].rcode || q.asked != rows[i].asked)
			fail_msg("%s: rcode %d, asked %#x", rows[i].name, rcode, q.asked);
		if ((q.asked & ASKED_COOKIE) &&
		    (q.cookie_len != rows[i].cookie_len || memcmp(q.cookie, C8, 8) != 0))
			fail_msg("%s: cookie of %u", rows[i].name, q.cookie_len);
		assert_false(q.cookie_valid);
		free(octets);
	}
}

/* RFC 7873 §5.4 */
static void a_query_for_a_cookie_needs_no_question(void **state)
{
	(void)state;
	static const struct {
		struct text options;
		enum rcode rcode;
	} rows[] = {{TEXT("\0\x0a\0\x08" C8), RCODE_NOERROR},
		    {TEXT("\0\3\0\0"), RCODE_FORMERR},
		    {TEXT(""), RCODE_FORMERR}};
	for (size_t i = 0; i < N(rows); i++) {
		struct query q = {.type = TYPE_A, .class = CLASS_IN};
		enum rcode rcode;
		uint8_t *octets;
		struct span in = query_of(&rows[i].options, false, &octets);
		assert_true(query_read(in, &q, &rcode));
		assert_int_equal(rcode, rows[i].rcode);
		assert_int_equal(q.question_len, 0);
		assert_int_equal(q.type, 0);
		assert_int_equal(q.class, 0);
		free(octets);
	}
}

static const struct extended_error error = {EXTENDED_OTHER, "a reason"};
static const struct text asking = TEXT("\0\3\0\0\0\x0c\0\0");

/* Writes a reply with an option of `value` octets into `room`, and gives its length. */
static size_t reply_of(size_t value, size_t room, uint16_t block, uint8_t *out)
{
	struct query q;
	enum rcode rcode;
	uint8_t *octets, option[EDNS_TEXT_MAX] = {0};
	struct span in = query_of(&asking, true, &octets);
	struct reply r;
	const struct reply_status status = {.error = &error};
	assert_true(query_read(in, &q, &rcode));
	reply_begin(&r, &q, out, room, TRANSPORT_TLS);
	edns_put(&r, EDNS_OPTION_NSID, option, value);
	if (block > 0)
		edns_pad(&r, block);
	size_t len = reply_end(&r, &q, &status);
	free(octets);
	return len;
}

/* How many octets the option of a code has in the OPT record that the message ends with; -1: it has none. */
static int option_len(const uint8_t *message, size_t len, unsigned code)
{
	const uint8_t *at = message + HEADER_OCTETS + sizeof(QUESTION) - 1 + 11, *end = message + len;
	int found = -1;
	assert_int_equal(octets_get16(at - 2), end - at);
	while (at < end) {
		if (octets_get16(at) == code)
			found = octets_get16(at + 2);
		at += 4 + octets_get16(at + 2);
	}
	assert_ptr_equal(at, end);
	return found;
}

enum { PLAIN = HEADER_OCTETS + sizeof(QUESTION) - 1 + 11, ERROR = 4 + 2 + 8 };

static void a_reply_keeps_to_its_room(void **state)
{
	(void)state;
	for (size_t value = 0; value <= EDNS_TEXT_MAX; value += 5) {
		for (size_t room = PLAIN; room <= PLAIN + 4 + value + ERROR + 1; room++) {
			uint8_t *out = malloc(room);
			size_t len = reply_of(value, room, 0, out);
			bool has_value = room >= PLAIN + 4 + value;
			size_t left = room - PLAIN - (has_value ? 4 + value : 0);
			assert_int_equal(option_len(out, len, EDNS_OPTION_NSID), has_value ? (int)value : -1);
			assert_int_equal(option_len(out, len, EDNS_OPTION_ERROR), left >= ERROR ? 10 : -1);
			assert_true(len <= room);
			free(out);
		}
	}
}

static void a_reply_is_padded_to_whole_blocks(void **state)
{
	(void)state;
	static const struct {
		size_t value, room, len;
	} rows[] = {{0, 65535, 468},
		    {EDNS_TEXT_MAX, 65535, 468},
		    {0, 460, 460},                                     /* as far as there is room */
		    {0, PLAIN + 4 + ERROR + 4, PLAIN + 4 + ERROR + 4}, /* for no more than the option */
		    {0, PLAIN + 4 + ERROR + 3, PLAIN + 4 + ERROR + 3}, /* of which the error takes none */
		    {0, PLAIN + 4 + 3, PLAIN + 4}};
	for (size_t i = 0; i < N(rows); i++) {
		uint8_t *out = malloc(rows[i].room);
		size_t len = reply_of(rows[i].value, rows[i].room, EDNS_PADDING_BLOCK, out);
		assert_int_equal(len, rows[i].len);
		option_len(out, len, EDNS_OPTION_PADDING);
		free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(a_query_for_a_cookie_needs_no_question),
		cmocka_unit_test(a_reply_keeps_to_its_room),
		cmocka_unit_test(a_reply_is_padded_to_whole_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
