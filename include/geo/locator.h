/* SPDX-License-Identifier: ISC */
/*
 * A geomap and all databases, compiled: address -> (order of datacenters, scope). The databases are not
 * needed once the locators are built.
 */
#ifndef GEO_LOCATOR_H
#define GEO_LOCATOR_H

#include "base/addr.h"
#include "base/arena.h"
#include "config/config.h"
#include "geo/place.h"

#include <stdint.h>

/* Datacenters in order of preference. */
struct order {
	uint16_t n;
	uint16_t datacenters[]; /* indexes into the config's */
};

/* Immutable; any thread may look up. */
struct locator;

struct located {
	const struct order *order;
	uint8_t scope; /* bits: the shortest prefix around the address in which every address has this order
			*/
};

/* Takes tens of nanoseconds; the address must be v4 or v6, mapped ones unmapped (addr_unmap). */
struct located locator_find(const struct locator *locator, const struct addr *client);

/* Asks memory for what locator_find() will read first. */
void locator_expect(const struct locator *locator, const struct addr *client);

/*
 * What locators are built from: one per geomap, plus one for `nearest` (a map of the one line `* nearest`).
 * Building the first locator of a map walks the databases; further ones of it only relabel and merge what
 * that found.
 */
struct atlas;

/* `map` NULL: the map of the single line `* nearest`. Config and databases are borrowed until atlas_free().
 */
struct atlas *atlas_new(const struct config *config, const struct geomap *map,
			const struct databases *databases);
void atlas_free(struct atlas *atlas);

/*
 * The locator for names that have records in these datacenters only (`n` indexes, ascending): the map's
 * orders with every other datacenter left out, so that networks whose difference such a name can't show are
 * merged. Equal requests share one locator. It is allocated in `arena` and holds nothing outside of it. More
 * than LOCATORS_MAX different ones of a map get the one for all datacenters, whose orders name datacenters
 * the name does not have and whose scopes may be longer than needed, never wrong.
 */
enum { LOCATORS_MAX = 64 };
const struct locator *atlas_locator(struct atlas *atlas, const uint16_t *datacenters, size_t n,
				    struct arena *arena);

/* Has a locator been made for just these datacenters, so that its orders name no others? */
bool atlas_has(const struct atlas *atlas, const uint16_t *datacenters, size_t n);

/* Which line of the map decides for this place at this address? An index into map->lines. For explanations
 * and tests. */
size_t geomap_line_find(const struct geomap *map, const struct place *place, const struct addr *addr);

/* Octets of the compiled tries, and calls `leaf` for each leaf of a family in address order. For tests and
 * tools. */
size_t locator_size(const struct locator *locator);
typedef void locator_leaf(void *context, const struct prefix *prefix, const struct order *order);
void locator_walk(const struct locator *locator, enum family family, locator_leaf *leaf, void *context);

#endif
