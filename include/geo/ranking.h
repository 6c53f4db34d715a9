/* SPDX-License-Identifier: ISC */
/* From a geomap and a client's place to the order of datacenters. */
#ifndef GEO_RANKING_H
#define GEO_RANKING_H

#include "config/config.h"
#include "geo/labeller.h"

/*
 * Labels are of struct order. The most specific line decides alone. Nearest first is by great-circle
 * distance; equally near ones, and those without a location behind all others, come in the order of the file,
 * as all do for a place without a location. Config and map are borrowed until it is freed.
 */
struct labeller *ranking_new(const struct config *config, const struct geomap *map);

#endif
