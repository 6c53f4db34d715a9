/* SPDX-License-Identifier: ISC */
/* Lines of a geomap: for whom it is, and the datacenters in order. */
#include "base/country.h"
#include "config/builder.h"
#include "config/value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const continents[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};

/* Copies a code of `min` to `max` letters or digits in upper case. */
static bool code_read(const char *text, size_t len, size_t min, size_t max, char *out)
{
	if (len < min || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]))
			return false;
		out[i] = (char)toupper((unsigned char)text[i]);
	}
	out[len] = '\0';
	return true;
}

static bool continent_read(const char *text, size_t len, char *out)
{
	if (len == 1 && text[0] == '*')
		return true;
	if (!code_read(text, len, 2, 2, out))
		return false;
	for (size_t i = 0; i < sizeof(continents) / sizeof(continents[0]); i++) {
		if (strcmp(continents[i], out) == 0)
			return true;
	}
	return false;
}

/* A code that no database has: the line would never hold. */
static bool country_right(const struct reader *r, const struct entry *entry, const struct token *token,
			  const struct geomap_line *line)
{
	static const char *const mistaken[][2] = {{"UK", "GB"}, {"EL", "GR"}};
	const struct country *country = country_find(line->country);
	for (size_t i = 0; country == NULL && i < sizeof(mistaken) / sizeof(mistaken[0]); i++) {
		if (strcmp(mistaken[i][0], line->country) == 0)
			return refuse(r, entry, token,
				      "\"%s\" is no country of ISO 3166-1, did you mean \"%s\"?",
				      line->country, mistaken[i][1]);
	}
	if (country == NULL)
		return refuse(r, entry, token, "\"%s\" is no country of ISO 3166-1", line->country);
	if (line->continent[0] != '\0' && strcmp(line->continent, country->continent) != 0)
		fault_warn(r->faults, token_spot(entry, token),
			   "%s is in %s, not in %s: write %s/%s, or */%s whatever a database says",
			   line->country, country->continent, line->continent, country->continent,
			   line->country, line->country);
	return true;
}

/* CONTINENT, CONTINENT/COUNTRY or CONTINENT/COUNTRY/SUBDIVISION, where * stands for any continent. */
static bool region_read(const struct reader *r, const struct entry *entry, const struct token *token,
			struct geomap_line *out)
{
	const char *end = token->text + token->len, *country = memchr(token->text, '/', token->len);
	const char *subdivision = country ? memchr(country + 1, '/', (size_t)(end - country) - 1) : NULL;
	const char *continent_end = country ? country : end, *country_end = subdivision ? subdivision : end;
	if (!continent_read(token->text, (size_t)(continent_end - token->text), out->continent))
		return refuse(
			r, entry, token,
			"\"%.*s\" is no continent: AF, AN, AS, EU, NA, OC, SA or *, and what may stand here "
			"is a "
			"continent, CONTINENT/COUNTRY, CONTINENT/COUNTRY/SUBDIVISION, AS64500 or a network",
			(int)(continent_end - token->text), token->text);
	out->key = GEOMAP_CONTINENT;
	if (country == NULL)
		return true;
	out->key = GEOMAP_COUNTRY;
	if (!code_read(country + 1, (size_t)(country_end - country) - 1, 2, 2, out->country) ||
	    !isalpha((unsigned char)country[1]) || !isalpha((unsigned char)country[2]))
		return refuse(r, entry, token,
			      "the country in \"%.*s\" must be a code of two letters (ISO 3166-1)",
			      (int)token->len, token->text);
	if (!country_right(r, entry, token, out))
		return false;
	if (subdivision == NULL)
		return true;
	out->key = GEOMAP_SUBDIVISION;
	if (!code_read(subdivision + 1, (size_t)(end - subdivision) - 1, 1, 3, out->subdivision))
		return refuse(
			r, entry, token,
			"the subdivision in \"%.*s\" must be what follows the dash in its ISO 3166-2 code",
			(int)token->len, token->text);
	return true;
}

bool network_read(const struct reader *r, const struct entry *entry, const struct token *token,
		  struct prefix *out)
{
	const char *slash = memchr(token->text, '/', token->len);
	size_t addr_len = slash ? (size_t)(slash - token->text) : token->len;
	if (prefix_parse(token->text, token->len, out))
		return true;
	struct prefix prefix;
	uint64_t len;
	char right[ADDR_TEXT_MAX];
	if (slash != NULL && addr_parse(token->text, addr_len, &prefix.addr) &&
	    value_number(slash + 1, token->len - addr_len - 1, &len)) {
		unsigned bits = addr_bits(&prefix.addr);
		if (len > bits)
			return refuse(r, entry, token, "the length in \"%.*s\" must be from 0 to %u",
				      (int)token->len, token->text, bits);
		prefix.len = (uint8_t)len;
		addr_mask(&prefix.addr, (unsigned)len);
		return refuse(r, entry, token, "\"%.*s\" has bits set behind its length; %s would be right",
			      (int)token->len, token->text, prefix_format(&prefix, right));
	}
	return refuse(r, entry, token, "\"%.*s\" is no network, such as 203.0.113.0/24 or 2001:db8::/32",
		      (int)token->len, token->text);
}

/* Is it AS and digits? */
static bool asn_is(const struct token *token)
{
	bool is = token->len > 2 && strncasecmp(token->text, "AS", 2) == 0;
	for (size_t i = 2; is && i < token->len; i++)
		is = isdigit((unsigned char)token->text[i]);
	return is;
}

static bool asn_read(const struct reader *r, const struct entry *entry, const struct token *token,
		     struct geomap_line *out)
{
	uint64_t asn;
	out->key = GEOMAP_ASN;
	if (!value_number(token->text + 2, token->len - 2, &asn) || asn > UINT32_MAX)
		return refuse(r, entry, token, "the number in \"%.*s\" must be from 0 to %u", (int)token->len,
			      token->text, UINT32_MAX);
	out->asn = (uint32_t)asn;
	return true;
}

bool place_key_read(const struct reader *r, const struct entry *entry, const struct token *token,
		    struct geomap_line *out)
{
	out->key = GEOMAP_DEFAULT;
	if (token->len == 1 && token->text[0] == '*')
		return true;
	if (asn_is(token))
		return asn_read(r, entry, token, out);
	if (memchr(token->text, '.', token->len) != NULL || memchr(token->text, ':', token->len) != NULL) {
		out->key = GEOMAP_NETWORK;
		return network_read(r, entry, token, &out->network);
	}
	return region_read(r, entry, token, out);
}

static bool datacenter_add(const struct reader *r, const struct entry *entry, const struct token *token,
			   uint16_t *list, struct geomap_line *out)
{
	int found = config_datacenter(r->config, token->text, token->len);
	if (found == CONFIG_NONE)
		return refuse_name(r, entry, token, THING_DATACENTER);
	for (unsigned i = 0; i < out->n; i++) {
		if (list[i] == found)
			return refuse(r, entry, token, "datacenter \"%.*s\" is named twice", (int)token->len,
				      token->text);
	}
	list[out->n++] = (uint16_t)found;
	return true;
}

bool datacenters_read(const struct reader *r, const struct entry *entry, size_t first,
		      struct geomap_line *out)
{
	uint16_t *list = arena_alloc(r->arena, entry->n * sizeof(*list));
	bool sound = true;
	out->n = 0;
	out->datacenters = list;
	for (size_t i = first; i < entry->n && !option_is(&entry->tokens[i]); i++) {
		const struct token *token = &entry->tokens[i];
		bool last = i + 1 == entry->n || option_is(&entry->tokens[i + 1]);
		if (!token_is(token, "..."))
			sound &= datacenter_add(r, entry, token, list, out);
		else if (!last)
			sound = refuse(r, entry, token, "... stands at the end of a list");
		else
			out->rest = true;
	}
	return sound;
}

static bool nearest_is(const struct reader *r, const struct token *token)
{
	return token_is(token, "nearest") && config_datacenter(r->config, token->text, token->len) < 0;
}

static void nearest_read(const struct reader *r, const struct entry *entry, const struct token *nearest,
			 struct geomap_line *out)
{
	out->nearest = true;
	if (entry->n > 4)
		refuse(r, entry, nearest == &entry->tokens[3] ? &entry->tokens[4] : nearest,
		       "nearest stands alone: it takes all datacenters");
	else if (!any_located(r->config, NULL, 0))
		refuse(r, entry, nearest, "nearest needs datacenters with location=; there is none");
}

/* What stands behind the key. */
static void order_read(const struct reader *r, const struct entry *entry, struct geomap_line *out)
{
	bool options = false;
	if (entry->n == 3) {
		refuse(r, entry, &entry->tokens[2],
		       "a line of a geomap needs datacenters, or nearest, behind its key");
		return;
	}
	for (size_t i = 3; i < entry->n; i++) {
		const struct token *token = &entry->tokens[i];
		if (nearest_is(r, token)) {
			nearest_read(r, entry, token, out);
			return;
		}
		if (option_is(token)) {
			refuse(r, entry, token, "a line of a geomap takes no options");
			options = true;
		}
	}
	if (datacenters_read(r, entry, 3, out) && out->n == 0 && !options)
		refuse(r, entry, &entry->tokens[3], "... needs at least one datacenter before it");
}

static struct geomap *geomap_of(struct builder *b, const struct entry *e)
{
	const struct token *t = &e->tokens[1];
	struct config *config = b->config;
	int found = config_geomap(config, t->text, t->len);
	if (found == CONFIG_NONE) {
		struct geomap map = {.name = arena_copy_text(config->arena, t->text, t->len)};
		struct spot start = token_spot(e, &e->tokens[2]);
		found = (int)config->n_geomaps;
		config->geomaps = list_add(b, config->geomaps, &config->n_geomaps, &map, sizeof(map));
		b->map_starts = list_add(b, b->map_starts, &b->n_map_starts, &start, sizeof(start));
	}
	return (struct geomap *)(uintptr_t)&config->geomaps[found];
}

char *place_key_format(const struct geomap_line *line, char *out)
{
	switch (line->key) {
	case GEOMAP_DEFAULT: return strcpy(out, "*");
	case GEOMAP_NETWORK: return prefix_format(&line->network, out);
	case GEOMAP_ASN: snprintf(out, ADDR_TEXT_MAX, "AS%u", line->asn); return out;
	case GEOMAP_CONTINENT:
	case GEOMAP_COUNTRY:
	case GEOMAP_SUBDIVISION:
		snprintf(out, ADDR_TEXT_MAX, "%s%s%s%s%s", line->continent[0] ? line->continent : "*",
			 line->country[0] ? "/" : "", line->country, line->subdivision[0] ? "/" : "",
			 line->subdivision);
		return out;
	}
	return out;
}

/* Where the map had a line for the same clients before. */
static const struct spot *line_before(struct builder *b, const struct entry *e, const struct geomap *map,
				      const struct geomap_line *line)
{
	char key[ADDR_TEXT_MAX + 32], place[ADDR_TEXT_MAX];
	snprintf(key, sizeof(key), "%td %s", map - b->config->geomaps, place_key_format(line, place));
	return seen_before(b, e, SEEN_LINE, key);
}

void geomap_entry_read(struct builder *b, const struct entry *e)
{
	const struct token *key = &e->tokens[2];
	struct geomap_line line = {.at = spot_kept(b, e, key)};
	name_check(b, e, &e->tokens[1]);
	struct geomap *map = geomap_of(b, e);
	bool sound = place_key_read(&b->reader, e, key, &line);
	order_read(&b->reader, e, &line);
	if (!sound)
		return;
	const struct spot *before = line_before(b, e, map, &line);
	if (before != NULL)
		refuse(&b->reader, e, key, "geomap %s has a line for %.*s already, at %s", map->name,
		       (int)key->len, key->text, spot_text(b, e, before));
	map->lines = list_add(b, map->lines, &map->n, &line, sizeof(line));
}

void geomaps_check(struct builder *b)
{
	for (size_t i = 0; i < b->config->n_geomaps; i++) {
		const struct geomap *map = &b->config->geomaps[i];
		bool found = false;
		for (size_t j = 0; j < map->n; j++)
			found |= map->lines[j].key == GEOMAP_DEFAULT;
		if (!found)
			fault_add(b->reader.faults, b->map_starts[i],
				  "geomap %s has no line for *, which all others take", map->name);
	}
}
