/* SPDX-License-Identifier: ISC */
/* The styles in which the reference of the dialect is written. */
#include "config/help.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_COLUMN = 20, MAN_COLUMNS = 72 };

static const char later[] = "not supported yet";

static void text_heading(FILE *out, const char *title, bool options)
{
	(void)options;
	fprintf(out, "%s:\n", title);
}

static void text_item(FILE *out, const struct help_item *item)
{
	char term[160];
	int used = snprintf(term, sizeof(term), "  %s%s%s", item->term, item->form[0] != '\0' ? " " : "",
			    item->form);
	if (used < TEXT_COLUMN)
		fprintf(out, "%-*s", TEXT_COLUMN, term);
	else
		fprintf(out, "%s\n%*s", term, TEXT_COLUMN, "");
	fputs(item->text != NULL ? item->text : later, out);
	if (item->expected != NULL)
		fprintf(out, "; %s", item->expected);
	if (item->fallback != NULL)
		fprintf(out, " (%s)", item->fallback);
	if (item->option && item->kinds[0] != '\0')
		fprintf(out, "; for %s", item->kinds);
	fputc('\n', out);
}

/* A character as it stands on a line of man(7): none that roff, or its fonts, take for another. */
static const char *man_escape(char c, char plain[static 2])
{
	static const struct {
		char c;
		const char *escape;
	} rows[] = {{'\\', "\\e"},  {'-', "\\-"},   {'"', "\\(dq"},
		    {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].c == c)
			return rows[i].escape;
	}
	plain[0] = c;
	plain[1] = '\0';
	return plain;
}

static void man_put(FILE *out, const char *text, size_t len)
{
	char plain[2];
	for (size_t i = 0; i < len; i++)
		fputs(man_escape(text[i], plain), out);
}

/* A sentence on lines of its own, with a capital and a full stop. No line begins as a request does. */
static void man_sentence(FILE *out, const char *before, const char *text)
{
	char sentence[1024];
	size_t column = 0, len;
	snprintf(sentence, sizeof(sentence), "%s%s", before, text);
	sentence[0] = (char)toupper((unsigned char)sentence[0]);
	for (const char *word = sentence; *word != '\0'; word += len + strspn(word + len, " ")) {
		len = strcspn(word, " ");
		if (column > 0 && column + len >= MAN_COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		fputs(column > 0 ? " " : *word == '.' || *word == '\'' ? "\\&" : "", out);
		man_put(out, word, len);
		column += len + 1;
	}
	fputs(".\n", out);
}

static void man_heading(FILE *out, const char *title, bool options)
{
	(void)options;
	fputs(".SS \"", out);
	man_put(out, title, strlen(title));
	fputs("\"\n", out);
}

static void man_item(FILE *out, const struct help_item *item)
{
	fputs(".TP\n\\fB", out);
	man_put(out, item->term, strlen(item->term));
	fputs(item->option ? "=\\fR" : "\\fR", out);
	if (item->form[0] != '\0') {
		fputs(" \\fI", out);
		man_put(out, item->form, strlen(item->form));
		fputs("\\fR", out);
	}
	fputc('\n', out);
	man_sentence(out, "", item->text != NULL ? item->text : later);
	if (item->expected != NULL)
		man_sentence(out, "Value: ", item->expected);
	if (item->fallback != NULL)
		man_sentence(out, "Default: ", item->fallback);
	if (item->option && item->kinds[0] != '\0')
		man_sentence(out, "For ", item->kinds);
}

static void markdown_heading(FILE *out, const char *title, bool options)
{
	if (options)
		fprintf(out, "| %s | default | |\n|---|---|---|\n", title);
	else
		fprintf(out, "| %s | |\n|---|---|\n", title);
}

/* In a cell of a table `|` has a meaning even in code; outside of code other characters have too. */
static void markdown_put(FILE *out, const char *text, bool code)
{
	for (; *text != '\0'; text++) {
		if (*text == '|' || (!code && strchr("\\*_<[`", *text) != NULL))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void markdown_code(FILE *out, const char *text, const char *form)
{
	fputc('`', out);
	markdown_put(out, text, true);
	fputs(form[0] != '\0' ? " " : "", out);
	markdown_put(out, form, true);
	fputc('`', out);
}

static void markdown_item(FILE *out, const struct help_item *item)
{
	fputs("| ", out);
	markdown_code(out, item->term, item->form);
	fputs(" | ", out);
	if (item->fallback != NULL)
		markdown_code(out, item->fallback, "");
	fputs(item->fallback != NULL ? " | " : item->option ? "| " : "", out);
	markdown_put(out, item->text != NULL ? item->text : later, false);
	if (item->expected != NULL) {
		fputs("; ", out);
		markdown_put(out, item->expected, false);
	}
	if (item->option && item->kinds[0] != '\0')
		fprintf(out, "; for %s", item->kinds);
	fputs(" |\n", out);
}

const struct help_style help_styles[] = {
	{"text", true, text_heading, text_item},
	{"man", false, man_heading, man_item},
	{"markdown", true, markdown_heading, markdown_item},
};
const size_t n_help_styles = sizeof(help_styles) / sizeof(help_styles[0]);
