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

/* What a count of queries is of. */
struct tally_key {
	uint32_t zone; /* index into the world's zones; TALLY_NO_ZONE */
	uint8_t type;  /* index of tally_type_text() */
	uint8_t rcode;
	bool stream;
	bool xdp;
};
enum { TALLY_NO_ZONE = 0xfffff };

/* A cell of a hash table that never grows: where it is full, what is new is counted without its zone. */
struct tally_cell {
	_Atomic uint32_t key; /* packed, plus 1; 0: empty */
	_Atomic uint64_t count;
};

/* Counts of their own. */
enum counter { COUNTER_DROPPED, COUNTER_TRUNCATED, COUNTER_SUBNET, COUNTER_ALL_DOWN, COUNTERS };

struct tally {
	uint32_t mask; /* cells less one */
	struct tally_cell *cells;
	uint32_t n_members;
	_Atomic uint64_t
		*members; /* how often each candidate was answered: by world->member_at[set] + candidate */
	_Atomic uint64_t counters[COUNTERS];
};

/* One for a worker of that world. Free it with tally_free() once no worker uses it. */
struct tally *tally_new(const struct world *world);
void tally_free(struct tally *tally);

/* Only the worker that owns it counts. */
void tally_query(struct tally *tally, const struct tally_key *key);

static inline void tally_add(_Atomic uint64_t *count)
{
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

/* The index for a record type, and its text: types of their own, and "other". */
uint8_t tally_type(uint16_t type);
const char *tally_type_text(uint8_t index);
enum { TALLY_TYPES = 16 };

/* Calls for each count of queries that is above 0. */
typedef void tally_visit(void *context, const struct tally_key *key, uint64_t count);
void tally_walk(const struct tally *tally, tally_visit *visit, void *context);

#endif
