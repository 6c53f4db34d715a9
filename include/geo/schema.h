/* SPDX-License-Identifier: ISC */
/* From a record of a MaxMind database, of whatever schema, to what gslbd uses of it. */
#ifndef GEO_SCHEMA_H
#define GEO_SCHEMA_H

#include "geo/place.h"

#include <maxminddb.h>
#include <stdbool.h>

/*
 * Decodes the whole record, and sets of `out` what it says; nothing follows from anything yet. False where
 * any part of the record does not decode, or where it has, with what its pointers lead to, more values than
 * SCHEMA_VALUES_MAX or more than SECTION_NESTING_MAX in each other: real ones have a few hundred.
 */
#define SCHEMA_VALUES_MAX 65536u
bool schema_read(MMDB_entry_s *record, struct place *out);

#endif
