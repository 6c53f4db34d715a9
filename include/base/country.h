/* SPDX-License-Identifier: ISC */
/* The countries: ISO 3166-1 alpha-2 codes, the continent each belongs to, and where most of its addresses
 * are. */
#ifndef BASE_COUNTRY_H
#define BASE_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct country {
	char code[3];
	char continent[3]; /* of continent_list() */
	float latitude, longitude;
};

/* NULL where the code is none. */
const struct country *country_find(const char *code);

/* All of them, sorted by code. */
const struct country *country_list(size_t *n);

/* AF AN AS EU NA OC SA, as GeoNames and MaxMind use them. */
const char *const *continent_list(size_t *n);

/* A number for each code, the same for ever; 0 where it is none. */
uint16_t country_number(const char *code);
uint8_t continent_number(const char *code);

/* Great-circle distance in kilometres (haversine; the Earth as a sphere of 6371 km). Degrees in. */
double distance_km(double latitude1, double longitude1, double latitude2, double longitude2);

#endif
