/* SPDX-License-Identifier: ISC */
/* What becomes of a message in the log. */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static void a_message_is_one_line_whatever_is_in_it(void **state)
{
	static const struct {
		const char *message, *line;
	} rows[] = {
		{"plain", "plain\n"},
		{"a\n2026 error b", "a?2026 error b\n"},
		{"\r\t\033[31mred\177", "???[31mred?\n"},
		{"r\303\251sum\303\251 \342\202\254", "r\303\251sum\303\251 \342\202\254\n"},
		{"\302\23331m", "??31m\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256];
		int ends[2], kept = dup(STDERR_FILENO);
		assert_int_equal(pipe(ends), 0);
		dup2(ends[1], STDERR_FILENO);
		log_warn("%s", rows[i].message);
		dup2(kept, STDERR_FILENO);
		ssize_t len = read(ends[0], line, sizeof(line) - 1);
		close(kept);
		close(ends[0]);
		close(ends[1]);
		assert_true(len > 0);
		line[len] = '\0';
		char *text = strstr(line, " warning ");
		assert_non_null(text);
		assert_string_equal(text + strlen(" warning "), rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_message_is_one_line_whatever_is_in_it)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
