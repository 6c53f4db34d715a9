/* SPDX-License-Identifier: ISC */
/*
 * The latency tables, distances and all databases, compiled: address -> (times to datacenters and region,
 * scope). The databases are not needed once the locators are built.
 */
#ifndef GEO_TIMES_H
#define GEO_TIMES_H

#include "base/addr.h"
#include "base/arena.h"
#include "config/config.h"
#include "geo/place.h"

#include <stdint.h>

enum time_source {
	TIME_UNKNOWN,  /* no row, and the location of the client or the datacenter is not known */
	TIME_TABLE,    /* the most specific row of config->latencies for that datacenter */
	TIME_DISTANCE, /* estimate_us() */
};

/* What a round trip takes. */
struct time_to {
	uint16_t datacenter; /* index into the config's */
	uint8_t source;      /* enum time_source */
	uint8_t zero;
	uint32_t us; /* 0 with TIME_UNKNOWN */
};

/* Equal ones are equal octets, hence the zeroes. */
struct times {
	uint16_t country; /* country_number(); 0: unknown, or not asked for */
	uint16_t n;
	uint8_t continent; /* continent_number(), likewise */
	uint8_t zero[3];
	struct time_to list[]; /* by datacenter, ascending */
};

/* Immutable; any thread may look up. */
struct times_locator;

struct times_found {
	const struct times *times;
	uint8_t scope; /* bits: the shortest prefix around the address in which every address has these */
};

/* As locator_find(). */
struct times_found times_find(const struct times_locator *locator, const struct addr *client);

/* What they are built from, as from an atlas of a map. Config and databases are borrowed until it is freed.
 */
struct times_atlas;

struct times_atlas *times_atlas_new(const struct config *config, const struct databases *databases);
void times_atlas_free(struct times_atlas *atlas);

/*
 * The times to these datacenters only (`n` indexes, ascending), as atlas_locator() has it: equal requests
 * share a locator, and more than LOCATORS_MAX different ones get that for all datacenters. With the regions
 * only if asked, because they make scopes longer.
 */
const struct times_locator *times_atlas_locator(struct times_atlas *atlas, const uint16_t *datacenters,
						size_t n, bool with_regions, struct arena *arena);

/* As locator_size() and locator_walk(). */
size_t times_size(const struct times_locator *locator);
typedef void times_leaf(void *context, const struct prefix *prefix, const struct times *times);
void times_walk(const struct times_locator *locator, enum family family, times_leaf *leaf, void *context);

#endif
