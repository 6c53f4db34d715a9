/* SPDX-License-Identifier: ISC */
/* The reference of the dialect, out of the tables that parse it. */
#include "config/help.h"
#include "config/builder.h"

#include <string.h>

enum file_kind { FILE_CONF = 1, FILE_ZONE = 2, FILE_BOTH = FILE_CONF | FILE_ZONE };

/* One table, and in which kind of file its words stand. */
struct part {
	unsigned files;
	const struct choice_table *choices;
	const struct option_table *options;
};

static const struct part parts[] = {
	{FILE_CONF, .options = &workers_options},    {FILE_CONF, .options = &listen_options},
	{FILE_CONF, .options = &tcp_options},        {FILE_CONF, .options = &admin_options},
	{FILE_CONF, .options = &state_options},      {FILE_CONF, .options = &limit_options},
	{FILE_CONF, .choices = &limit_modes},        {FILE_CONF, .options = &cookies_options},
	{FILE_CONF, .options = &query_log_options},  {FILE_CONF, .options = &dnstap_options},
	{FILE_CONF, .choices = &record_messages},    {FILE_CONF, .options = &key_options},
	{FILE_CONF, .choices = &key_algorithms},     {FILE_CONF, .options = &zone_options},
	{FILE_CONF, .choices = &check_kinds},        {FILE_CONF, .options = &check_options},
	{FILE_CONF, .options = &datacenter_options}, {FILE_ZONE, .choices = &methods},
	{FILE_ZONE, .options = &steer_options},      {FILE_ZONE, .choices = &picks},
	{FILE_ZONE, .choices = &all_downs},          {FILE_ZONE, .options = &at_options},
	{FILE_BOTH, .choices = &admin_states},
};

static void keywords_write(const struct help_style *style, FILE *out)
{
	style->heading(out, "gslbd.conf", false);
	for (size_t i = 0; i < n_keywords; i++) {
		struct help_item item = {.term = keywords[i].word, .form = ""};
		if (keywords[i].read != NULL) {
			item.form = keywords[i].form;
			item.text = keywords[i].help;
		}
		style->item(out, &item);
	}
}

static void choices_write(const struct help_style *style, const struct choice_table *table, FILE *out)
{
	char title[64];
	snprintf(title, sizeof(title), "%ss", table->what);
	style->heading(out, title, false);
	for (size_t i = 0; i < table->n; i++) {
		const struct choice_row *row = &table->rows[i];
		struct help_item item = {
			.term = row->word, .form = row->form ? row->form : "", .text = row->help};
		style->item(out, &item);
	}
}

/* "http and https checks", "all checks but calc"; "" where they are all of them. */
static void kinds_phrase(unsigned kinds, char *out, size_t room)
{
	char list[96];
	unsigned all = (1u << check_kinds.n) - 1, others = ~kinds & all;
	bool most = __builtin_popcount(others) < __builtin_popcount(kinds & all);
	kinds_format(most ? others : kinds & all, list, sizeof(list));
	out[0] = '\0';
	if (kinds != 0 && others != 0)
		snprintf(out, room, most ? "all checks but %s" : "%s checks", list);
}

static void options_write(const struct help_style *style, const struct option_table *table, FILE *out)
{
	char title[64], kinds[128] = "";
	snprintf(title, sizeof(title), "%s options", table->of);
	style->heading(out, title, true);
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		struct help_item item = {.term = row->key, .form = "", .option = true, .kinds = kinds};
		kinds_phrase(row->kinds, kinds, sizeof(kinds));
		if (row->kind != VALUE_UNSUPPORTED) {
			item.text = row->help;
			item.expected = row->expected;
			item.fallback = row->fallback;
		}
		style->item(out, &item);
	}
}

/* The style and files that `as` asks for. */
static const struct help_style *style_find(const char *as, unsigned *files)
{
	const char *dash = strchrnul(as, '-');
	for (size_t i = 0; i < n_help_styles; i++) {
		const struct help_style *style = &help_styles[i];
		if (strlen(style->word) != (size_t)(dash - as) ||
		    strncmp(style->word, as, (size_t)(dash - as)) != 0)
			continue;
		*files = strcmp(dash, "-conf") == 0   ? FILE_CONF
			 : strcmp(dash, "-zone") == 0 ? FILE_ZONE
			 : *dash == '\0'              ? FILE_BOTH
						      : 0;
		return *files != 0 ? style : NULL;
	}
	return NULL;
}

bool config_help(const char *as, FILE *out)
{
	unsigned files, written = 0;
	const struct help_style *style = style_find(as, &files);
	if (style == NULL)
		return false;
	if (files & FILE_CONF) {
		keywords_write(style, out);
		written++;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!(parts[i].files & files))
			continue;
		if (style->apart && written++ > 0)
			fputc('\n', out);
		if (parts[i].options != NULL)
			options_write(style, parts[i].options, out);
		else
			choices_write(style, parts[i].choices, out);
	}
	return true;
}
