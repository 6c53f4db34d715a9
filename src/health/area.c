/* SPDX-License-Identifier: ISC */
/* Keys of areas, and a hash table that never grows. */
#include "health/area.h"
#include "base/memory.h"
#include "base/random.h"
#include "config/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char country_word[] = "country:", continent_word[] = "continent:";

static uint64_t octets_read(const uint8_t *octets, unsigned n)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < n; i++)
		bits = bits << 8 | octets[i];
	return bits;
}

bool area_of_client(const struct addr *client, struct area_grain grain, struct area_key *out)
{
	struct addr addr = *client;
	addr_unmap(&addr);
	if (addr.family == FAMILY_V4)
		*out = (struct area_key){octets_read(addr.octets, 4) & UINT64_MAX << (32 - grain.v4),
					 AREA_V4};
	else if (addr.family == FAMILY_V6)
		*out = (struct area_key){octets_read(addr.octets, 8) & UINT64_MAX << (64 - grain.v6),
					 AREA_V6};
	else
		return false;
	return true;
}

char *area_format(const struct area_key *key, struct area_grain grain, char *out)
{
	struct prefix p = {.addr.family = (uint8_t)key->kind, .len = grain.v4};
	unsigned octets = 4;
	if (key->kind == AREA_COUNTRY || key->kind == AREA_CONTINENT) {
		snprintf(out, ADDR_TEXT_MAX, "%s%u",
			 key->kind == AREA_COUNTRY ? country_word : continent_word, (unsigned)key->bits);
		return out;
	}
	if (key->kind == AREA_V6) {
		octets = 8;
		p.len = grain.v6;
	}
	for (unsigned i = 0; i < octets; i++)
		p.addr.octets[i] = (uint8_t)(key->bits >> 8 * (octets - 1 - i));
	return prefix_format(&p, out);
}

static bool number_parse(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	return value_number(text, len, out) && *out > 0 && *out <= max;
}

bool area_parse(const char *text, size_t len, struct area_grain grain, struct area_key *out)
{
	static const size_t country_len = sizeof(country_word) - 1,
			    continent_len = sizeof(continent_word) - 1;
	struct prefix p;
	if (len > country_len && memcmp(text, country_word, country_len) == 0) {
		out->kind = AREA_COUNTRY;
		return number_parse(text + country_len, len - country_len, UINT16_MAX, &out->bits);
	}
	if (len > continent_len && memcmp(text, continent_word, continent_len) == 0) {
		out->kind = AREA_CONTINENT;
		return number_parse(text + continent_len, len - continent_len, UINT8_MAX, &out->bits);
	}
	if (!prefix_parse(text, len, &p) || p.len != (p.addr.family == FAMILY_V4 ? grain.v4 : grain.v6))
		return false;
	return area_of_client(&p.addr, grain, out);
}

void areas_init(struct areas *areas, uint32_t cap)
{
	struct random random;
	random_seed(&random);
	*areas = (struct areas){.cap = cap, .mask = 15};
	while (areas->mask / 2 < cap)
		areas->mask = areas->mask * 2 + 1;
	areas->list = mem_alloc(cap * sizeof(*areas->list));
	areas->slots = mem_alloc(((size_t)areas->mask + 1) * sizeof(*areas->slots));
	areas->seed[0] = random_next(&random);
	areas->seed[1] = random_next(&random);
}

void areas_free(struct areas *areas)
{
	free(areas->list);
	free(areas->slots);
	*areas = (struct areas){0};
}

static uint32_t home(const struct areas *areas, const struct area_key *key)
{
	return (uint32_t)area_hash(key, areas->seed) & areas->mask;
}

/* The slot that holds the area, or the free one where it would go. */
static uint32_t slot_find(const struct areas *areas, const struct area_key *key)
{
	uint32_t at = home(areas, key);
	while (areas->slots[at] != 0 && !area_key_equal(&areas->list[areas->slots[at] - 1].key, key))
		at = (at + 1) & areas->mask;
	return at;
}

uint32_t areas_find(const struct areas *areas, const struct area_key *key)
{
	uint32_t slot = areas->slots[slot_find(areas, key)];
	return slot != 0 ? slot - 1 : AREA_NONE;
}

uint32_t areas_add(struct areas *areas, const struct area_key *key)
{
	uint32_t at = slot_find(areas, key);
	assert(areas->n < areas->cap && areas->slots[at] == 0);
	areas->list[areas->n] = (struct area){.key = *key};
	areas->slots[at] = ++areas->n;
	return areas->n - 1;
}

/* Frees a slot, and moves back what was pushed on by it, so that no search ends too early (Knuth 6.4 R). */
static void slot_free(struct areas *areas, uint32_t hole)
{
	for (uint32_t at = (hole + 1) & areas->mask; areas->slots[at] != 0; at = (at + 1) & areas->mask) {
		uint32_t from = home(areas, &areas->list[areas->slots[at] - 1].key);
		if (((at - from) & areas->mask) < ((at - hole) & areas->mask))
			continue;
		areas->slots[hole] = areas->slots[at];
		hole = at;
	}
	areas->slots[hole] = 0;
}

void areas_remove(struct areas *areas, uint32_t index)
{
	uint32_t last = areas->n - 1;
	slot_free(areas, slot_find(areas, &areas->list[index].key));
	if (index != last) {
		areas->slots[slot_find(areas, &areas->list[last].key)] = index + 1;
		areas->list[index] = areas->list[last];
	}
	areas->n--;
}
