/* SPDX-License-Identifier: ISC */
/* A text is found however the stream is cut. */
#include "base/random.h"
#include "check/search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Feeds the pieces, which `|` parts, and says how much matches at the end. */
static size_t feed(const char *text, const char *pieces)
{
	size_t matched = 0;
	for (;;) {
		size_t len = strcspn(pieces, "|");
		matched = search_feed(text, matched, pieces, len);
		if (text[matched] == '\0' || pieces[len] == '\0')
			return matched;
		pieces += len + 1;
	}
}

static void texts_are_found_across_pieces(void **state)
{
	(void)state;
	static const struct {
		const char *text, *pieces;
		size_t matched;
	} rows[] = {
		{"ok", "status: ok", 2},
		{"ok", "o|k", 2},
		{"ok", "o||k", 2},
		{"ok", "not o k", 0},
		{"ok", "no", 1},
		{"ok", "oo|k", 2},
		{"aab", "aa|aab", 3},
		{"abab!", "ababab|!", 5},
		{"abcabd", "abcabcab|d", 6},
		{"abcabd", "abcabcab", 5},
		{"", "", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (feed(rows[i].text, rows[i].pieces) != rows[i].matched)
			fail_msg("%s in %s", rows[i].text, rows[i].pieces);
	}
}

static void random_cuts_agree_with_strstr(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 7);
	int found = 0;
	for (int run = 0; run < 20000; run++) {
		char text[8] = {0}, stream[65] = {0};
		for (uint32_t i = 0, n = 1 + random_below(&r, 7); i < n; i++)
			text[i] = (char)('a' + random_below(&r, 2));
		for (int i = 0; i < 64; i++)
			stream[i] = (char)('a' + random_below(&r, 2));
		size_t matched = 0;
		for (size_t at = 0, len; at < 64 && text[matched] != '\0'; at += len) {
			len = 1 + random_below(&r, 9);
			len = len > 64 - at ? 64 - at : len;
			matched = search_feed(text, matched, stream + at, len);
		}
		assert_int_equal(text[matched] == '\0', strstr(stream, text) != NULL);
		found += text[matched] == '\0';
	}
	assert_in_range(found, 1000, 19999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_found_across_pieces),
		cmocka_unit_test(random_cuts_agree_with_strstr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
