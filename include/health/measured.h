/* SPDX-License-Identifier: ISC */
/*
 * Round-trip times that clients measured, and what queries see of them.
 *
 *   measured_add ─> struct measured: averages by area and datacenter ─> measurements_snapshot ─> workers
 *                   area: the client's prefix, its country, its continent
 *
 * struct measured is the control thread's alone. struct measurements never changes: any thread may read it.
 * Times come in as arguments: `now_ms` is any clock in milliseconds that does not go backwards, `wall_ms`
 * that of the calendar, since the epoch.
 */
#ifndef HEALTH_MEASURED_H
#define HEALTH_MEASURED_H

#include "base/addr.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MEASURED_US_MAX = 60000000,      /* the longest round trip that counts */
	MEASURED_DATACENTERS_MAX = 1024, /* names held at a time */
	MEASURED_PREFIXES_MAX = 1000000
};
#define MEASURED_AGE_MAX_MS ((uint64_t)3650 * 24 * 3600 * 1000)

/* A member that is 0 stands for its default. */
struct measured_limits {
	uint32_t prefixes;        /* 100,000: so many are held at most, and 16 figures for each */
	uint16_t min_samples;     /* 5: fewer are not published */
	uint8_t grain_v4;         /* 24: bits of an IPv4 client that tell prefixes apart, up to 32 */
	uint8_t grain_v6;         /* 48: likewise of an IPv6 client, up to 64 */
	uint8_t deadband_percent; /* 10: a published figure stays while the average is this near */
	uint64_t max_age_ms; /* 7 days, up to ten years: a figure without samples for longer is forgotten */
};

struct measured;

/* The caller frees it with measured_free(). */
struct measured *measured_new(const struct measured_limits *limits);
void measured_free(struct measured *m);

/* One round trip from a client to a datacenter. */
struct measurement {
	const struct addr *client;
	const char *datacenter; /* by name, as it may have another index after a reload */
	uint32_t us;            /* 1..MEASURED_US_MAX */
	uint16_t country;       /* any number that is always the same country's; 0: unknown */
	uint8_t continent;      /* likewise */
};

/*
 * Folds the round trip into the averages of the client's prefix, country and continent: the first 8 samples
 * count alike, then each new one an eighth. A figure is published from min_samples on, and follows its
 * average only when that is off by more than the deadband (and 2 ms). Where the store is full, the oldest of
 * a few prefixes goes; one that has published counts as 16 times younger, so a flood of addresses displaces
 * itself first. False, and nothing is done, where `us` is out of range, the client has no address, the name
 * is none, or 1024 others are held.
 */
bool measured_add(struct measured *m, const struct measurement *sample, uint64_t now_ms);

/* Forgets all figures that are older than max_age_ms. For a timer; walks everything. */
void measured_sweep(struct measured *m, uint64_t now_ms);

/* Has a published figure changed, come or gone since the last snapshot? */
bool measured_changed(const struct measured *m);

/* Prefixes held, published or not. */
uint32_t measured_prefixes(const struct measured *m);

/* The same moment on both clocks. */
struct measured_time {
	uint64_t now_ms;
	uint64_t wall_ms;
};

/*
 * Writes all figures to `path` by way of `path`.new, which is synced and renamed, so that there is always one
 * whole file. The disk may take its time; measured_copy() lets another thread wait for it. Adds a fault and
 * returns false where that fails.
 */
bool measured_save(const struct measured *m, const char *path, struct measured_time at,
		   struct faults *faults);

/* A copy that can only be saved and freed, by whichever thread. */
struct measured *measured_copy(const struct measured *m);

/*
 * Reads what measured_save() wrote into a new store. A file that does not exist is an empty one. Figures too
 * old are skipped, and with a warning those of prefixes of another length than the grain. A file with
 * anything wrong is refused whole: a fault says where and what, false is returned and the store is empty.
 */
bool measured_load(struct measured *m, const char *path, struct measured_time at, struct faults *faults);

struct measurements;

/*
 * What is published, by the index of `datacenters` (names; not kept). Clears measured_changed(). Figures of
 * other datacenters are left out. The caller frees it with measurements_free() when no thread reads it any
 * more.
 */
struct measurements *measurements_snapshot(struct measured *m, const char *const *datacenters, size_t n);
void measurements_free(struct measurements *s);

/*
 * Round trips in microseconds by the index of the snapshot's datacenters, 0 where unknown; NULL where all
 * are. measurements_find() is of the client's prefix, without its country and continent. Valid as long as the
 * snapshot. No allocation; for any thread.
 */
const uint32_t *measurements_find(const struct measurements *s, const struct addr *client);
const uint32_t *measurements_country(const struct measurements *s, uint16_t country);
const uint32_t *measurements_continent(const struct measurements *s, uint8_t continent);

/* Prefixes that have something published. */
uint32_t measurements_prefixes(const struct measurements *s);

/* The bits of a client's address that measurements_find() looks at; 0 for no family. */
uint8_t measurements_grain(const struct measurements *s, enum family family);

#endif
