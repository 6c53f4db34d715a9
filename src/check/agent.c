/* SPDX-License-Identifier: ISC */
/* A row a word; what follows a `#` is the reason of a failure. */
#include "check/agent.h"
#include "check/transfer.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { PERCENT_MAX = 256 };

enum meaning { MEANS_NOTHING, MEANS_READY, MEANS_DRAIN, MEANS_MAINT, MEANS_DOWN, MEANS_UNKNOWN };

struct word {
	const char *at;
	size_t len;
};

/* The decimal number that is all of the word; anything over PERCENT_MAX is one too many. */
static bool read_number(struct word w, unsigned *out)
{
	*out = 0;
	for (size_t i = 0; i < w.len; i++) {
		if (!isdigit((unsigned char)w.at[i]))
			return false;
		if (*out <= PERCENT_MAX)
			*out = *out * 10 + (unsigned)(w.at[i] - '0');
	}
	return w.len > 0;
}

/* `NN%`, or `maxconn:N`, whose limit is of no use here. */
static bool read_figure(struct word w, struct check_result *result)
{
	static const char maxconn[] = "maxconn:";
	size_t before = sizeof(maxconn) - 1;
	unsigned number;
	if (w.len > before && strncasecmp(w.at, maxconn, before) == 0)
		return read_number((struct word){w.at + before, w.len - before}, &number);
	if (w.at[w.len - 1] != '%' || !read_number((struct word){w.at, w.len - 1}, &number) ||
	    number > PERCENT_MAX)
		return false;
	result->weight_percent = number < 100 ? (uint8_t)number : 100;
	return true;
}

static enum meaning meaning_of(struct word w, struct check_result *result)
{
	static const struct {
		const char *word;
		enum meaning meaning;
	} rows[] = {
		{"up", MEANS_NOTHING},   {"ready", MEANS_READY}, {"drain", MEANS_DRAIN},
		{"maint", MEANS_MAINT},  {"down", MEANS_DOWN},   {"failed", MEANS_DOWN},
		{"stopped", MEANS_DOWN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].word) == w.len && strncasecmp(w.at, rows[i].word, w.len) == 0)
			return rows[i].meaning;
	}
	return read_figure(w, result) ? MEANS_NOTHING : MEANS_UNKNOWN;
}

static int at_most(size_t n, int limit)
{
	return n < (size_t)limit ? (int)n : limit;
}

/* The next word from p on; one of no length at the end. Words lie between blanks and commas. */
static struct word next_word(const char *p, const char *end)
{
	static const char between[] = " \t\r,"; /* its NUL is one too */
	while (p < end && memchr(between, *p, sizeof(between)) != NULL)
		p++;
	struct word w = {p, 0};
	while (p + w.len < end && memchr(between, p[w.len], sizeof(between)) == NULL)
		w.len++;
	return w;
}

bool agent_read(const char *line, size_t len, struct check_result *result)
{
	const char *hash = memchr(line, '#', len), *end = hash != NULL ? hash : line + len;
	struct word w = next_word(line, end);
	if (w.len == 0) {
		result_fail(result, "no word in the agent's reply");
		return false;
	}
	for (; w.len > 0; w = next_word(w.at + w.len, end)) {
		switch (meaning_of(w, result)) {
		case MEANS_NOTHING: break;
		case MEANS_READY: result->agent = ADMIN_UP; break;
		case MEANS_DRAIN: result->agent = ADMIN_DRAIN; break;
		case MEANS_MAINT: result->agent = ADMIN_DOWN; break;
		case MEANS_DOWN:
			if (hash != NULL)
				result_fail(result, "the agent says %.*s: %.*s", (int)w.len, w.at,
					    at_most((size_t)(line + len - hash - 1), 80), hash + 1);
			else
				result_fail(result, "the agent says %.*s", (int)w.len, w.at);
			return false;
		case MEANS_UNKNOWN:
			result_fail(result, "unknown word \"%.*s\" in the agent's reply", at_most(w.len, 40),
				    w.at);
			return false;
		}
	}
	return true;
}
