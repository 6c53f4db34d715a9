/* SPDX-License-Identifier: ISC */
/* The countries: ISO 3166-1 alpha-2 codes, the continent each belongs to, and where most of its addresses
 * are. */
#ifndef BASE_COUNTRY_H
#define BASE_COUNTRY_H

#include <stdint.h>

struct country {
	char code[3];
	char continent[3]; /* AF AN AS EU NA OC or SA, as GeoNames and MaxMind use them */
	float latitude, longitude;
};

/* NULL where the code is none. */
const struct country *country_find(const char *code);

/* A number for each code, the same for ever; 0 where it is none. */
uint16_t country_number(const char *code);
uint8_t continent_number(const char *code);

#endif
