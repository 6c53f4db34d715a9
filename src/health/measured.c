/* SPDX-License-Identifier: ISC */
/* The store of measured round trips: samples in, averages kept, old ones forgotten. */
#include "health/measured.h"
#include "base/memory.h"
#include "health/figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* There are some 250 countries and 7 continents. */
enum { REGIONS_MAX = 1024, FIGURES_A_PREFIX = 16, FOLD_WEIGHT = 8 };

static const uint64_t week_ms = (uint64_t)7 * 24 * 3600 * 1000;

struct measured *measured_new(const struct measured_limits *limits)
{
	struct measured *m = mem_alloc(sizeof(*m));
	struct measured_limits *l = &m->limits;
	*l = *limits;
	l->prefixes = l->prefixes ? l->prefixes : 100000;
	l->min_samples = l->min_samples ? l->min_samples : 5;
	l->grain_v4 = l->grain_v4 ? l->grain_v4 : 24;
	l->grain_v6 = l->grain_v6 ? l->grain_v6 : 48;
	l->deadband_percent = l->deadband_percent ? l->deadband_percent : 10;
	l->max_age_ms = l->max_age_ms ? l->max_age_ms : week_ms;
	assert(l->grain_v4 <= 32 && l->grain_v6 <= 64);
	assert(l->prefixes <= MEASURED_PREFIXES_MAX && l->max_age_ms <= MEASURED_AGE_MAX_MS);

	m->grain = (struct area_grain){l->grain_v4, l->grain_v6};
	m->figures =
		(struct figures){.cap = l->prefixes * FIGURES_A_PREFIX + REGIONS_MAX, .free = FIGURE_NONE};
	/* zeroed by the kernel at the first touch, so what is never used costs nothing */
	m->figures.list = mem_alloc(m->figures.cap * sizeof(*m->figures.list));
	areas_init(&m->prefixes, l->prefixes);
	areas_init(&m->regions, REGIONS_MAX);
	sites_init(&m->sites);
	random_seed(&m->random);
	return m;
}

void measured_free(struct measured *m)
{
	if (m == NULL)
		return;
	areas_free(&m->prefixes);
	areas_free(&m->regions);
	sites_free(&m->sites);
	free(m->figures.list);
	free(m);
}

static bool too_old(const struct measured *m, const struct figure *f, int64_t now_ms)
{
	return now_ms - (int64_t)m->limits.max_age_ms > f->updated_ms;
}

struct sample {
	uint32_t us;
	uint16_t site;
	int64_t now_ms;
};

static bool fold(struct measured *m, struct area_key key, const struct sample *s)
{
	struct area *owner;
	struct figure *f = figure_at(m, &key, s->site, &owner);
	if (f == NULL)
		return false;
	if (f->samples > 0 && too_old(m, f, s->now_ms))
		f->samples = 0;
	uint32_t weight = f->samples < FOLD_WEIGHT ? f->samples + 1u : FOLD_WEIGHT;
	uint64_t sum = (uint64_t)f->average_us * (weight - 1) + s->us;
	f->average_us = (uint32_t)((sum + weight / 2) / weight);
	f->samples = (uint16_t)(f->samples + (f->samples < UINT16_MAX));
	f->updated_ms = s->now_ms;
	owner->touched = m->samples;
	figure_publish(m, owner, f);
	return true;
}

bool measured_add(struct measured *m, const struct measurement *sample, uint64_t now_ms)
{
	struct area_key key;
	struct sample s = {.us = sample->us, .now_ms = (int64_t)now_ms};
	if (s.us == 0 || s.us > MEASURED_US_MAX || !area_of_client(sample->client, m->grain, &key))
		return false;
	s.site =
		sites_hold(&m->sites, sample->datacenter); /* held, as an eviction may free its last figure */
	if (s.site == SITE_NONE)
		return false;
	m->samples++;
	if (sample->country > 0)
		fold(m, area_of_number(AREA_COUNTRY, sample->country), &s);
	if (sample->continent > 0)
		fold(m, area_of_number(AREA_CONTINENT, sample->continent), &s);
	bool folded = fold(m, key, &s);
	sites_release(&m->sites, s.site);
	return folded;
}

void measured_sweep(struct measured *m, uint64_t now_ms)
{
	struct areas *all[] = {&m->prefixes, &m->regions};
	int64_t before_ms = (int64_t)now_ms - (int64_t)m->limits.max_age_ms;
	for (int i = 0; i < 2; i++) {
		/* from the end, as the last area takes the place of one that is removed */
		for (uint32_t at = all[i]->n; at-- > 0;)
			area_forget(m, all[i], at, before_ms);
	}
}

bool measured_changed(const struct measured *m)
{
	return m->changed;
}

uint32_t measured_prefixes(const struct measured *m)
{
	return m->prefixes.n;
}

static void areas_copy(struct areas *to, const struct areas *from)
{
	*to = (struct areas){.n = from->n, .cap = from->n, .list = mem_alloc(from->n * sizeof(*to->list))};
	if (from->n > 0)
		memcpy(to->list, from->list, from->n * sizeof(*to->list));
}

struct measured *measured_copy(const struct measured *m)
{
	struct measured *copy = mem_alloc(sizeof(*copy));
	size_t size = m->figures.used * sizeof(*m->figures.list);
	*copy = *m;
	copy->figures.list = mem_alloc(size);
	if (size > 0)
		memcpy(copy->figures.list, m->figures.list, size);
	areas_copy(&copy->prefixes, &m->prefixes);
	areas_copy(&copy->regions, &m->regions);
	for (uint16_t i = 0; i < m->sites.used; i++) {
		const char *name = m->sites.list[i].name;
		copy->sites.list[i].name = name ? mem_copy_text(name, strlen(name)) : NULL;
	}
	return copy;
}
