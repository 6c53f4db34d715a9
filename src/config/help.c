/* SPDX-License-Identifier: ISC */
/* The reference of the dialect, out of the tables that parse it. */
#include "config/builder.h"

static void keywords_help(FILE *out)
{
	fputs("gslbd.conf:\n", out);
	for (size_t i = 0; i < n_keywords; i++) {
		if (keywords[i].read != NULL)
			fprintf(out, "  %s %s\n      %s\n", keywords[i].word, keywords[i].form,
				keywords[i].help);
		else
			fprintf(out, "  %s\n      not supported yet\n", keywords[i].word);
	}
}

static void choices_help(const struct choice_table *table, FILE *out)
{
	fprintf(out, "\n%ss:\n", table->what);
	for (size_t i = 0; i < table->n; i++)
		fprintf(out, "  %-14s %s\n", table->rows[i].word,
			table->rows[i].help ? table->rows[i].help : "not supported yet");
}

static void option_help(const struct option_row *row, FILE *out)
{
	if (row->kind == VALUE_UNSUPPORTED) {
		fprintf(out, "  %-14s not supported yet\n", row->key);
		return;
	}
	fprintf(out, "  %-14s %s; %s", row->key, row->help, row->expected);
	if (row->fallback != NULL)
		fprintf(out, " (%s)", row->fallback);
	fputc('\n', out);
}

static void options_help(const struct option_table *table, FILE *out)
{
	fprintf(out, "\n%s options:\n", table->of);
	for (size_t i = 0; i < table->n; i++)
		option_help(&table->rows[i], out);
}

void config_help(FILE *out)
{
	keywords_help(out);
	options_help(&listen_options, out);
	options_help(&admin_options, out);
	options_help(&state_options, out);
	choices_help(&check_kinds, out);
	options_help(&check_options, out);
	options_help(&datacenter_options, out);
	choices_help(&methods, out);
	options_help(&steer_options, out);
	options_help(&at_options, out);
}
