/* SPDX-License-Identifier: ISC */
/*
 * What is published, for queries: a hash table of areas, and a row of round trips each.
 *
 *   slots  key row │ key row │ …      linear probing, at most half full, four to a cache line
 *   rows   us us us │ us us us │ …    by datacenter
 */
#include "base/memory.h"
#include "base/random.h"
#include "health/figures.h"

#include <stdlib.h>

struct slot {
	uint64_t bits;
	uint32_t kind; /* AREA_FREE: none */
	uint32_t row;
};

struct measurements {
	struct area_grain grain;
	uint32_t mask, n_prefixes;
	uint64_t seed[2];
	size_t n; /* datacenters */
	struct slot *slots;
	uint32_t *rows;
};

/* The slot that holds the area, or the free one where it would go. */
static struct slot *slot_find(const struct measurements *s, const struct area_key *key)
{
	uint32_t at = (uint32_t)area_hash(key, s->seed) & s->mask;
	while (s->slots[at].kind != AREA_FREE &&
	       (s->slots[at].bits != key->bits || s->slots[at].kind != key->kind))
		at = (at + 1) & s->mask;
	return &s->slots[at];
}

/* The columns of a snapshot, by site; UINT16_MAX where the datacenter has none. */
struct columns {
	uint16_t of[MEASURED_DATACENTERS_MAX];
};

static void columns_find(const struct measured *m, const char *const *datacenters, size_t n,
			 struct columns *out)
{
	for (size_t i = 0; i < MEASURED_DATACENTERS_MAX; i++)
		out->of[i] = UINT16_MAX;
	for (size_t i = 0; i < n; i++) {
		uint16_t site = sites_find(&m->sites, datacenters[i]);
		if (site != SITE_NONE)
			out->of[site] = (uint16_t)i;
	}
}

/* Writes what is published of an area to its row, where it has one. Returns whether anything is. */
static bool row_fill(const struct measured *m, const struct area *area, const struct columns *columns,
		     uint32_t *row)
{
	bool any = false;
	for (uint32_t i = area->published ? area->first_figure : FIGURE_NONE; i != FIGURE_NONE;
	     i = m->figures.list[i].next) {
		const struct figure *f = &m->figures.list[i];
		uint16_t column = columns->of[f->site];
		if (f->published_us == 0 || column == UINT16_MAX)
			continue;
		any = true;
		if (row != NULL)
			row[column] = f->published_us;
	}
	return any;
}

static uint32_t rows_count(const struct measured *m, const struct areas *areas, const struct columns *columns)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < areas->n; i++)
		count += row_fill(m, &areas->list[i], columns, NULL);
	return count;
}

static uint32_t rows_fill(struct measurements *s, const struct measured *m, const struct areas *areas,
			  const struct columns *columns, uint32_t first)
{
	uint32_t row = first;
	for (uint32_t i = 0; i < areas->n; i++) {
		const struct area_key *key = &areas->list[i].key;
		if (!row_fill(m, &areas->list[i], columns, NULL))
			continue;
		row_fill(m, &areas->list[i], columns, s->rows + row * s->n);
		*slot_find(s, key) = (struct slot){key->bits, key->kind, row++};
	}
	return row;
}

struct measurements *measurements_snapshot(struct measured *m, const char *const *datacenters, size_t n)
{
	struct measurements *s = mem_alloc(sizeof(*s));
	struct columns columns;
	columns_find(m, datacenters, n, &columns);
	*s = (struct measurements){.grain = m->grain, .n = n, .mask = 15};
	s->n_prefixes = rows_count(m, &m->prefixes, &columns);
	uint32_t n_rows = s->n_prefixes + rows_count(m, &m->regions, &columns);
	while (s->mask / 2 < n_rows)
		s->mask = s->mask * 2 + 1;
	s->seed[0] = random_next(&m->random);
	s->seed[1] = random_next(&m->random);
	s->slots = mem_alloc(((size_t)s->mask + 1) * sizeof(*s->slots));
	s->rows = mem_alloc(n_rows * n * sizeof(*s->rows));
	uint32_t row = rows_fill(s, m, &m->prefixes, &columns, 0);
	rows_fill(s, m, &m->regions, &columns, row);
	m->changed = false;
	return s;
}

void measurements_free(struct measurements *s)
{
	if (s == NULL)
		return;
	free(s->slots);
	free(s->rows);
	free(s);
}

static const uint32_t *row_of(const struct measurements *s, const struct area_key *key)
{
	const struct slot *slot = slot_find(s, key);
	return slot->kind == AREA_FREE ? NULL : s->rows + slot->row * s->n;
}

const uint32_t *measurements_find(const struct measurements *s, const struct addr *client)
{
	struct area_key key;
	return area_of_client(client, s->grain, &key) ? row_of(s, &key) : NULL;
}

const uint32_t *measurements_country(const struct measurements *s, uint16_t country)
{
	struct area_key key = area_of_number(AREA_COUNTRY, country);
	return row_of(s, &key);
}

const uint32_t *measurements_continent(const struct measurements *s, uint8_t continent)
{
	struct area_key key = area_of_number(AREA_CONTINENT, continent);
	return row_of(s, &key);
}

uint32_t measurements_prefixes(const struct measurements *s)
{
	return s->n_prefixes;
}

uint8_t measurements_grain(const struct measurements *s, enum family family)
{
	switch (family) {
	case FAMILY_V4: return s->grain.v4;
	case FAMILY_V6: return s->grain.v6;
	case FAMILY_NONE: break;
	}
	return 0;
}
