/* SPDX-License-Identifier: ISC */
/* `rate-limit`: its options and its reader. */
#include "config/builder.h"
#include "config/fields.h"
#include "config/value.h"

#include <string.h>

enum { RATE_MAX = 100000, PREFIX_V6_MAX = 64 };

static const struct choice_row limit_mode_rows[] = {
	[LIMIT_OFF] = {.word = "off", .help = "nothing is limited, nor counted"},
	[LIMIT_LOG] = {.word = "log",
		       .help = "all is answered; the log and gslbd_limited_total tell what would be limited"},
	[LIMIT_ON] = {.word = "on", .help = "what is too much is dropped, or sent truncated"},
};

#define RATE_ROW(word, number, text)                                                          \
	{                                                                                     \
		.key = word, .kind = VALUE_COUNT,                                             \
		.offset = offsetof(struct limit_fields, rates) + (number) * sizeof(uint32_t), \
		.max = RATE_MAX, .expected = "a number from 0 to 100000",                     \
		.help = text ", a second; 0: no limit; as RATE where it is not given"         \
	}

static const struct option_row limit_rows[] = {
	{.key = "mode",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct limit_fields, mode),
	 .words = &limit_modes,
	 .fallback = "on",
	 .expected = "off, log or on",
	 .help = "what becomes of responses that are too many"},
	{.key = "slip",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct limit_fields, slip),
	 .max = 10,
	 .fallback = "2",
	 .expected = "a number from 0 to 10",
	 .help = "one of so many limited responses, at random, is sent without records and marked as "
		 "truncated, so that who really asks comes back over TCP; the others are dropped; 0: all "
		 "are"},
	{.key = "exempt",
	 .kind = VALUE_NETWORKS,
	 .offset = offsetof(struct limit_fields, exempt),
	 .expected = "networks with commas between, such as 192.0.2.0/24,::1/128",
	 .help = "clients that are not limited"},
	RATE_ROW("referrals", LIMIT_REFERRALS, "delegations to one child zone"),
	RATE_ROW("nodata", LIMIT_NODATA, "answers of no record for one name"),
	RATE_ROW("nxdomains", LIMIT_NXDOMAINS, "answers that a name is not in one zone"),
	RATE_ROW("errors", LIMIT_ERRORS, "answers such as REFUSED, FORMERR and SERVFAIL"),
	{.key = "prefix",
	 .kind = VALUE_HASH_PREFIX,
	 .offset = offsetof(struct limit_fields, prefix),
	 .fallback = "24,56",
	 .expected = "the lengths for IPv4, 1 to 32, and IPv6, 1 to 64, such as 24,56",
	 .help = "how large a client's network is"},
	{.key = "table",
	 .kind = VALUE_COUNT,
	 .offset = offsetof(struct limit_fields, table),
	 .min = 1000,
	 .max = 100000000,
	 .fallback = "100000",
	 .expected = "a number from 1000 to 100000000",
	 .help = "what is counted at once, one for a network, kind and name, of 8 octets each; where that "
		 "is not enough, those make room that are farthest from the limit"},
};

const struct choice_table limit_modes = {
	"rate-limit mode", sizeof(limit_mode_rows) / sizeof(limit_mode_rows[0]), limit_mode_rows};
const struct option_table limit_options = {"rate-limit", sizeof(limit_rows) / sizeof(limit_rows[0]),
					   limit_rows};

bool read_networks(struct arena *arena, const char *text, size_t len, struct networks *out)
{
	const char *end = text + len;
	size_t n = 1;
	for (const char *p = text; p < end; p++)
		n += *p == ',';
	struct prefix *list = arena_alloc(arena, n * sizeof(*list));
	*out = (struct networks){n, list};
	for (size_t i = 0; i < n; i++) {
		const char *comma = memchr(text, ',', (size_t)(end - text)), *stop = comma ? comma : end;
		if (!prefix_parse(text, (size_t)(stop - text), &list[i]))
			return false;
		text = stop + 1;
	}
	return true;
}

bool refuse_networks(const struct reader *r, const struct entry *entry, const struct token *value,
		     const char *text)
{
	struct token one = *value;
	for (const char *at = text;; at += one.len + 1) {
		struct prefix ignored;
		one.text = at;
		one.len = strcspn(at, ",");
		one.column = value->column + (unsigned)(at - text);
		if (one.len == 0)
			refuse(r, entry, &one, "a network is missing here, such as 203.0.113.0/24");
		else
			network_read(r, entry, &one, &ignored);
		if (at[one.len] == '\0')
			return false;
	}
}

static void take(struct rate_limit *limit, const struct limit_fields *fields)
{
	limit->mode = (enum limit_mode)fields->mode;
	memcpy(limit->rates, fields->rates, sizeof(limit->rates));
	limit->slip = fields->slip;
	limit->prefix_v4 = fields->prefix.v4;
	limit->prefix_v6 = fields->prefix.v6;
	limit->table = fields->table;
	limit->n_exempts = fields->exempt.n;
	limit->exempts = fields->exempt.list;
}

void limit_entry_read(struct builder *b, const struct entry *e)
{
	const struct spot *before = seen_before(b, e, SEEN_LIMIT, "");
	const struct token *t = &e->tokens[1];
	struct limit_fields fields = {0};
	uint64_t rate = 0;
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "rate-limit is given twice; the first is at %s",
		       spot_text(b, e, before));
	if (!value_number(t->text, t->len, &rate) || rate < 1 || rate > RATE_MAX)
		refuse(&b->reader, e, t, "a number of responses a second from 1 to %d is expected", RATE_MAX);
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		fields.rates[i] = (uint32_t)rate;
	if (!options_read(&b->reader, &limit_options, e, 2, e->n, &fields))
		return;
	if (fields.prefix.v4 == 0 || fields.prefix.v6 == 0 || fields.prefix.v6 > PREFIX_V6_MAX)
		refuse(&b->reader, e, option_given(e, 2, "prefix"),
		       "the length of a network is 1 to 32 for IPv4, and 1 to %d for IPv6", PREFIX_V6_MAX);
	take(&b->config->rate_limit, &fields);
}
