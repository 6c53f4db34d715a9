/* SPDX-License-Identifier: ISC */
/* The rules of a geomap: which line decides, and which datacenters it prefers. */
#include "geo/ranking.h"
#include "base/memory.h"
#include "geo/locator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Does the line hold for the place? And if, how specific is it? 0: it does not. */
static unsigned line_weight(const struct geomap_line *line, const struct place *place)
{
	bool named[] = {line->continent[0] != '\0', line->country[0] != '\0', line->subdivision[0] != '\0'};
	if ((named[0] && strcmp(line->continent, place->continent) != 0) ||
	    (named[1] && strcmp(line->country, place->country) != 0) ||
	    (named[2] && strcmp(line->subdivision, place->subdivision) != 0) ||
	    (line->key == GEOMAP_ASN && line->asn != place->asn) || line->key == GEOMAP_NETWORK)
		return 0;
	return 1 + (unsigned)line->key * 4 + named[1] * 2 + named[0];
}

size_t geomap_place_line(const struct geomap *map, const struct place *place)
{
	size_t best = 0;
	unsigned most = 0;
	for (size_t i = 0; i < map->n; i++) {
		unsigned weight = line_weight(&map->lines[i], place);
		if (weight > most) {
			most = weight;
			best = i;
		}
	}
	return best;
}

size_t geomap_line_find(const struct geomap *map, const struct place *place, const struct addr *addr)
{
	size_t best = map->n;
	for (size_t i = 0; i < map->n; i++) {
		const struct geomap_line *line = &map->lines[i];
		if (line->key == GEOMAP_NETWORK && prefix_holds(&line->network, addr) &&
		    (best == map->n || line->network.len > map->lines[best].network.len))
			best = i;
	}
	return best < map->n ? best : geomap_place_line(map, place);
}

struct vector {
	double x, y, z; /* on the unit sphere: the chord between two is shorter where the great circle is */
};

struct rival {
	double distance; /* the square of the chord; infinite where a location is missing */
	uint16_t datacenter;
};

struct ranking {
	const struct config *config;
	struct vector *vectors; /* a datacenter each */
	struct rival *rivals;   /* scratch */
	bool *named;            /* scratch */
};

static struct vector vector_of(double latitude, double longitude)
{
	double phi = latitude * M_PI / 180, lambda = longitude * M_PI / 180;
	return (struct vector){cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi)};
}

struct ranking *ranking_new(const struct config *config)
{
	struct ranking *r = mem_alloc(sizeof(*r));
	size_t n = config->n_datacenters;
	r->config = config;
	r->vectors = mem_alloc(n * sizeof(*r->vectors));
	r->rivals = mem_alloc(n * sizeof(*r->rivals));
	r->named = mem_alloc(n * sizeof(*r->named));
	for (size_t i = 0; i < n; i++)
		r->vectors[i] = vector_of(config->datacenters[i].latitude, config->datacenters[i].longitude);
	return r;
}

void ranking_free(struct ranking *r)
{
	free(r->vectors);
	free(r->rivals);
	free(r->named);
	free(r);
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

uint16_t ranking_order(struct ranking *r, const struct geomap_line *line, const struct place *place,
		       uint16_t *out)
{
	uint16_t n = 0;
	memset(r->named, 0, r->config->n_datacenters * sizeof(*r->named));
	for (uint16_t i = 0; i < line->n; i++) {
		out[n++] = line->datacenters[i];
		r->named[line->datacenters[i]] = true;
	}
	return line->nearest || line->rest ? nearest_append(r, place, out, n) : n;
}
