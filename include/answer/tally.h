/* SPDX-License-Identifier: ISC */
/*
 * What has been answered, counted by each worker for itself: nobody else writes its cache lines. Any thread
 * may read. A tally belongs to one world, whose zones and sets its numbers are of.
 */
#ifndef ANSWER_TALLY_H
#define ANSWER_TALLY_H

#include "world/world.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a count of queries is of. */
struct tally_key {
	uint32_t zone; /* index into the world's zones; TALLY_NO_ZONE */
	uint8_t type;  /* tally_type() */
	uint8_t rcode;
	uint8_t transport; /* enum transport */
	uint8_t used;      /* set where it is kept, so that no key is all zero */
};
#define TALLY_NO_ZONE UINT32_MAX

/* A cell of a hash table that never grows: where it is full, what is new is counted without its zone. */
struct tally_cell {
	_Atomic uint64_t key; /* the octets of a struct tally_key; 0: empty */
	_Atomic uint64_t count;
};

/* Counts of their own. */
enum counter {
	COUNTER_DROPPED,
	COUNTER_TRUNCATED,
	COUNTER_SUBNET,
	COUNTER_ALL_DOWN,
	COUNTER_TRANSFERS, /* complete */
	COUNTER_TRANSFERS_REFUSED,
	COUNTER_TRANSFERS_LIMITED, /* refused as so many are under way */
	COUNTER_TSIG_REFUSED,
	COUNTER_PROXY_MALFORMED, /* messages; connections are counted where they are closed */
	COUNTERS
};

/* What became of responses that were too many. */
enum limit_action { LIMIT_DROPPED, LIMIT_SLIPPED, LIMIT_LOGGED, LIMIT_ACTIONS };

struct tally {
	uint32_t mask; /* cells less one */
	struct tally_cell *cells;
	uint32_t n_members;
	_Atomic uint64_t
		*members; /* how often each candidate was answered: by its set's first_member + its index */
	_Atomic uint64_t counters[COUNTERS];
	_Atomic uint64_t limited[LIMIT_KINDS][LIMIT_ACTIONS];
};

/* One for a worker of that world. Free it with tally_free() once no worker uses it. */
struct tally *tally_new(const struct world *world);
void tally_free(struct tally *tally);

static inline uint32_t tally_hash(uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 32);
}

static inline void tally_add(_Atomic uint64_t *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* Counts what has no cell at its hash yet. */
void tally_query_new(struct tally *tally, struct tally_key key);

/* Only the worker that owns it counts. */
static inline void tally_query(struct tally *tally, struct tally_key key)
{
	uint64_t octets;
	key.used = 1;
	memcpy(&octets, &key, sizeof(octets));
	struct tally_cell *cell = &tally->cells[tally_hash(octets) & tally->mask];
	if (atomic_load_explicit(&cell->key, memory_order_relaxed) == octets)
		tally_add(&cell->count);
	else
		tally_query_new(tally, key);
}

/* The number of a record type and its text: some types have one of their own, all others share that of
 * "other". */
enum { TALLY_TYPES = 16 };
extern const uint8_t tally_types[256];
const char *tally_type_text(uint8_t number);

static inline uint8_t tally_type(uint16_t type)
{
	return type < 256 ? tally_types[type] : 0;
}

/* Calls for each count of queries that is above 0. */
typedef void tally_visit(void *context, const struct tally_key *key, uint64_t count);
void tally_walk(const struct tally *tally, tally_visit *visit, void *context);

#endif
