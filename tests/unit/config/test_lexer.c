/* SPDX-License-Identifier: ISC */
/* Entries, tokens, and what is lexically wrong. */
#include "config/lexer.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* All entries as text: tokens in [], `>` before an indented one, `/` between entries; then the faults. */
static void lex(struct lexer *lexer, struct faults *faults, char *out, size_t room)
{
	struct entry e;
	FILE *text = fmemopen(out, room, "w");
	while (lexer_next(lexer, &e)) {
		fprintf(text, "%s%u:", e.indented ? ">" : "", e.line);
		for (size_t i = 0; i < e.n; i++)
			fprintf(text, "[%.*s]", (int)e.tokens[i].len, e.tokens[i].text);
		fputc('/', text);
		if (token_is(&e.tokens[0], "$INCLUDE"))
			lexer_include(lexer, &e, &e.tokens[1]);
	}
	for (size_t i = 0; i < faults->n; i++)
		fprintf(text, "!%u:%u %s", faults->list[i].line, faults->list[i].column,
			faults->list[i].text);
	fclose(text);
	lexer_close(lexer);
	faults_free(faults);
}

static void entries_are_taken_apart(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"", ""},
		{"a b c", "1:[a][b][c]/"},
		{"a b\r\n\tc ; comment\n\n ; only a comment\nd", "1:[a][b]/>2:[c]/5:[d]/"},
		{"a ( b ; c\n d\n) e\nf", "1:[a][b][d][e]/4:[f]/"},
		{"a (b(c)\n)d", "1:[a][b][c][d]/"},
		{"a \"b ; ( c\" d=\"e f\"g", "1:[a][\"b ; ( c\"][d=\"e f\"g]/"},
		{"a\\;b \\040 \"\\\"\"", "1:[a\\;b][\\040][\"\\\"\"]/"},
		{"\xef\xbb\xbf"
		 "a",
		 "1:[a]/"},
		{"a \"b\nc", "2:[c]/!1:3 the quote is not closed on its line"},
		{"a )\nc", "2:[c]/!1:3 a ) without a ( before it"},
		{"a (\nb", "2:[b]/!1:3 the ( is never closed"},
		{"a (\n\n b )c\nd ((e)\n\tf\n", "1:[a][b][c]/>5:[f]/!4:3 the ( is never closed"},
		{"a ( b \"c\nd\n", "2:[d]/!1:7 the quote is not closed on its line"},
		{"( a\n)b", "1:[a][b]/"},
		{"a \"b\\", "!1:5 a backslash at the end of a line escapes nothing"},
		{"a \\\r\nb", "2:[b]/!1:3 a backslash at the end of a line escapes nothing"},
		{"a\tb\r\n\r\n \r\nc", "1:[a][b]/4:[c]/"},
		{"\xef\xbb\xbf b )\n", "!1:4 a ) without a ( before it"},
		{"a \\25x\nb", "2:[b]/!1:3 a backslash before a digit needs three digits, up to \\255"},
		{"a \\256\nb", "2:[b]/!1:3 a backslash before a digit needs three digits, up to \\255"},
		{"a \\\nb", "2:[b]/!1:3 a backslash at the end of a line escapes nothing"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct faults faults = {0};
		char got[1024] = "";
		lex(lexer_open_text("t", rows[i].text, strlen(rows[i].text), &faults), &faults, got,
		    sizeof(got));
		assert_string_equal(got, rows[i].expected);
	}
}

static void a_nul_octet_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		unsigned column;
	} rows[] = {
		{"a\0b\nc", 5, 2},  {"a \"\0\"\nc", 7, 4}, {"a \\\0\nc", 6, 4},
		{"a ;\0\nc", 6, 4}, {"\0\nc", 3, 1},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct faults faults = {0};
		char got[256] = "", expected[256];
		lex(lexer_open_text("t", rows[i].text, rows[i].len, &faults), &faults, got, sizeof(got));
		snprintf(expected, sizeof(expected), "2:[c]/!1:%u a NUL octet has no place in a text file",
			 rows[i].column);
		assert_string_equal(got, expected);
	}
}

/* Each ( takes the rest of the file with it: what is told must not be a fault for each. */
static void a_file_of_open_parentheses_is_not_read_over_and_over(void **state)
{
	(void)state;
	enum { MANY = 100000 };
	char *text = malloc(2 * MANY);
	struct faults faults = {0};
	struct entry e;
	for (size_t i = 0; i < MANY; i++)
		memcpy(text + 2 * i, "(\n", 2);
	struct lexer *lexer = lexer_open_text("t", text, 2 * MANY, &faults);
	assert_false(lexer_next(lexer, &e));
	assert_in_range(faults.n, 1, 100);
	lexer_close(lexer);
	faults_free(&faults);
	free(text);
}

static void a_million_entries_are_read(void **state)
{
	(void)state;
	enum { MANY = 1000000 };
	char *text = NULL;
	size_t len = 0, n = 0, tokens = 0;
	FILE *out = open_memstream(&text, &len);
	for (unsigned i = 0; i < MANY; i++)
		fprintf(out, "h%u 300 IN A 192.0.2.%u ; x\n", i, i & 255);
	fclose(out);
	struct faults faults = {0};
	struct entry e;
	struct lexer *lexer = lexer_open_text("t", text, len, &faults);
	for (; lexer_next(lexer, &e); n++)
		tokens += e.n;
	assert_int_equal(n, MANY);
	assert_int_equal(tokens, 5 * MANY);
	assert_int_equal(faults.n, 0);
	lexer_close(lexer);
	free(text);
}

static void tokens_are_decoded(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"abc", "abc"},           {"\"a b\"", "a b"}, {"x=\"a\"b", "x=ab"},
		{"\\065\\\\\\;", "A\\;"}, {"\"\\\"\"", "\""},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct token token = {.text = rows[i].text, .len = strlen(rows[i].text)};
		char out[32];
		assert_int_equal(token_decode(&token, out, sizeof(out) - 1), strlen(rows[i].expected));
		assert_string_equal(out, rows[i].expected);
	}
	struct token token = {.text = "abcd", .len = 4};
	char out[4];
	assert_true(token_decode(&token, out, 3) == SIZE_MAX);
}

static void includes_are_relative_and_return(void **state)
{
	(void)state;
	char path[FOLDER_PATH_ROOM], got[1024] = "";
	struct folder folder;
	folder_make(&folder);
	folder_make_inner(&folder, "sub");
	folder_write(&folder, "main", "a\n$INCLUDE sub/one\nb\n$INCLUDE nope\n$INCLUDE main\n");
	folder_write(&folder, "sub/one", "c\n$INCLUDE two\nd");
	folder_write(&folder, "sub/two", "e");
	struct faults faults = {0};
	lex(lexer_open(folder_path(&folder, "main", path), NULL, &faults), &faults, got, sizeof(got));
	assert_non_null(
		strstr(got, "1:[a]/2:[$INCLUDE][sub/one]/1:[c]/2:[$INCLUDE][two]/1:[e]/3:[d]/3:[b]/4:"));
	assert_non_null(strstr(got, "nope can't be read: No such file or directory"));
	assert_non_null(strstr(got, "main includes itself"));
	folder_remove(&folder);
}

static void a_file_is_itself_by_any_path(void **state)
{
	(void)state;
	char path[FOLDER_PATH_ROOM], got[1024] = "";
	struct faults faults = {0};
	struct folder folder;
	folder_make(&folder);
	folder_write(&folder, "main", "$INCLUDE ./main\n$INCLUDE link\na\n");
	assert_int_equal(symlink("main", folder_path(&folder, "link", path)), 0);
	lex(lexer_open(folder_path(&folder, "main", path), NULL, &faults), &faults, got, sizeof(got));
	assert_non_null(strstr(got, "3:[a]/!1:10 "));
	assert_non_null(strstr(got, "/./main includes itself!2:10 "));
	assert_non_null(strstr(got, "/link includes itself"));
	folder_remove(&folder);
}

static void includes_are_seventeen_files_deep_at_most(void **state)
{
	(void)state;
	char path[FOLDER_PATH_ROOM], name[16], text[64], got[4096] = "";
	struct faults faults = {0};
	struct folder folder;
	folder_make(&folder);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		snprintf(text, sizeof(text), "$INCLUDE f%u\nin%u\n", i + 1, i);
		folder_write(&folder, name, text);
	}
	lex(lexer_open(folder_path(&folder, "f0", path), NULL, &faults), &faults, got, sizeof(got));
	assert_non_null(strstr(got, "[in16]"));
	assert_null(strstr(got, "[in17]"));
	assert_non_null(strstr(got, "2:[in0]/!1:10 files are included 16 deep; does one include itself?"));
	folder_remove(&folder);
}

/* A text of several megabytes, with entries of many sizes, and a fault at its end. */
static void what_was_read_can_be_dropped(void **state)
{
	(void)state;
	enum { ENTRIES = 60000, ROOM = 120 };
	char *text = malloc((size_t)ENTRIES * ROOM), *p = text, want[ROOM];
	struct faults faults = {0};
	struct entry e;
	for (unsigned i = 0; i < ENTRIES; i++)
		p += sprintf(p, i % 7 == 0 ? "e%u (\n%0*u )\n" : "e%u \\(%0*u\n", i, (int)(i % 100) + 1, i);
	p += sprintf(p, "x (\ny\n");
	struct lexer *lexer = lexer_open_text("z", text, (size_t)(p - text), &faults);
	for (unsigned i = 0, line = 1; i < ENTRIES; i++) {
		assert_true(lexer_next(lexer, &e));
		snprintf(want, sizeof(want), i % 7 == 0 ? "%0*u" : "\\(%0*u", (int)(i % 100) + 1, i);
		assert_int_equal(e.n, 2);
		assert_int_equal(e.line, line);
		assert_int_equal(e.tokens[1].len, strlen(want));
		assert_memory_equal(e.tokens[1].text, want, strlen(want));
		lexer_drop(lexer);
		line += i % 7 == 0 ? 2 : 1;
	}
	assert_true(lexer_next(lexer, &e));
	assert_memory_equal(e.tokens[0].text, "y", 1);
	assert_int_equal(faults.n, 1);
	assert_int_equal(faults.list[0].column, 3);
	lexer_drop(lexer);
	assert_false(lexer_next(lexer, &e));
	lexer_drop(lexer);
	lexer_close(lexer);
	faults_free(&faults);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_taken_apart),
		cmocka_unit_test(a_nul_octet_is_refused),
		cmocka_unit_test(a_file_of_open_parentheses_is_not_read_over_and_over),
		cmocka_unit_test(a_million_entries_are_read),
		cmocka_unit_test(tokens_are_decoded),
		cmocka_unit_test(includes_are_relative_and_return),
		cmocka_unit_test(a_file_is_itself_by_any_path),
		cmocka_unit_test(what_was_read_can_be_dropped),
		cmocka_unit_test(includes_are_seventeen_files_deep_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
