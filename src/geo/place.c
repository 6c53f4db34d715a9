/* SPDX-License-Identifier: ISC */
/* Several databases as one: the first that knows an attribute wins. */
#include "geo/place.h"
#include "base/country.h"
#include "base/memory.h"
#include "geo/databases.h"

#include <stdlib.h>
#include <string.h>

void places_init(struct intern *places)
{
	intern_init(places, sizeof(struct place));
	places_add(places, &(struct place){0});
}

uint32_t places_add(struct intern *places, const struct place *place)
{
	struct place item; /* a copy member by member, because items are compared with their padding */
	memset(&item, 0, sizeof(item));
	strcpy(item.continent, place->continent);
	strcpy(item.country, place->country);
	strcpy(item.subdivision, place->subdivision);
	item.asn = place->asn;
	item.located = place->located;
	item.latitude = place->latitude;
	item.longitude = place->longitude;
	return intern_add(places, &item);
}

void place_merge(struct place *place, const struct place *more)
{
	if (place->continent[0] == '\0')
		memcpy(place->continent, more->continent, sizeof(place->continent));
	if (place->country[0] == '\0')
		memcpy(place->country, more->country, sizeof(place->country));
	if (place->subdivision[0] == '\0')
		memcpy(place->subdivision, more->subdivision, sizeof(place->subdivision));
	if (place->asn == 0)
		place->asn = more->asn;
	if (!place->located) {
		place->located = more->located;
		place->latitude = more->latitude;
		place->longitude = more->longitude;
	}
}

void place_finish(struct place *place)
{
	const struct country *country = country_find(place->country);
	if (country == NULL)
		return;
	if (place->continent[0] == '\0')
		memcpy(place->continent, country->continent, sizeof(place->continent));
	if (!place->located) {
		place->located = true;
		place->latitude = country->latitude;
		place->longitude = country->longitude;
	}
}

struct databases *databases_open(const char *const *paths, const struct spot *named, size_t n,
				 struct faults *faults)
{
	struct databases *dbs = mem_alloc(sizeof(*dbs));
	dbs->list = mem_alloc(n * sizeof(struct database *));
	places_init(&dbs->places);
	bool ok = true;
	for (size_t i = 0; i < n; i++) {
		struct database *db = database_open(paths[i], named ? &named[i] : NULL, &dbs->places, faults);
		if (db != NULL)
			dbs->list[dbs->n++] = db;
		else
			ok = false;
	}
	if (ok)
		return dbs;
	databases_close(dbs);
	return NULL;
}

struct databases *databases_peek(const char *const *paths, size_t n)
{
	struct databases *dbs = mem_alloc(sizeof(*dbs));
	dbs->list = mem_alloc(n * sizeof(struct database *));
	places_init(&dbs->places);
	for (size_t i = 0; i < n; i++) {
		struct database *db = database_peek(paths[i]);
		if (db != NULL)
			dbs->list[dbs->n++] = db;
	}
	return dbs;
}

void databases_watch(struct databases *databases, struct room_watch *room)
{
	databases->room = room;
}

void databases_close(struct databases *dbs)
{
	if (dbs == NULL)
		return;
	for (size_t i = 0; i < dbs->n; i++)
		database_close(dbs->list[i]);
	intern_free(&dbs->places);
	free(dbs->list);
	free(dbs);
}

void databases_find(const struct databases *dbs, const struct addr *addr, struct place *out, uint8_t *len)
{
	uint8_t longest = 0;
	*out = (struct place){0};
	for (size_t i = 0; i < dbs->n; i++) {
		struct place place;
		uint8_t network;
		if (database_find(dbs->list[i], addr, &place, &network))
			place_merge(out, &place);
		longest = network > longest ? network : longest;
	}
	place_finish(out);
	if (len != NULL)
		*len = longest;
}
