/* SPDX-License-Identifier: ISC */
/* Which clients each line of a geomap decides for: one of them, and how many there are. */
#ifndef GEO_SURVEY_H
#define GEO_SURVEY_H

#include "config/config.h"
#include "geo/place.h"

struct line_clients {
	bool found;
	struct prefix network; /* the largest that it decides for whole; of IPv4, where it has any */
	double share;          /* of all IPv4 addresses */
};

/* Fills one for each line of the map. Takes as long as compiling the map does. False: what room_watch the
 * databases have says that there is too little memory. */
bool geomap_survey(const struct geomap *map, const struct databases *databases, struct line_clients *out);

#endif
