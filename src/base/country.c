/* SPDX-License-Identifier: ISC */
/* The table of countries. */
#include "base/country.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by code. The place is the capital, or where most people are if that is far from it. */
/* clang-format off */
static const struct country countries[] = {
	{"AD", "EU", 42.5f, 1.5f},     {"AE", "AS", 25.1f, 55.2f},    {"AF", "AS", 34.5f, 69.2f},
	{"AG", "NA", 17.1f, -61.8f},   {"AI", "NA", 18.2f, -63.1f},   {"AL", "EU", 41.3f, 19.8f},
	{"AM", "AS", 40.2f, 44.5f},    {"AO", "AF", -8.8f, 13.2f},    {"AQ", "AN", -77.8f, 166.7f},
	{"AR", "SA", -34.6f, -58.4f},  {"AS", "OC", -14.3f, -170.7f}, {"AT", "EU", 48.2f, 16.4f},
	{"AU", "OC", -33.9f, 151.2f},  {"AW", "NA", 12.5f, -70.0f},   {"AX", "EU", 60.1f, 19.9f},
	{"AZ", "AS", 40.4f, 49.9f},    {"BA", "EU", 43.9f, 18.4f},    {"BB", "NA", 13.1f, -59.6f},
	{"BD", "AS", 23.8f, 90.4f},    {"BE", "EU", 50.8f, 4.4f},     {"BF", "AF", 12.4f, -1.5f},
	{"BG", "EU", 42.7f, 23.3f},    {"BH", "AS", 26.2f, 50.6f},    {"BI", "AF", -3.4f, 29.4f},
	{"BJ", "AF", 6.4f, 2.4f},      {"BL", "NA", 17.9f, -62.8f},   {"BM", "NA", 32.3f, -64.8f},
	{"BN", "AS", 4.9f, 114.9f},    {"BO", "SA", -16.5f, -68.1f},  {"BQ", "NA", 12.2f, -68.3f},
	{"BR", "SA", -23.5f, -46.6f},  {"BS", "NA", 25.1f, -77.3f},   {"BT", "AS", 27.5f, 89.6f},
	{"BV", "AN", -54.4f, 3.4f},    {"BW", "AF", -24.7f, 25.9f},   {"BY", "EU", 53.9f, 27.6f},
	{"BZ", "NA", 17.5f, -88.2f},   {"CA", "NA", 43.7f, -79.4f},   {"CC", "AS", -12.2f, 96.8f},
	{"CD", "AF", -4.3f, 15.3f},    {"CF", "AF", 4.4f, 18.6f},     {"CG", "AF", -4.3f, 15.2f},
	{"CH", "EU", 47.4f, 8.5f},     {"CI", "AF", 5.3f, -4.0f},     {"CK", "OC", -21.2f, -159.8f},
	{"CL", "SA", -33.4f, -70.7f},  {"CM", "AF", 3.9f, 11.5f},     {"CN", "AS", 34.3f, 114.0f},
	{"CO", "SA", 4.7f, -74.1f},    {"CR", "NA", 9.9f, -84.1f},    {"CU", "NA", 23.1f, -82.4f},
	{"CV", "AF", 14.9f, -23.5f},   {"CW", "NA", 12.1f, -68.9f},   {"CX", "OC", -10.4f, 105.7f},
	{"CY", "EU", 35.2f, 33.4f},    {"CZ", "EU", 50.1f, 14.4f},    {"DE", "EU", 50.9f, 9.5f},
	{"DJ", "AF", 11.6f, 43.1f},    {"DK", "EU", 55.7f, 12.6f},    {"DM", "NA", 15.3f, -61.4f},
	{"DO", "NA", 18.5f, -69.9f},   {"DZ", "AF", 36.8f, 3.1f},     {"EC", "SA", -0.2f, -78.5f},
	{"EE", "EU", 59.4f, 24.8f},    {"EG", "AF", 30.0f, 31.2f},    {"EH", "AF", 27.2f, -13.2f},
	{"ER", "AF", 15.3f, 38.9f},    {"ES", "EU", 40.4f, -3.7f},    {"ET", "AF", 9.0f, 38.8f},
	{"FI", "EU", 60.2f, 24.9f},    {"FJ", "OC", -18.1f, 178.4f},  {"FK", "SA", -51.7f, -57.9f},
	{"FM", "OC", 6.9f, 158.2f},    {"FO", "EU", 62.0f, -6.8f},    {"FR", "EU", 48.9f, 2.4f},
	{"GA", "AF", 0.4f, 9.5f},      {"GB", "EU", 52.0f, -0.7f},    {"GD", "NA", 12.1f, -61.8f},
	{"GE", "AS", 41.7f, 44.8f},    {"GF", "SA", 4.9f, -52.3f},    {"GG", "EU", 49.5f, -2.5f},
	{"GH", "AF", 5.6f, -0.2f},     {"GI", "EU", 36.1f, -5.4f},    {"GL", "NA", 64.2f, -51.7f},
	{"GM", "AF", 13.4f, -16.6f},   {"GN", "AF", 9.5f, -13.7f},    {"GP", "NA", 16.2f, -61.5f},
	{"GQ", "AF", 3.8f, 8.8f},      {"GR", "EU", 38.0f, 23.7f},    {"GS", "AN", -54.3f, -36.5f},
	{"GT", "NA", 14.6f, -90.5f},   {"GU", "OC", 13.5f, 144.8f},   {"GW", "AF", 11.9f, -15.6f},
	{"GY", "SA", 6.8f, -58.2f},    {"HK", "AS", 22.3f, 114.2f},   {"HM", "AN", -53.1f, 73.5f},
	{"HN", "NA", 14.1f, -87.2f},   {"HR", "EU", 45.8f, 16.0f},    {"HT", "NA", 18.5f, -72.3f},
	{"HU", "EU", 47.5f, 19.0f},    {"ID", "AS", -6.2f, 106.8f},   {"IE", "EU", 53.3f, -6.3f},
	{"IL", "AS", 32.1f, 34.8f},    {"IM", "EU", 54.2f, -4.5f},    {"IN", "AS", 21.0f, 78.0f},
	{"IO", "AS", -7.3f, 72.4f},    {"IQ", "AS", 33.3f, 44.4f},    {"IR", "AS", 35.7f, 51.4f},
	{"IS", "EU", 64.1f, -21.9f},   {"IT", "EU", 43.8f, 11.3f},    {"JE", "EU", 49.2f, -2.1f},
	{"JM", "NA", 18.0f, -76.8f},   {"JO", "AS", 31.9f, 35.9f},    {"JP", "AS", 35.7f, 139.7f},
	{"KE", "AF", -1.3f, 36.8f},    {"KG", "AS", 42.9f, 74.6f},    {"KH", "AS", 11.6f, 104.9f},
	{"KI", "OC", 1.3f, 173.0f},    {"KM", "AF", -11.7f, 43.3f},   {"KN", "NA", 17.3f, -62.7f},
	{"KP", "AS", 39.0f, 125.8f},   {"KR", "AS", 37.6f, 127.0f},   {"KW", "AS", 29.4f, 48.0f},
	{"KY", "NA", 19.3f, -81.4f},   {"KZ", "AS", 43.2f, 76.9f},    {"LA", "AS", 18.0f, 102.6f},
	{"LB", "AS", 33.9f, 35.5f},    {"LC", "NA", 14.0f, -61.0f},   {"LI", "EU", 47.1f, 9.5f},
	{"LK", "AS", 6.9f, 79.9f},     {"LR", "AF", 6.3f, -10.8f},    {"LS", "AF", -29.3f, 27.5f},
	{"LT", "EU", 54.7f, 25.3f},    {"LU", "EU", 49.6f, 6.1f},     {"LV", "EU", 56.9f, 24.1f},
	{"LY", "AF", 32.9f, 13.2f},    {"MA", "AF", 33.6f, -7.6f},    {"MC", "EU", 43.7f, 7.4f},
	{"MD", "EU", 47.0f, 28.9f},    {"ME", "EU", 42.4f, 19.3f},    {"MF", "NA", 18.1f, -63.1f},
	{"MG", "AF", -18.9f, 47.5f},   {"MH", "OC", 7.1f, 171.4f},    {"MK", "EU", 42.0f, 21.4f},
	{"ML", "AF", 12.6f, -8.0f},    {"MM", "AS", 16.8f, 96.2f},    {"MN", "AS", 47.9f, 106.9f},
	{"MO", "AS", 22.2f, 113.5f},   {"MP", "OC", 15.2f, 145.7f},   {"MQ", "NA", 14.6f, -61.1f},
	{"MR", "AF", 18.1f, -16.0f},   {"MS", "NA", 16.8f, -62.2f},   {"MT", "EU", 35.9f, 14.5f},
	{"MU", "AF", -20.2f, 57.5f},   {"MV", "AS", 4.2f, 73.5f},     {"MW", "AF", -14.0f, 33.8f},
	{"MX", "NA", 19.4f, -99.1f},   {"MY", "AS", 3.1f, 101.7f},    {"MZ", "AF", -26.0f, 32.6f},
	{"NA", "AF", -22.6f, 17.1f},   {"NC", "OC", -22.3f, 166.4f},  {"NE", "AF", 13.5f, 2.1f},
	{"NF", "OC", -29.1f, 168.0f},  {"NG", "AF", 6.5f, 3.4f},      {"NI", "NA", 12.1f, -86.3f},
	{"NL", "EU", 52.2f, 4.9f},     {"NO", "EU", 59.9f, 10.8f},    {"NP", "AS", 27.7f, 85.3f},
	{"NR", "OC", -0.5f, 166.9f},   {"NU", "OC", -19.1f, -169.9f}, {"NZ", "OC", -36.8f, 174.8f},
	{"OM", "AS", 23.6f, 58.4f},    {"PA", "NA", 9.0f, -79.5f},    {"PE", "SA", -12.0f, -77.0f},
	{"PF", "OC", -17.5f, -149.6f}, {"PG", "OC", -9.4f, 147.2f},   {"PH", "AS", 14.6f, 121.0f},
	{"PK", "AS", 31.5f, 72.0f},    {"PL", "EU", 52.2f, 21.0f},    {"PM", "NA", 46.8f, -56.2f},
	{"PN", "OC", -25.1f, -130.1f}, {"PR", "NA", 18.4f, -66.1f},   {"PS", "AS", 31.7f, 34.9f},
	{"PT", "EU", 38.7f, -9.1f},    {"PW", "OC", 7.3f, 134.5f},    {"PY", "SA", -25.3f, -57.6f},
	{"QA", "AS", 25.3f, 51.5f},    {"RE", "AF", -20.9f, 55.5f},   {"RO", "EU", 44.4f, 26.1f},
	{"RS", "EU", 44.8f, 20.5f},    {"RU", "EU", 55.8f, 37.6f},    {"RW", "AF", -1.9f, 30.1f},
	{"SA", "AS", 24.7f, 46.7f},    {"SB", "OC", -9.4f, 160.0f},   {"SC", "AF", -4.6f, 55.5f},
	{"SD", "AF", 15.6f, 32.5f},    {"SE", "EU", 59.3f, 18.1f},    {"SG", "AS", 1.3f, 103.8f},
	{"SH", "AF", -15.9f, -5.7f},   {"SI", "EU", 46.1f, 14.5f},    {"SJ", "EU", 78.2f, 15.6f},
	{"SK", "EU", 48.1f, 17.1f},    {"SL", "AF", 8.5f, -13.2f},    {"SM", "EU", 43.9f, 12.4f},
	{"SN", "AF", 14.7f, -17.5f},   {"SO", "AF", 2.0f, 45.3f},     {"SR", "SA", 5.9f, -55.2f},
	{"SS", "AF", 4.9f, 31.6f},     {"ST", "AF", 0.3f, 6.7f},      {"SV", "NA", 13.7f, -89.2f},
	{"SX", "NA", 18.0f, -63.1f},   {"SY", "AS", 33.5f, 36.3f},    {"SZ", "AF", -26.3f, 31.1f},
	{"TC", "NA", 21.5f, -71.1f},   {"TD", "AF", 12.1f, 15.0f},    {"TF", "AN", -49.4f, 70.2f},
	{"TG", "AF", 6.1f, 1.2f},      {"TH", "AS", 13.8f, 100.5f},   {"TJ", "AS", 38.6f, 68.8f},
	{"TK", "OC", -9.4f, -171.2f},  {"TL", "OC", -8.6f, 125.6f},   {"TM", "AS", 37.9f, 58.4f},
	{"TN", "AF", 36.8f, 10.2f},    {"TO", "OC", -21.1f, -175.2f}, {"TR", "AS", 41.0f, 29.0f},
	{"TT", "NA", 10.7f, -61.5f},   {"TV", "OC", -8.5f, 179.2f},   {"TW", "AS", 25.0f, 121.5f},
	{"TZ", "AF", -6.8f, 39.3f},    {"UA", "EU", 50.4f, 30.5f},    {"UG", "AF", 0.3f, 32.6f},
	{"UM", "OC", 19.3f, 166.6f},   {"US", "NA", 39.0f, -92.0f},   {"UY", "SA", -34.9f, -56.2f},
	{"UZ", "AS", 41.3f, 69.2f},    {"VA", "EU", 41.9f, 12.5f},    {"VC", "NA", 13.2f, -61.2f},
	{"VE", "SA", 10.5f, -66.9f},   {"VG", "NA", 18.4f, -64.6f},   {"VI", "NA", 18.3f, -64.9f},
	{"VN", "AS", 15.9f, 106.5f},   {"VU", "OC", -17.7f, 168.3f},  {"WF", "OC", -13.3f, -176.2f},
	{"WS", "OC", -13.8f, -171.8f}, {"XK", "EU", 42.7f, 21.2f},    {"YE", "AS", 15.4f, 44.2f},
	{"YT", "AF", -12.8f, 45.2f},   {"ZA", "AF", -26.2f, 28.0f},   {"ZM", "AF", -15.4f, 28.3f},
	{"ZW", "AF", -17.8f, 31.1f},
};
/* clang-format on */

enum { COUNTRIES = sizeof(countries) / sizeof(countries[0]) };

static int country_compare(const void *key, const void *item)
{
	const struct country *c = item;
	return strcmp(key, c->code);
}

const struct country *country_find(const char *code)
{
	return bsearch(code, countries, COUNTRIES, sizeof(countries[0]), country_compare);
}

uint16_t country_number(const char *code)
{
	unsigned first = (unsigned char)code[0], second = (unsigned char)code[1];
	return country_find(code) != NULL ? (uint16_t)(first << 8 | second) : 0;
}

uint8_t continent_number(const char *code)
{
	static const char *const continents[] = {"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
	for (size_t i = 0; i < sizeof(continents) / sizeof(continents[0]); i++)
		if (strcmp(continents[i], code) == 0)
			return (uint8_t)(i + 1);
	return 0;
}
