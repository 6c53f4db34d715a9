/* SPDX-License-Identifier: ISC */
/* The health of everything at one moment, as queries read it: immutable, built anew at each change. */
#ifndef HEALTH_BOARD_H
#define HEALTH_BOARD_H

#include "health/machine.h"
#include "health/roster.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a candidate is, or is not, in the running; the usable ones first. */
enum standing {
	STANDING_FAST,            /* usable */
	STANDING_SLOW,            /* usable, but over max-latency */
	STANDING_RECORD_DOWN,     /* the record's own check failed */
	STANDING_DATACENTER_DOWN, /* the datacenter's check failed */
	STANDING_RECORD_DRAINED,  /* state=drain on the record */
	STANDING_RECORD_FORCED,   /* state=down on the record */
	STANDING_DATACENTER_DRAINED,
	STANDING_DATACENTER_FORCED,
};

/* Candidates of a set as bits, the first candidate the lowest. */
struct set_masks {
	uint64_t usable;
	uint64_t fast; /* of the usable ones */
};

struct board {
	uint8_t *standings;      /* enum standing by slot, for explanations */
	struct set_masks sets[]; /* by set */
};

/* What the control thread knows; the arrays are as long as the roster's. */
struct vitals {
	struct health *targets;
	uint32_t *latencies_us;
	struct health *paces;
	enum admin_state *datacenters; /* by configuration and override */
};

/* Vitals of a roster: everything unknown, datacenters as configured. */
void vitals_init(struct vitals *vitals, const struct roster *roster);
void vitals_free(struct vitals *vitals);

/* A target's check has ended. Returns whether the board would differ: a state has changed. */
bool vitals_result(struct vitals *vitals, const struct roster *roster, uint32_t target, bool ok,
		   uint32_t latency_us);

/*
 * For each target of `roster` the one of `from` that has the same address and an equal check, or ROSTER_NONE.
 * The caller frees the array.
 */
uint32_t *targets_match(const struct roster *roster, const struct roster *from);
bool target_equal(const struct roster_target *a, const struct roster_target *b);

/* Copies what is known of the targets and paces that are the same in both; what is new stays unknown. */
void vitals_carry(struct vitals *to, const struct roster *roster, const struct vitals *from,
		  const struct roster *from_roster);

/* Builds a board. Unknown counts as up. The caller frees it with board_free(). */
struct board *board_build(const struct roster *roster, const struct vitals *vitals);
void board_free(struct board *board);

#endif
