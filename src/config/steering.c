/* SPDX-License-Identifier: ISC */
/* STEER and AT entries. */
#include "config/steering.h"
#include "config/fields.h"

const char *method_word(enum method method)
{
	return methods.rows[method].word;
}

const char *pick_word(enum pick pick)
{
	return picks.rows[pick].word;
}

const char *all_down_word(enum all_down all_down)
{
	return all_downs.rows[all_down].word;
}

struct steer_entry steer_default(enum method method, int geomap)
{
	return (struct steer_entry){.method = method,
				    .geomap = geomap,
				    .answers = 1,
				    .hash_v4 = 24,
				    .hash_v6 = 56,
				    .margin_percent = 20};
}

bool steer_equal(const struct steer_entry *a, const struct steer_entry *b)
{
	bool same_group = a->group == b->group ||
			  (a->group != NULL && b->group != NULL && strcmp(a->group, b->group) == 0);
	return a->method == b->method && a->geomap == b->geomap && a->rest == b->rest && a->n == b->n &&
	       (a->n == 0 || memcmp(a->datacenters, b->datacenters, a->n * sizeof(a->datacenters[0])) == 0) &&
	       a->pick == b->pick && a->answers == b->answers && a->min_up_percent == b->min_up_percent &&
	       a->max_latency_us == b->max_latency_us && a->all_down == b->all_down &&
	       a->ttl_s.low == b->ttl_s.low && a->ttl_s.high == b->ttl_s.high && a->hash_v4 == b->hash_v4 &&
	       a->hash_v6 == b->hash_v6 && a->margin_percent == b->margin_percent && same_group;
}

static bool geomap_read(const struct reader *r, const struct entry *entry, size_t at, int *out)
{
	const struct config *config = r->config;
	if (at == entry->n || option_is(&entry->tokens[at]))
		return refuse(r, entry, &entry->tokens[at - 1], "geo needs the name of a geomap behind it");
	const struct token *token = &entry->tokens[at];
	*out = config_geomap(config, token->text, token->len);
	if (*out != CONFIG_NONE)
		return true;
	return refuse_name(r, entry, token, THING_GEOMAP);
}

/* Where the options begin: the first token from `first` on of the form key=value. */
static size_t options_begin(const struct entry *entry, size_t first)
{
	while (first < entry->n && !option_is(&entry->tokens[first]))
		first++;
	return first;
}

/* The datacenters between the method and the options. */
static bool list_read(const struct reader *r, const struct entry *entry, size_t at, size_t options,
		      struct steer_entry *out)
{
	struct geomap_line list = {0};
	if (at < options && out->method == METHOD_GEO)
		return refuse(r, entry, &entry->tokens[at],
			      "geo takes its datacenters from the geomap; none are listed here");
	if (at < options && !datacenters_read(r, entry, at, &list))
		return false;
	if (list.rest && out->method != METHOD_FAILOVER)
		return refuse(r, entry, &entry->tokens[options - 1], "... has a meaning for failover only");
	if (out->method == METHOD_NEAREST && !any_located(r->config, list.datacenters, list.n))
		return refuse(r, entry, &entry->tokens[at - 1],
			      list.n == 0 ? "nearest needs datacenters with location=; there is none"
					  : "nearest needs location=, which none of its datacenters has");
	for (unsigned i = 0; i < list.n && out->method == METHOD_NEAREST; i++) {
		const struct datacenter *dc = &r->config->datacenters[list.datacenters[i]];
		if (!dc->located)
			fault_warn(r->faults, token_spot(entry, &entry->tokens[at + i]),
				   "datacenter \"%s\" has no location=, so it comes last for all clients",
				   dc->name);
	}
	out->rest = list.rest;
	out->n = list.n;
	out->datacenters = list.datacenters;
	return true;
}

static bool steer_read(const struct reader *r, const struct entry *entry, size_t first, size_t options,
		       struct steer_entry *out)
{
	size_t at = first + 1;
	int method = METHOD_POOL;
	if (!choice_read(r, entry, &entry->tokens[first], &methods, &method))
		return false;
	out->method = (enum method)method;
	if (out->method == METHOD_GEO && !geomap_read(r, entry, at++, &out->geomap))
		return false;
	return list_read(r, entry, at, options, out);
}

/* Options that only one pick or method has a use for. */
static bool options_fit(const struct reader *r, const struct entry *entry, size_t options,
			const struct steer_entry *steer)
{
	static const char *const of_hash[] = {"hash-prefix", "group"};
	bool sound = true;
	for (size_t i = 0; i < sizeof(of_hash) / sizeof(of_hash[0]) && steer->pick != PICK_HASH; i++) {
		const struct token *given = option_given(entry, options, of_hash[i]);
		if (given != NULL)
			sound = refuse(r, entry, given, "%s= has a meaning for pick=hash only", of_hash[i]);
	}
	return sound;
}

bool steer_parse(const struct entry *entry, size_t first, const struct config *config, struct arena *arena,
		 struct faults *faults, struct steer_entry *out)
{
	struct reader r = {.config = config, .arena = arena, .faults = faults};
	*out = (struct steer_entry){.geomap = CONFIG_NONE};
	if (first >= entry->n || option_is(&entry->tokens[first]))
		return refuse(&r, entry, &entry->tokens[first - 1],
			      "STEER needs a method behind it: geo, nearest, latency, failover or pool");
	size_t options = options_begin(entry, first);
	struct steer_fields fields = {.steer = *out};
	bool sound = options_read(&r, &steer_options, entry, options, entry->n, &fields);
	*out = fields.steer;
	out->hash_v4 = fields.hash_prefix.v4;
	out->hash_v6 = fields.hash_prefix.v6;
	sound = sound && options_fit(&r, entry, options, out);
	sound &= steer_read(&r, entry, first, options, out);
	const struct token *margin = option_given(entry, options, "margin");
	if (sound && margin != NULL && out->method != METHOD_LATENCY)
		sound = refuse(&r, entry, margin, "margin= has a meaning for latency only");
	const struct token *answers = option_given(entry, options, "answers");
	if (out->pick == PICK_ALL && answers != NULL)
		return refuse(&r, entry, answers,
			      "answers= has no meaning beside pick=all, which answers all");
	return sound;
}

static bool datacenter_read(const struct reader *r, const struct entry *entry, const struct token *token,
			    int *out)
{
	*out = CONFIG_NONE;
	if (token->len == 1 && token->text[0] == '*')
		return true;
	*out = config_datacenter(r->config, token->text, token->len);
	if (*out != CONFIG_NONE)
		return true;
	return refuse_name(r, entry, token, THING_DATACENTER);
}

bool at_parse(const struct entry *entry, size_t first, const struct config *config, struct faults *faults,
	      struct at_entry *out, size_t *type)
{
	struct arena *arena = arena_new(); /* values are checked and converted, none is kept as text */
	struct reader r = {.config = config, .arena = arena, .faults = faults};
	struct at_fields fields = {.at.check = CONFIG_NONE};
	bool sound = false;
	if (first >= entry->n) {
		refuse(&r, entry, &entry->tokens[first - 1], "AT needs a datacenter, or *, behind it");
		goto done;
	}
	for (*type = first + 1; *type < entry->n && option_is(&entry->tokens[*type]);)
		++*type;
	sound = datacenter_read(&r, entry, &entry->tokens[first], &fields.at.datacenter);
	sound &= options_read(&r, &at_options, entry, first + 1, *type, &fields);
	if (*type == entry->n)
		sound = refuse(&r, entry, &entry->tokens[entry->n - 1],
			       "the entry ends before a record type");
	if (sound && fields.address.given && fields.at.check == CONFIG_NONE)
		fault_warn(faults, token_spot(entry, option_given(entry, first + 1, "address")),
			   "address= has no effect without check=");
	*out = fields.at;
	out->has_address = fields.address.given;
	out->address = fields.address.endpoint;
done:
	arena_free(arena);
	return sound;
}
