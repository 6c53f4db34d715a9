/* SPDX-License-Identifier: ISC */
/* The databases of a configuration, as those see them that compile locators from them. */
#ifndef GEO_DATABASES_H
#define GEO_DATABASES_H

#include "geo/database.h"

struct databases {
	struct database **list; /* in the order they are asked */
	size_t n;
	struct intern places;    /* all that the databases' records say, each by itself */
	struct room_watch *room; /* databases_watch() */
};

/* What `place` does not know it takes from `more`. */
void place_merge(struct place *place, const struct place *more);

/* The last word, when all databases were asked: what no one knew follows from the country. */
void place_finish(struct place *place);

#endif
