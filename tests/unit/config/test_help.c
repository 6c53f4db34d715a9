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

static char *help_as(const char *as)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!config_help(as, out))
		fail_msg("no form %s", as);
	fclose(out);
	return text;
}

static char *help_text(void)
{
	return help_as("text");
}

/* The part of `text` from the line `heading` up to the next empty one, which the caller frees. */
static char *section(const char *text, const char *heading)
{
	const char *begin = strstr(text, heading), *end = begin ? strstr(begin, "\n\n") : NULL;
	if (begin == NULL)
		fail_msg("no %s", heading);
	return end ? strndup(begin, (size_t)(end - begin) + 1) : strdup(begin);
}

/* The end of what is said of one word: the next line that is no further in, or that of the text. */
static const char *said_end(const char *text)
{
	const char *end = strchrnul(text, '\n');
	while (strncmp(end, "\n    ", 5) == 0)
		end = strchrnul(end + 1, '\n');
	return end;
}

/* Does a line of the section begin with the word, and does what follows hold `says`? */
static void expect_line(const char *text, const char *word, const char *says)
{
	char begin[80];
	snprintf(begin, sizeof(begin), "\n  %s", word);
	for (const char *line = strstr(text, begin); line != NULL; line = strstr(line + 1, begin)) {
		const char *behind = line + strlen(begin), *found = strstr(behind, says);
		if ((*behind == ' ' || *behind == '\n') && found != NULL && found < said_end(behind))
			return;
	}
	fail_msg("no line %s that says %s in: %s", word, says, text);
}

static const struct option_table *const option_tables[] = {
	&workers_options,    &listen_options, &tcp_options, &admin_options,   &state_options, &check_options,
	&datacenter_options, &steer_options,  &at_options,  &cookies_options, &limit_options};
static const struct choice_table *const choice_tables[] = {&check_kinds, &methods,      &picks,
							   &all_downs,   &admin_states, &limit_modes};
enum {
	OPTION_TABLES = sizeof(option_tables) / sizeof(option_tables[0]),
	CHOICE_TABLES = sizeof(choice_tables) / sizeof(choice_tables[0])
};

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
	char *text = help_text();
	for (int i = 0; i < OPTION_TABLES; i++) {
		char heading[64];
		snprintf(heading, sizeof(heading), "%s options:\n", option_tables[i]->of);
		char *part = section(text, heading);
		for (size_t j = 0; j < option_tables[i]->n; j++) {
			const struct option_row *row = &option_tables[i]->rows[j];
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
	char *text = help_text();
	for (int i = 0; i < CHOICE_TABLES; i++) {
		char heading[64];
		snprintf(heading, sizeof(heading), "%ss:\n", choice_tables[i]->what);
		char *part = section(text, heading);
		for (size_t j = 0; j < choice_tables[i]->n; j++) {
			const struct choice_row *row = &choice_tables[i]->rows[j];
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
	struct arena *arena = arena_new();
	struct reader r = {.arena = arena};
	for (int i = 0; i < OPTION_TABLES; i++) {
		for (size_t j = 0; j < option_tables[i]->n; j++) {
			_Alignas(16) char into[1024];
			const struct option_row *row = &option_tables[i]->rows[j];
			if (row->fallback != NULL &&
			    !value_read(&r, row, row->fallback, strlen(row->fallback), into))
				fail_msg("%s %s=%s", option_tables[i]->of, row->key, row->fallback);
		}
	}
	arena_free(arena);
}

/* A number as the dialect writes it, with the largest unit that leaves no rest. */
static const char *bound_text(enum value_kind kind, uint64_t value, char out[static 32])
{
	static const struct {
		uint64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {1000, "s"}, {1, "ms"}};
	int at = 0;
	if (kind == VALUE_SIZE)
		snprintf(out, 32, "%llu%s", (unsigned long long)(value < 1024 ? value : value >> 20),
			 value < 1024 ? "" : "m");
	if (kind == VALUE_NUMBER || kind == VALUE_ANSWERS)
		snprintf(out, 32, "%llu", (unsigned long long)value);
	if (kind != VALUE_MS && kind != VALUE_US && kind != VALUE_OPTIONAL_MS)
		return out;
	while (value % units[at].ms != 0)
		at++;
	snprintf(out, 32, "%llu%s", (unsigned long long)(value / units[at].ms), units[at].unit);
	return out;
}

static bool has_bounds(enum value_kind kind)
{
	return kind == VALUE_NUMBER || kind == VALUE_MS || kind == VALUE_US || kind == VALUE_OPTIONAL_MS ||
	       kind == VALUE_SIZE || kind == VALUE_ANSWERS;
}

/* What is said to be right is what is: readers of the reference go by it. */
static void every_bound_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < OPTION_TABLES; i++) {
		for (size_t j = 0; j < option_tables[i]->n; j++) {
			const struct option_row *row = &option_tables[i]->rows[j];
			char min[32], max[32], from[72], upto[40];
			if (!has_bounds(row->kind))
				continue;
			snprintf(from, sizeof(from), "from %s to %s", bound_text(row->kind, row->min, min),
				 bound_text(row->kind, row->max, max));
			snprintf(upto, sizeof(upto), "up to %s", max);
			if (strstr(row->expected, from) == NULL &&
			    !(row->min == 0 && strstr(row->expected, upto) != NULL))
				fail_msg("%s %s: \"%s\" does not say %s", option_tables[i]->of, row->key,
					 row->expected, from);
		}
	}
}

static void all_forms_name_all_words(void **state)
{
	(void)state;
	static const struct {
		const char *conf, *zone;
	} forms[] = {{"man-conf", "man-zone"}, {"markdown-conf", "markdown-zone"}};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char *conf = help_as(forms[i].conf), *zone = help_as(forms[i].zone);
		for (int t = 0; t < OPTION_TABLES; t++) {
			bool zones = option_tables[t] == &steer_options || option_tables[t] == &at_options;
			for (size_t j = 0; j < option_tables[t]->n; j++) {
				char key[64], term[96];
				size_t len = 0;
				for (const char *k = option_tables[t]->rows[j].key; *k != '\0'; k++)
					len += (size_t)snprintf(key + len, sizeof(key) - len, "%s%c",
								i == 0 && *k == '-' ? "\\" : "", *k);
				snprintf(term, sizeof(term), i == 0 ? "\n\\fB%s=\\fR" : "\n| `%s` |", key);
				if (strstr(zones ? zone : conf, term) == NULL)
					fail_msg("no %s in %s", term, zones ? forms[i].zone : forms[i].conf);
			}
		}
		free(conf);
		free(zone);
	}
}

/* Each line of man(7) is a request that is meant, or text that begins no request and is no comment. */
static void man_lines_are_sound(void **state)
{
	(void)state;
	char *parts[] = {help_as("man-conf"), help_as("man-zone")};
	for (int i = 0; i < 2; i++) {
		for (char *line = parts[i], *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			*end = '\0';
			assert_true(strcmp(line, ".TP") == 0 || strncmp(line, ".SS \"", 5) == 0 ||
				    (line[0] != '.' && line[0] != '\'' && line[0] != '\0'));
			for (const char *p = line; (p = strchr(p, '\\')) != NULL; p += 2)
				assert_non_null(strchr("e-(fr&", p[1]));
		}
		free(parts[i]);
	}
}

/* Each row of a table has as many cells as its heading. */
static void markdown_rows_are_whole(void **state)
{
	(void)state;
	char *parts[] = {help_as("markdown-conf"), help_as("markdown-zone")};
	for (int i = 0; i < 2; i++) {
		unsigned columns = 0;
		for (char *line = parts[i], *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
			unsigned bars = 0;
			for (const char *p = line; p < end; p++)
				bars += *p == '|' && (p == line || p[-1] != '\\');
			if (end == line)
				columns = 0;
			else if (columns == 0)
				columns = bars;
			else
				assert_int_equal(bars, columns);
		}
		free(parts[i]);
	}
}

static void other_forms_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",        "tex",           "texts", "man-",
					    "man-con", "man-conf-zone", "-conf", "html"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		assert_false(config_help(wrong[i], out));
		fclose(out);
		assert_int_equal(len, 0);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_keyword_is_there),  cmocka_unit_test(every_option_is_there),
		cmocka_unit_test(every_choice_is_there),   cmocka_unit_test(every_default_is_right),
		cmocka_unit_test(every_bound_is_told),     cmocka_unit_test(all_forms_name_all_words),
		cmocka_unit_test(man_lines_are_sound),     cmocka_unit_test(markdown_rows_are_whole),
		cmocka_unit_test(other_forms_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
