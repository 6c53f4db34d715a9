/* SPDX-License-Identifier: ISC */
/* One MaxMind database: its search tree, checked whole, and what its records say. */
#ifndef GEO_DATABASE_H
#define GEO_DATABASE_H

#include "base/addr.h"
#include "base/fault.h"
#include "geo/intern.h"
#include "geo/place.h"

#include <stdbool.h>
#include <stdint.h>

struct database;

/*
 * Copies the file to memory, so that nobody can truncate what is mapped, and walks it whole: every record of
 * the tree in range, no loop, every entry decoded. NULL and a fault where it is broken, holds nothing that is
 * used, or there is too little memory for it (base/room.h). The places of its records are added to `places`
 * (of struct place; number 0 must be the place of which nothing is known), which is borrowed until
 * database_close().
 */
struct database *database_open(const char *path, const struct spot *named, struct intern *places,
			       struct faults *faults);
void database_close(struct database *database);

/* Opens the file for database_find() alone, without the walk. NULL where it can't be read. */
struct database *database_peek(const char *path);

/*
 * Looks the address up and decodes the record anew, by libmaxminddb alone. False: the database does not know
 * it. *len is the length of the network, known or not, that the address is in.
 */
bool database_find(const struct database *database, const struct addr *addr, struct place *out, uint8_t *len);

/*
 * A position in the tree: a node, or with CURSOR_LEAF the number of a place: everything below is there.
 * Children are to be asked of nodes only. A node is `shared` where several records lead to it (IPv4 addresses
 * inside of IPv6).
 */
#define CURSOR_LEAF 0x80000000u
uint32_t database_root(const struct database *database, enum family family);
size_t database_nodes(const struct database *database);
void database_children(const struct database *database, uint32_t node, uint32_t children[2]);
bool database_shared(const struct database *database, uint32_t cursor);

/* A place as an item of a set of places: number 0 is added first, by places_init(). */
void places_init(struct intern *places);
uint32_t places_add(struct intern *places, const struct place *place);

#endif
