/* SPDX-License-Identifier: ISC */
/* Where an address is, from MaxMind databases of any schema in use. */
#ifndef GEO_PLACE_H
#define GEO_PLACE_H

#include "base/addr.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the databases know of an address; an empty text, 0 or false is an attribute that none knows. */
struct place {
	char continent[3];
	char country[3];
	char subdivision[4];
	uint32_t asn;
	bool located;
	float latitude, longitude; /* degrees; of the country where the databases have no location */
};

struct databases;

/*
 * Opens each file, recognises its schema from its data, and walks it whole before trusting it. One that can't
 * be read, is broken or takes more memory than there is is an error among `faults`, where `named` says that
 * its path stands, or of the file itself where that is NULL, and NULL is returned. Freed by
 * databases_close(). `paths` may be none.
 */
struct databases *databases_open(const char *const *paths, const struct spot *named, size_t n,
				 struct faults *faults);
void databases_close(struct databases *databases);

/*
 * From now on whoever folds them for locators looks at `room` as he goes (NULL, as at first: whatever it
 * takes is there). Where it is short, the folding ends early, and what came of it is only to be freed.
 */
struct room_watch;
void databases_watch(struct databases *databases, struct room_watch *room);

/*
 * Opens those files that are there, to look up single addresses: without the walk, so nothing but
 * databases_find() may be asked of them.
 */
struct databases *databases_peek(const char *const *paths, size_t n);

/*
 * What the databases say of one address: each attribute from the first of them that knows it, the
 * continent from the country where none has it, the location from the country likewise. *len, if not NULL, is
 * the length of the longest network among those that the databases gave the answer for.
 */
void databases_find(const struct databases *databases, const struct addr *addr, struct place *out,
		    uint8_t *len);

#endif
