/* SPDX-License-Identifier: ISC */
/* `query-log` and `dnstap` entries, and their options. */
#include "config/builder.h"

#include <string.h>

#define ROWS(rows) sizeof(rows) / sizeof((rows)[0]), rows

static const struct choice_row messages_rows[] = {
	[RECORD_ALL] = {.word = "all", .help = "both"},
	[RECORD_QUERIES] = {.word = "queries", .help = "what was asked (AUTH_QUERY)"},
	[RECORD_RESPONSES] = {.word = "responses", .help = "what was answered (AUTH_RESPONSE)"},
};

#define SAMPLE_ROW                                                                           \
	{                                                                                    \
		.key = "sample", .kind = VALUE_SAMPLE, .min = 1, .max = 1000000000,          \
		.offset = offsetof(struct record_options, every), .fallback = "1/1",         \
		.expected = "1/N, such as 1/100",                                            \
		.help = "of so many queries one is recorded, at random; 1/1 is all of them", \
	}

static const struct option_row query_log_rows[] = {SAMPLE_ROW};

static const struct option_row dnstap_rows[] = {
	SAMPLE_ROW,
	{.key = "messages",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct record_options, messages),
	 .words = &record_messages,
	 .fallback = "all",
	 .expected = "all, queries or responses",
	 .help = "which messages are sent"},
	{.key = "identity",
	 .kind = VALUE_LINE,
	 .offset = offsetof(struct record_options, identity),
	 .expected = "a text",
	 .help = "what this server is called there; where it is not given, what the keyword "
		 "identity says, and the name of the machine where that is nothing"},
	{.key = "version",
	 .kind = VALUE_LINE,
	 .offset = offsetof(struct record_options, version),
	 .expected = "a text",
	 .help = "what this program is called there; where it is not given, gslbd and its version"},
};

const struct choice_table record_messages = {"dnstap message", ROWS(messages_rows)};
const struct option_table query_log_options = {"query-log", ROWS(query_log_rows)};
const struct option_table dnstap_options = {"dnstap", ROWS(dnstap_rows)};

/* Reads what both have. False: there is one already. */
static bool entry_read(struct builder *b, const struct entry *e, const struct option_table *options,
		       struct record_options *out)
{
	const struct spot *before = seen_before(b, e, SEEN_RECORD, options->of);
	struct record_options read = {0};
	options_read(&b->reader, options, e, 2, e->n, &read);
	if (before != NULL)
		return refuse(&b->reader, e, &e->tokens[0], "%s is given twice; the first is at %s",
			      options->of, spot_text(b, e, before));
	*out = read;
	return true;
}

void query_log_entry_read(struct builder *b, const struct entry *e)
{
	struct record_options *log = &b->config->records[RECORD_LOG];
	if (entry_read(b, e, &query_log_options, log))
		log->path = token_is(&e->tokens[1], "-") ? "-" : path_read(b, e, &e->tokens[1]);
}

void dnstap_entry_read(struct builder *b, const struct entry *e)
{
	struct record_options *dnstap = &b->config->records[RECORD_DNSTAP];
	if (!GSLBD_DNSTAP)
		refuse(&b->reader, e, &e->tokens[0],
		       "this gslbd was built without dnstap: libfstrm was not there");
	else if (entry_read(b, e, &dnstap_options, dnstap) && path_read(b, e, &e->tokens[1]) != NULL)
		dnstap->path =
			socket_path_read(b, e, &e->tokens[1], token_text(&b->reader, e, &e->tokens[1]));
}
