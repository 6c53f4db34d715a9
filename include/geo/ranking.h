/* SPDX-License-Identifier: ISC */
/* From a line of a geomap and a client's place to the order of datacenters. */
#ifndef GEO_RANKING_H
#define GEO_RANKING_H

#include "config/config.h"
#include "geo/place.h"

#include <stddef.h>
#include <stdint.h>

/* Which line of those that name no network decides for the place? An index into map->lines. */
size_t geomap_place_line(const struct geomap *map, const struct place *place);

/* Where the datacenters are, and room to sort them. Of one thread. */
struct ranking;

struct ranking *ranking_new(const struct config *config);
void ranking_free(struct ranking *ranking);

/*
 * Writes the order to `out`, which has room for all datacenters, and returns how many it names. Nearest first
 * is by great-circle distance; equally near ones, and those without a location behind all others, come in the
 * order of the file, as all do for a place without a location.
 */
uint16_t ranking_order(struct ranking *ranking, const struct geomap_line *line, const struct place *place,
		       uint16_t *out);

#endif
