/* SPDX-License-Identifier: ISC */
/* Figures in bounded memory: who gets one, who loses it, and when it is published. */
#include "health/figures.h"

/*
 * Of so many prefixes chosen at random the oldest goes: whoever is fed more often than most stays, however
 * fast others come, and each eviction costs the same.
 */
enum { EVICT_SAMPLE = 16, PUBLISHED_CREDIT = 16, DEADBAND_US = 2000 };

static struct figure *figures_find(const struct measured *m, const struct area *area, uint16_t site)
{
	for (uint32_t i = area->first_figure; i != FIGURE_NONE; i = m->figures.list[i].next) {
		if (m->figures.list[i].site == site)
			return &m->figures.list[i];
	}
	return NULL;
}

static void figure_drop(struct measured *m, uint32_t index)
{
	struct figure *f = &m->figures.list[index];
	m->changed |= f->published_us > 0;
	sites_release(&m->sites, f->site);
	f->next = m->figures.free;
	m->figures.free = index;
}

void area_forget(struct measured *m, struct areas *areas, uint32_t index, int64_t before_ms)
{
	struct area *area = &areas->list[index];
	uint32_t *link = &area->first_figure;
	area->published = false;
	while (*link != FIGURE_NONE) {
		struct figure *f = &m->figures.list[*link];
		uint32_t next = f->next;
		if (f->updated_ms < before_ms) {
			figure_drop(m, *link);
			*link = next;
			continue;
		}
		area->published |= f->published_us > 0;
		link = &f->next;
	}
	if (area->first_figure == FIGURE_NONE)
		areas_remove(areas, index);
}

void figures_forget(struct measured *m)
{
	struct areas *all[] = {&m->prefixes, &m->regions};
	for (int i = 0; i < 2; i++) {
		while (all[i]->n > 0)
			area_forget(m, all[i], all[i]->n - 1, INT64_MAX);
	}
}

static int64_t eviction_age(const struct measured *m, const struct area *area)
{
	int64_t age = m->samples - area->touched;
	return area->published ? age / PUBLISHED_CREDIT : age;
}

static void evict(struct measured *m)
{
	uint32_t oldest = 0;
	int64_t oldest_age = -1;
	for (int i = 0; i < EVICT_SAMPLE; i++) {
		uint32_t at = random_below(&m->random, m->prefixes.n);
		int64_t age = eviction_age(m, &m->prefixes.list[at]);
		if (age > oldest_age) {
			oldest = at;
			oldest_age = age;
		}
	}
	area_forget(m, &m->prefixes, oldest, INT64_MAX);
}

static bool figures_full(const struct figures *figures)
{
	return figures->free == FIGURE_NONE && figures->used == figures->cap;
}

/* Room for a figure, and for an area where that is new. Prefixes give way; regions, which are few, never. */
static bool room_make(struct measured *m, const struct areas *areas, bool new_area)
{
	if (new_area && areas->n == areas->cap) {
		if (areas != &m->prefixes)
			return false;
		evict(m);
	}
	while (figures_full(&m->figures) && m->prefixes.n > 0)
		evict(m);
	return !figures_full(&m->figures);
}

static uint32_t figure_new(struct figures *figures)
{
	uint32_t index = figures->free;
	if (index == FIGURE_NONE)
		return figures->used++;
	figures->free = figures->list[index].next;
	return index;
}

struct figure *figure_at(struct measured *m, const struct area_key *key, uint16_t site, struct area **owner)
{
	bool prefix = key->kind == AREA_V4 || key->kind == AREA_V6;
	struct areas *areas = prefix ? &m->prefixes : &m->regions;
	uint32_t at = areas_find(areas, key);
	if (at != AREA_NONE) {
		*owner = &areas->list[at];
		struct figure *f = figures_find(m, *owner, site);
		if (f != NULL)
			return f;
	}
	if (!room_make(m, areas, at == AREA_NONE))
		return NULL;
	at = areas_find(areas, key); /* it may have been moved, or have been the one to go */
	if (at == AREA_NONE) {
		at = areas_add(areas, key);
		areas->list[at].first_figure = FIGURE_NONE;
		areas->list[at].touched = INT64_MIN;
	}
	*owner = &areas->list[at];
	uint32_t index = figure_new(&m->figures);
	m->figures.list[index] = (struct figure){.site = site, .next = (*owner)->first_figure};
	m->sites.list[site].figures++;
	(*owner)->first_figure = index;
	return &m->figures.list[index];
}

void figure_publish(struct measured *m, struct area *owner, struct figure *f)
{
	uint32_t is = f->published_us, due = f->average_us;
	if (f->samples < m->limits.min_samples) {
		due = 0;
	} else if (is > 0) {
		uint64_t off = due > is ? due - is : is - due;
		if (off <= DEADBAND_US || off * 100 <= (uint64_t)is * m->limits.deadband_percent)
			due = is;
	}
	f->published_us = due;
	m->changed |= due != is;
	owner->published |= due > 0;
}
