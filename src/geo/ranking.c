/* SPDX-License-Identifier: ISC */
/* The rules of a geomap: which datacenters the line that decides prefers. */
#include "geo/ranking.h"
#include "base/memory.h"
#include "geo/locator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vector {
	double x, y, z; /* on the unit sphere: the chord between two is shorter where the great circle is */
};

struct rival {
	double distance; /* the square of the chord; infinite where a location is missing */
	uint16_t datacenter;
};

struct ranking {
	struct labeller labeller;
	const struct config *config;
	const struct geomap *map;
	struct vector *vectors; /* a datacenter each */
	struct rival *rivals;   /* scratch */
	bool *named;            /* scratch */
};

static struct vector vector_of(double latitude, double longitude)
{
	double phi = latitude * M_PI / 180, lambda = longitude * M_PI / 180;
	return (struct vector){cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi)};
}

static bool rival_before(const struct rival *a, const struct rival *b)
{
	return a->distance < b->distance || (a->distance == b->distance && a->datacenter < b->datacenter);
}

static int rival_compare(const void *a, const void *b)
{
	return rival_before(b, a) - rival_before(a, b);
}

/* Appends those not named yet, nearest first. */
static uint16_t nearest_append(struct ranking *r, const struct place *place, uint16_t *out, uint16_t n)
{
	struct vector from = vector_of((double)place->latitude, (double)place->longitude);
	size_t rivals = 0;
	for (size_t i = 0; i < r->config->n_datacenters; i++) {
		if (r->named[i])
			continue;
		const struct vector *to = &r->vectors[i];
		double x = to->x - from.x, y = to->y - from.y, z = to->z - from.z;
		bool known = place->located && r->config->datacenters[i].located;
		r->rivals[rivals++] = (struct rival){known ? x * x + y * y + z * z : INFINITY, (uint16_t)i};
	}
	qsort(r->rivals, rivals, sizeof(*r->rivals), rival_compare);
	for (size_t i = 0; i < rivals; i++)
		out[n++] = r->rivals[i].datacenter;
	return n;
}

static void order_make(struct labeller *labeller, const struct place *place, const uint32_t *lines, size_t n,
		       void *label)
{
	struct ranking *r = (struct ranking *)labeller;
	struct order *order = label;
	const struct geomap_line *line = &r->map->lines[n > 0 ? lines[0] : 0];
	memset(r->named, 0, r->config->n_datacenters * sizeof(*r->named));
	for (uint16_t i = 0; i < line->n; i++) {
		order->datacenters[order->n++] = line->datacenters[i];
		r->named[line->datacenters[i]] = true;
	}
	if (line->nearest || line->rest)
		order->n = nearest_append(r, place, order->datacenters, order->n);
}

static void order_narrow(const void *whole, const struct wanted *wanted, void *label)
{
	const struct order *from = whole;
	struct order *order = label;
	for (uint16_t i = 0; i < from->n; i++)
		if (wanted->datacenters[from->datacenters[i]])
			order->datacenters[order->n++] = from->datacenters[i];
}

static size_t order_used(const void *label)
{
	const struct order *order = label;
	return sizeof(*order) + order->n * sizeof(*order->datacenters);
}

static void ranking_free(struct labeller *labeller)
{
	struct ranking *r = (struct ranking *)labeller;
	lines_free(&labeller->lines);
	free(r->vectors);
	free(r->rivals);
	free(r->named);
	free(r);
}

static void map_lines(const struct geomap *map, struct lines *out)
{
	const struct geomap_line **list = mem_alloc(map->n * sizeof(*list));
	for (size_t i = 0; i < map->n; i++)
		list[i] = &map->lines[i];
	lines_init(out, list, map->n);
	free(list);
}

struct labeller *ranking_new(const struct config *config, const struct geomap *map)
{
	struct ranking *r = mem_alloc(sizeof(*r));
	size_t n = config->n_datacenters;
	size_t room = (n / 2 + 1) * 2 * sizeof(uint16_t); /* the count and all datacenters, in whole words */
	r->labeller = (struct labeller){.size = room,
					.make = order_make,
					.narrow = order_narrow,
					.used = order_used,
					.free = ranking_free};
	map_lines(map, &r->labeller.lines);
	r->config = config;
	r->map = map;
	r->vectors = mem_alloc(n * sizeof(*r->vectors));
	r->rivals = mem_alloc(n * sizeof(*r->rivals));
	r->named = mem_alloc(n * sizeof(*r->named));
	for (size_t i = 0; i < n; i++)
		r->vectors[i] = vector_of(config->datacenters[i].latitude, config->datacenters[i].longitude);
	return &r->labeller;
}

size_t geomap_line_find(const struct geomap *map, const struct place *place, const struct addr *addr)
{
	struct lines lines;
	map_lines(map, &lines);
	uint32_t *holding = mem_alloc(map->n * sizeof(*holding));
	size_t n = lines_find(&lines, lines_mark(&lines, addr), place, holding);
	size_t line = n > 0 ? holding[0] : 0;
	free(holding);
	lines_free(&lines);
	return line;
}
