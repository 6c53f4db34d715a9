/* SPDX-License-Identifier: ISC */
/* Tables of round-trip times: a line a place or network, and datacenter. */
#include "config/builder.h"
#include "config/value.h"

#include <string.h>

enum { LATENCY_MS_MAX = 60000 };

/* `80`, in milliseconds, or a duration: `80ms`, `1s`. */
static bool time_read(const char *text, size_t len, uint32_t *us)
{
	uint64_t number;
	uint32_t ms;
	if (value_number(text, len, &number))
		ms = number <= LATENCY_MS_MAX ? (uint32_t)number : 0;
	else if (!value_duration_ms(text, len, &ms) || ms > LATENCY_MS_MAX)
		return false;
	*us = ms * 1000;
	return ms > 0;
}

static void row_read(struct builder *b, const struct reader *r, const struct entry *e)
{
	struct latency_row row = {.from.at = spot_kept(b, e, &e->tokens[0])};
	char place[ADDR_TEXT_MAX], key[ADDR_TEXT_MAX + 32];
	if (e->n != 3) {
		refuse(r, e, &e->tokens[e->n - 1],
		       "a line of a latency table is: PLACE-OR-NETWORK DATACENTER TIME");
		return;
	}
	const struct token *t = e->tokens;
	int datacenter = config_datacenter(b->config, t[1].text, t[1].len);
	bool sound = place_key_read(r, e, &t[0], &row.from);
	if (datacenter == CONFIG_NONE)
		sound = refuse_name(r, e, &t[1], THING_DATACENTER);
	if (!time_read(t[2].text, t[2].len, &row.us))
		sound = refuse(r, e, &t[2],
			       "\"%.*s\" is no time from 1ms to 60s; a number alone is in milliseconds",
			       (int)t[2].len, t[2].text);
	if (!sound)
		return;
	row.datacenter = (uint16_t)datacenter;
	snprintf(key, sizeof(key), "%d %s", datacenter, place_key_format(&row.from, place));
	const struct spot *before = seen_before(b, e, SEEN_LATENCY_ROW, key);
	if (before != NULL)
		refuse(r, e, &t[0], "%s has a time to that datacenter already, at %s", place,
		       spot_text(b, e, before));
	else
		b->config->latencies =
			list_add(b, b->config->latencies, &b->config->n_latencies, &row, sizeof(row));
}

void latency_file_read(struct builder *b, const char *path, struct spot named)
{
	struct lexer *lexer = lexer_open(path, &named, b->reader.faults);
	struct entry e;
	if (lexer == NULL)
		return;
	while (lexer_next(lexer, &e)) {
		struct reader r = b->reader;
		r.file = e.file;
		if (token_is(&e.tokens[0], "$INCLUDE") && e.n == 2)
			lexer_include(lexer, &e, &e.tokens[1]);
		else
			row_read(b, &r, &e);
	}
	lexer_close(lexer);
	b->file = NULL; /* it was the lexer's: another may get the same memory */
}
