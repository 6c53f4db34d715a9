/* SPDX-License-Identifier: ISC */
/* The countries: ISO 3166-1 alpha-2 codes, the continent each belongs to, and where most of its addresses
 * are. */
#ifndef GEO_COUNTRY_H
#define GEO_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>

struct country {
	char code[3];
	char continent[3]; /* AF AN AS EU NA OC SA, as GeoNames and MaxMind use them */
	float latitude, longitude;
};

/* NULL where the code is none. */
const struct country *country_find(const char *code);

/* All of them, sorted by code. */
const struct country *country_list(size_t *n);

/* Great-circle distance in kilometres (haversine; the Earth as a sphere of 6371 km). Degrees in. */
double distance_km(double latitude1, double longitude1, double latitude2, double longitude2);

#endif
