/* SPDX-License-Identifier: ISC */
/* All that a query may read, built once and never changed. */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include "base/fault.h"
#include "config/config.h"
#include "geo/place.h"
#include "health/board.h"
#include "health/roster.h"
#include "zone/zone.h"

#include <stdbool.h>

struct world {
	struct config *config;
	struct arena *arena;   /* zones, locators */
	struct roster *roster; /* what the zones' answers depend on */
	const struct zones *zones;
	struct certificates *certificates; /* of listens with tls */
	const struct bearer *bearer;       /* of the admin API; NULL: none is needed */
	const struct times_locator
		*times; /* to all datacenters, with regions; NULL where nobody measures or asks */
	struct databases *databases; /* only where it was loaded to explain */
};

/* What a batch of queries is answered from: a world and the health of its targets. Immutable; published as
 * one. */
struct tally;
struct limiter;
struct recorder;

struct view {
	const struct world *world;
	const struct board *board;
	struct tally *const *tallies;      /* by worker: what each counts; NULL: nothing is counted */
	struct recorder *const *recorders; /* by worker: what each records; NULL: nothing is recorded */
	struct limiter *limiter;           /* of responses over UDP; NULL: there is no limit */
};

/*
 * Reads gslbd.conf and every file it names, and builds the world. NULL where anything has an error; every one
 * of them is among the faults. No global state: any thread may build one. `explains`: it serves nobody, and
 * keeps its databases to explain places; the admin API's token is not read.
 */
struct world *world_load(const char *path, bool explains, struct faults *faults);

/* The same of a config that is read already, and is taken over: `faults` holds those of its file. */
struct world *world_build(struct config *config, bool explains, struct faults *faults);

void world_free(struct world *world);

#endif
