/* SPDX-License-Identifier: ISC */
/* The help: every row of every table is in it, and says what it must. */
#include "config/builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static char *help_text(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	config_help(out);
	fclose(out);
	return text;
}

/* The part of `text` from the line `heading` up to the next empty one, which the caller frees. */
static char *section(const char *text, const char *heading)
{
	const char *begin = strstr(text, heading), *end = begin ? strstr(begin, "\n\n") : NULL;
	if (begin == NULL)
		fail_msg("no %s", heading);
	return end ? strndup(begin, (size_t)(end - begin) + 1) : strdup(begin);
}

/* Does a line of the section begin with the word, and does the rest of it hold `says`? */
static void expect_line(const char *text, const char *word, const char *says)
{
	char begin[80];
	snprintf(begin, sizeof(begin), "\n  %s", word);
	for (const char *line = strstr(text, begin); line != NULL; line = strstr(line + 1, begin)) {
		const char *behind = line + strlen(begin), *found = strstr(behind, says);
		const char *end = strstr(behind, "\n  ") ? strchr(behind, '\n') : behind + strlen(behind);
		if ((*behind == ' ' || *behind == '\n') && found != NULL && found < end)
			return;
	}
	fail_msg("no line %s that says %s in: %s", word, says, text);
}

static void every_keyword_is_there(void **state)
{
	(void)state;
	char *text = help_text(), *part = section(text, "gslbd.conf:\n");
	for (size_t i = 0; i < n_keywords; i++) {
		if (keywords[i].read != NULL)
			expect_line(part, keywords[i].word, keywords[i].form);
		else
			assert_non_null(strstr(part, keywords[i].word));
	}
	free(part);
	free(text);
}

static void every_option_is_there(void **state)
{
	(void)state;
	static const struct option_table *const tables[] = {
		&listen_options,     &admin_options, &state_options, &check_options,
		&datacenter_options, &steer_options, &at_options};
	char *text = help_text();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char heading[64];
		snprintf(heading, sizeof(heading), "%s options:\n", tables[i]->of);
		char *part = section(text, heading);
		for (size_t j = 0; j < tables[i]->n; j++) {
			const struct option_row *row = &tables[i]->rows[j];
			bool later = row->kind == VALUE_UNSUPPORTED;
			expect_line(part, row->key, later ? "not supported yet" : row->help);
			if (row->fallback != NULL)
				expect_line(part, row->key, row->fallback);
		}
		free(part);
	}
	free(text);
}

static void every_choice_is_there(void **state)
{
	(void)state;
	static const struct choice_table *const tables[] = {&check_kinds, &methods};
	char *text = help_text();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char heading[64];
		snprintf(heading, sizeof(heading), "%ss:\n", tables[i]->what);
		char *part = section(text, heading);
		for (size_t j = 0; j < tables[i]->n; j++) {
			const struct choice_row *row = &tables[i]->rows[j];
			expect_line(part, row->word, row->help ? row->help : "not supported yet");
		}
		free(part);
	}
	free(text);
}

/* A default that its own row refuses would silently be zero. */
static void every_default_is_right(void **state)
{
	(void)state;
	static const struct option_table *const tables[] = {&admin_options, &state_options,
							    &check_options, &datacenter_options,
							    &steer_options, &at_options};
	struct arena *arena = arena_new();
	struct reader r = {.arena = arena};
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (size_t j = 0; j < tables[i]->n; j++) {
			_Alignas(16) char into[1024];
			const struct option_row *row = &tables[i]->rows[j];
			if (row->fallback != NULL &&
			    !value_read(&r, row, row->fallback, strlen(row->fallback), into))
				fail_msg("%s %s=%s", tables[i]->of, row->key, row->fallback);
		}
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_keyword_is_there),
		cmocka_unit_test(every_option_is_there),
		cmocka_unit_test(every_choice_is_there),
		cmocka_unit_test(every_default_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
