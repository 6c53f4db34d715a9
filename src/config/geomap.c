/* SPDX-License-Identifier: ISC */
/* Lines of a geomap: for whom it is, and the datacenters in order. */
#include "config/schema.h"
#include "config/value.h"

#include <ctype.h>
#include <string.h>

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
	if (!code_read(country + 1, (size_t)(country_end - country) - 1, 2, 2, out->country))
		return refuse(r, entry, token,
			      "the country in \"%.*s\" must be a code of two letters (ISO 3166-1)",
			      (int)token->len, token->text);
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

static bool network_read(const struct reader *r, const struct entry *entry, const struct token *token,
			 struct geomap_line *out)
{
	const char *slash = memchr(token->text, '/', token->len);
	size_t addr_len = slash ? (size_t)(slash - token->text) : token->len;
	out->key = GEOMAP_NETWORK;
	if (prefix_parse(token->text, token->len, &out->network))
		return true;
	struct prefix prefix;
	uint64_t len;
	char right[ADDR_TEXT_MAX];
	if (slash != NULL && addr_parse(token->text, addr_len, &prefix.addr) &&
	    value_number(slash + 1, token->len - addr_len - 1, &len) && len <= addr_bits(&prefix.addr)) {
		prefix.len = (uint8_t)len;
		addr_mask(&prefix.addr, (unsigned)len);
		return refuse(r, entry, token, "\"%.*s\" has bits set behind its length; %s would be right",
			      (int)token->len, token->text, prefix_format(&prefix, right));
	}
	return refuse(r, entry, token, "\"%.*s\" is no network, such as 203.0.113.0/24 or 2001:db8::/32",
		      (int)token->len, token->text);
}

static bool asn_read(const struct token *token, struct geomap_line *out)
{
	uint64_t asn;
	if (token->len < 3 || toupper((unsigned char)token->text[0]) != 'A' ||
	    toupper((unsigned char)token->text[1]) != 'S' ||
	    !value_number(token->text + 2, token->len - 2, &asn) || asn > UINT32_MAX)
		return false;
	out->key = GEOMAP_ASN;
	out->asn = (uint32_t)asn;
	return true;
}

static bool key_read(const struct reader *r, const struct entry *entry, const struct token *token,
		     struct geomap_line *out)
{
	if (token->len == 1 && token->text[0] == '*') {
		out->key = GEOMAP_DEFAULT;
		return true;
	}
	if (asn_read(token, out))
		return true;
	if (memchr(token->text, '.', token->len) != NULL || memchr(token->text, ':', token->len) != NULL)
		return network_read(r, entry, token, out);
	return region_read(r, entry, token, out);
}

static bool datacenter_add(const struct reader *r, const struct entry *entry, const struct token *token,
			   uint16_t *list, struct geomap_line *out)
{
	int found = config_datacenter(r->config, token->text, token->len);
	if (found == CONFIG_NONE) {
		const char *words[256];
		size_t n = r->config->n_datacenters < 256 ? r->config->n_datacenters : 256;
		for (size_t i = 0; i < n; i++)
			words[i] = r->config->datacenters[i].name;
		return refuse_word(r, entry, token, "datacenter", words, n);
	}
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

bool geomap_line_read(const struct reader *r, const struct entry *entry, struct geomap_line *out)
{
	*out = (struct geomap_line){.at = token_spot(entry, &entry->tokens[2])};
	bool sound = key_read(r, entry, &entry->tokens[2], out);
	if (entry->n == 3)
		return refuse(r, entry, &entry->tokens[2],
			      "a line of a geomap needs datacenters, or nearest, behind its key");
	if (token_is(&entry->tokens[3], "nearest") &&
	    config_datacenter(r->config, "nearest", 7) == CONFIG_NONE) {
		out->nearest = true;
		if (entry->n > 4)
			return refuse(r, entry, &entry->tokens[4],
				      "nearest stands alone: it takes all datacenters");
		return sound;
	}
	sound &= datacenters_read(r, entry, 3, out);
	for (size_t i = 3; i < entry->n; i++) {
		if (option_is(&entry->tokens[i]))
			sound = refuse(r, entry, &entry->tokens[i], "a line of a geomap takes no options");
	}
	if (sound && out->n == 0)
		sound = refuse(r, entry, &entry->tokens[3], "... needs at least one datacenter before it");
	return sound;
}
