/* SPDX-License-Identifier: ISC */
/*
 * What struct measured is made of, for the files that fold, save, load and publish it and for no other:
 *
 *   prefixes ─┬─> area ─> figure ─> figure ─> …   a list: one figure a datacenter measured from there
 *   regions  ─┘             └─> site              the datacenter's name, held while a figure uses it
 */
#ifndef HEALTH_FIGURES_H
#define HEALTH_FIGURES_H

#include "base/random.h"
#include "health/area.h"
#include "health/measured.h"

enum { FIGURE_NONE = UINT32_MAX, SITE_NONE = UINT16_MAX, SITE_BUCKETS = 1024, SITE_NAME_MAX = 63 };

/* The round trip between an area and a datacenter. */
struct figure {
	int64_t updated_ms; /* of the last sample; below 0 where that was before the clock began */
	uint32_t average_us;
	uint32_t published_us; /* 0: not published */
	uint32_t next;         /* of the same area */
	uint16_t site;
	uint16_t samples; /* 0: new; counts up to its maximum */
};

/* A pool: what was never used begins at `used`, what was is a list from `free`. */
struct figures {
	struct figure *list;
	uint32_t used, cap, free;
};

struct site {
	char *name; /* NULL: free */
	uint32_t figures;
	uint16_t next; /* of the same hash */
};

struct sites {
	struct site list[MEASURED_DATACENTERS_MAX];
	uint16_t buckets[SITE_BUCKETS];
	uint16_t used, free;
};

struct measured {
	struct measured_limits limits;
	struct area_grain grain;
	bool changed;
	int64_t samples; /* since the start: what areas are old by, as many may come at one time */
	struct random random;
	struct sites sites;
	struct figures figures;
	struct areas prefixes, regions;
};

void sites_init(struct sites *sites);
void sites_free(struct sites *sites);

/* The number of a name, SITE_NONE where there is none. */
uint16_t sites_find(const struct sites *sites, const char *name);

/* The same, for one more user; a new number where there is none. SITE_NONE where the name is none or all are
 * taken. */
uint16_t sites_hold(struct sites *sites, const char *name);
void sites_release(struct sites *sites, uint16_t site);

/*
 * The figure of an area and datacenter; a new one without samples where there is none, for which others may
 * go. *owner is its area until another is added or removed. NULL where there is no room. The caller holds the
 * site, and a new figure holds it too.
 */
struct figure *figure_at(struct measured *m, const struct area_key *key, uint16_t site, struct area **owner);

/* Publishes the average, if it is to be. */
void figure_publish(struct measured *m, struct area *owner, struct figure *f);

/* Forgets the figures of an area that were updated before a time; without any left, it is removed. */
void area_forget(struct measured *m, struct areas *areas, uint32_t index, int64_t before_ms);

/* Forgets all. */
void figures_forget(struct measured *m);

#endif
