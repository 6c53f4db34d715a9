/* SPDX-License-Identifier: ISC */
/* STEER and AT entries. */
#include "config/steering.h"
#include "config/fields.h"

#include <string.h>
#include <strings.h>

static const char *const method_words[] = {"geo", "nearest", "failover", "pool"};
static const char *const later_methods[] = {"latency"};
static const char *const later_picks[] = {"hash", "least-connections", "least-time"};

#define N(x) (sizeof(x) / sizeof((x)[0]))

const char *method_word(enum method method)
{
	return method_words[method];
}

const char *pick_word(enum pick pick)
{
	return pick_words[pick];
}

const char *all_down_word(enum all_down all_down)
{
	return all_down_words[all_down];
}

struct steer_entry steer_default(enum method method, int geomap)
{
	return (struct steer_entry){.method = method, .geomap = geomap, .answers = 1};
}

/* Words of the dialect that are refused by name, as options' values are parsed by tables that don't have
 * them. */
static bool check_later(const struct reader *r, const struct entry *entry, size_t first)
{
	bool sound = true;
	for (size_t i = first; i < entry->n; i++) {
		const struct token *t = &entry->tokens[i];
		for (size_t j = 0; j < N(later_picks); j++) {
			size_t len = strlen(later_picks[j]);
			if (t->len == len + 5 && strncasecmp(t->text, "pick=", 5) == 0 &&
			    strncasecmp(t->text + 5, later_picks[j], len) == 0)
				sound = refuse(r, entry, t, "pick \"%s\" is not supported yet",
					       later_picks[j]);
		}
	}
	return sound;
}

static bool method_read(const struct reader *r, const struct entry *entry, const struct token *token,
			enum method *out)
{
	for (size_t i = 0; i < N(later_methods); i++) {
		if (token_is(token, later_methods[i]))
			return refuse(r, entry, token, "method \"%s\" is not supported yet",
				      later_methods[i]);
	}
	for (size_t i = 0; i < N(method_words); i++) {
		if (token_is(token, method_words[i])) {
			*out = (enum method)i;
			return true;
		}
	}
	return refuse_word(r, entry, token, "method", method_words, N(method_words));
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
	const char *words[64];
	size_t n = config->n_geomaps < 64 ? config->n_geomaps : 64;
	for (size_t i = 0; i < n; i++)
		words[i] = config->geomaps[i].name;
	return refuse_word(r, entry, token, "geomap", words, n);
}

static bool any_located(const struct config *config)
{
	for (size_t i = 0; i < config->n_datacenters; i++) {
		if (config->datacenters[i].located)
			return true;
	}
	return false;
}

/* Where the options begin: the first token from `first` on of the form key=value. */
static size_t options_begin(const struct entry *entry, size_t first)
{
	while (first < entry->n && !option_is(&entry->tokens[first]))
		first++;
	return first;
}

static bool steer_read(const struct reader *r, const struct entry *entry, size_t first,
		       struct steer_entry *out)
{
	size_t at = first + 1, options = options_begin(entry, at);
	out->geomap = CONFIG_NONE;
	if (!method_read(r, entry, &entry->tokens[first], &out->method))
		return false;
	if (out->method == METHOD_GEO && !geomap_read(r, entry, at++, &out->geomap))
		return false;
	if (out->method == METHOD_GEO && at < options)
		return refuse(r, entry, &entry->tokens[at],
			      "geo takes its datacenters from the geomap; none are listed here");
	if (out->method == METHOD_NEAREST && !any_located(r->config))
		return refuse(r, entry, &entry->tokens[first],
			      "nearest needs datacenters with location=; there is none");
	struct geomap_line list = {0};
	if (at < options && !datacenters_read(r, entry, at, &list))
		return false;
	if (list.rest && out->method != METHOD_FAILOVER)
		return refuse(r, entry, &entry->tokens[options - 1], "... has a meaning for failover only");
	out->rest = list.rest;
	out->n = list.n;
	out->datacenters = list.datacenters;
	return true;
}

bool steer_parse(const struct entry *entry, size_t first, const struct config *config, struct arena *arena,
		 struct faults *faults, struct steer_entry *out)
{
	struct reader r = {config, arena, faults};
	*out = (struct steer_entry){.geomap = CONFIG_NONE};
	if (first >= entry->n || option_is(&entry->tokens[first]))
		return refuse(&r, entry, &entry->tokens[first - 1],
			      "STEER needs a method behind it: geo, nearest, failover or pool");
	size_t options = options_begin(entry, first);
	if (!check_later(&r, entry, options))
		return false;
	bool sound = options_read(&r, &steer_options, entry, options, entry->n, out);
	sound &= steer_read(&r, entry, first, out);
	for (size_t i = options; sound && out->pick == PICK_ALL && i < entry->n; i++) {
		if (strncasecmp(entry->tokens[i].text, "answers=", 8) == 0)
			sound = refuse(&r, entry, &entry->tokens[i],
				       "answers= has no meaning beside pick=all, which answers all");
	}
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
	const char *words[256];
	size_t n = r->config->n_datacenters < 256 ? r->config->n_datacenters : 256;
	for (size_t i = 0; i < n; i++)
		words[i] = r->config->datacenters[i].name;
	return refuse_word(r, entry, token, "datacenter", words, n);
}

bool at_parse(const struct entry *entry, size_t first, const struct config *config, struct faults *faults,
	      struct at_entry *out, size_t *type)
{
	struct arena *arena = arena_new(); /* values are checked and converted, none is kept as text */
	struct reader r = {config, arena, faults};
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
	*out = fields.at;
	out->has_address = fields.address.given;
	out->address = fields.address.endpoint;
done:
	arena_free(arena);
	return sound;
}
