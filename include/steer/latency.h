/* SPDX-License-Identifier: ISC */
/* The latency method: datacenters by the round-trip time that a client has to each. */
#ifndef STEER_LATENCY_H
#define STEER_LATENCY_H

#include "health/board.h"
#include "zone/steering.h"

#include <stdint.h>

/* Where a time comes from, the first that knows one. */
enum timed_by {
	TIMED_MEASURED,  /* by clients of the same prefix */
	TIMED_TABLE,     /* a row of a latency table */
	TIMED_COUNTRY,   /* by clients of the same country */
	TIMED_CONTINENT, /* by clients of the same continent */
	TIMED_DISTANCE,  /* estimated */
	TIMED_CHECK,     /* how long this server's own check takes */
	TIMED_UNKNOWN,
};

struct timed {
	uint8_t scope; /* bits of the client's address that the times depend on */
	unsigned n;
	struct timed_to {
		uint16_t datacenter;
		uint8_t by;  /* enum timed_by */
		uint32_t us; /* UINT32_MAX: unknown */
	} list[CANDIDATES_MAX];
};

/* The steering's datacenters, the nearest in time first; equal ones in the order of the configuration. */
void latency_times(const struct steering *steering, const struct board *board, const struct addr *client,
		   struct timed *out);

#endif
