/* SPDX-License-Identifier: ISC */
/* The health of everything at one moment, as queries read it: immutable, built anew at each change. */
#ifndef HEALTH_BOARD_H
#define HEALTH_BOARD_H

#include "health/comeback.h"
#include "health/measured.h"
#include "health/vitals.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a candidate is, or is not, in the running; the usable ones first. */
enum standing {
	STANDING_FAST,            /* usable */
	STANDING_SLOW,            /* usable, but over max-latency */
	STANDING_RECORD_DOWN,     /* the record's own check failed */
	STANDING_RECORD_HELD,     /* its own check is good again, but its return= holds it back */
	STANDING_RECORD_AGENT,    /* its own target asked for drain or maint */
	STANDING_RECORD_DRAINED,  /* state=drain on the record */
	STANDING_RECORD_FORCED,   /* state=down on the record */
	STANDING_ALIAS_DOWN,      /* the name it leads to has nothing usable */
	STANDING_DATACENTER_DOWN, /* the datacenter's check failed */
	STANDING_DATACENTER_HELD,
	STANDING_DATACENTER_AGENT,
	STANDING_DATACENTER_DRAINED, /* by state=drain or an operator */
	STANDING_DATACENTER_FORCED,  /* by state=down or an operator */
};

/* What is more to a set than masks, where there is more; the arrays are by candidate. */
enum { SHED_ALL = 65536 };
struct set_extra {
	const uint32_t
		*weights;      /* weight x share of it, SHARE_WHOLE being all; NULL: those of the zone file */
	uint64_t heavy;        /* weights above 0 */
	const uint64_t *costs; /* least-connections, least-time: the least is picked; NULL: other picks */
	const uint32_t
		*sheds; /* over capacity: the share of SHED_ALL of its queries to go elsewhere; NULL: none */
	bool has_ttl;   /* the policy has ttl=MIN..MAX */
	uint32_t ttl_s; /* by health, within that */
};

/* Candidates of a set as bits, the first candidate the lowest. */
struct set_state {
	uint64_t usable;
	uint64_t fast;                 /* of the usable ones */
	const struct set_extra *extra; /* NULL: nothing */
};

struct board {
	uint8_t *standings;     /* enum standing by slot, for explanations */
	uint32_t *latencies_us; /* by datacenter: of its check; 0 unknown */
	bool isolated;          /* this server has lost the network: health is as it was before */
	int64_t next_ms;        /* when it is out of date by itself; INT64_MAX: never */
	const struct measurements
		*learned;        /* what clients measured; borrowed, set by who publishes; or NULL */
	struct arena *extras;    /* NULL: no set has any */
	struct set_state sets[]; /* by set */
};

/*
 * Builds the board of the moment `now_ms`. Unknown counts as up. The caller frees it with board_free(). Once
 * built it is the same for all threads.
 */
struct board *board_build(const struct roster *roster, const struct vitals *vitals, int64_t now_ms);
void board_free(struct board *board);

/* The effective say of operators over a datacenter: an override, else what the file says. */
enum override_state datacenter_say(const struct roster *roster, const struct vitals *vitals,
				   uint32_t datacenter);

/* The rules and past of a datacenter's check, for comeback.h. */
struct comeback_case datacenter_case(const struct roster *roster, const struct vitals *vitals,
				     uint32_t datacenter);

/* What so many connections shed, of SHED_ALL: from the capacity's low on, the more the busier. */
uint32_t shed_share(const struct range *capacity, uint32_t connections);

#endif
