/* SPDX-License-Identifier: ISC */
/* The decision: which of a name's candidates this client is answered with. One function serves, explains and
 * simulates. */
#ifndef STEER_CHOOSE_H
#define STEER_CHOOSE_H

#include "base/addr.h"
#include "health/board.h"
#include "steer/pick.h"
#include "zone/steering.h"

#include <stdint.h>

/* The steps, in order; after each the candidates that are left are known. */
enum step { STEP_CANDIDATES, STEP_USABLE, STEP_FAST, STEP_LOAD, STEP_TIER, STEP_PICK, STEP_COUNT };

enum choice_outcome { CHOICE_ANSWER, CHOICE_NODATA, CHOICE_SERVFAIL };

struct choice {
	const struct rrset
		*set; /* what it was made of: for who asks to keep, steer_choose() does not touch it */
	enum choice_outcome outcome;
	bool all_down;                  /* nothing was usable, and the policy's all-down decided */
	bool located;                   /* the client's address was looked at, but for its hash */
	uint8_t scope;                  /* bits of the client's address that the order depends on */
	uint8_t n;                      /* answered */
	uint32_t ttl_s;                 /* the lowest of those answered, or what the policy's ttl= says */
	uint64_t left[STEP_PICK];       /* after each step but the last: see choice_left() */
	const struct order *order;      /* of the datacenters, for this client */
	uint8_t picked[CANDIDATES_MAX]; /* indexes of members */
	unsigned n_records;
	uint32_t records[CANDIDATES_MAX]; /* of those picked that have one: offsets into the rrset's octets */
};

/* Whom a step left. */
static inline uint64_t choice_left(const struct choice *choice, enum step step)
{
	uint64_t picked = 0;
	if (step < STEP_PICK)
		return choice->left[step];
	for (unsigned i = 0; i < choice->n; i++)
		picked |= (uint64_t)1 << choice->picked[i];
	return picked;
}

/*
 * Chooses. `client` is v4 or v6. Reads no clock; takes random numbers and turns from `picker`. Only the first
 * `n` of `picked`, and `n_records` of `records`, are set.
 */
void steer_choose(const struct steered *steered, const struct board *board, const struct addr *client,
		  struct picker *picker, struct choice *out);

#endif
