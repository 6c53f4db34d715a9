/* SPDX-License-Identifier: ISC */
/* The state machine of health: pure, without a clock and without I/O. */
#ifndef HEALTH_MACHINE_H
#define HEALTH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum health_state { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };

/*
 * One thing's health. While it is up, `bad` counts the failures since it came up or since `rise` successes in
 * a row last cleared it, and `good` the successes in a row; while it is down, `good` counts the successes in
 * a row.
 */
struct health {
	enum health_state state;
	uint16_t good;
	uint16_t bad;
};

struct thresholds {
	uint16_t rise; /* at least 1 */
	uint16_t fall; /* at least 1 */
};

/*
 * One result moves one thing. Flap damping lives here and nowhere else: `rise` successes in a row bring it
 * up, failures that reach `fall` without `rise` successes in a row between them take it down. The first
 * result decides at once.
 */
struct health health_step(struct health h, bool ok, const struct thresholds *t);

/*
 * A thing's pace against a limit is health too: a slow check is a failure. This says whether a latency counts
 * as a success: at most the limit while it is fast, under 80 % of it while it is slow.
 */
bool pace_ok(const struct health *pace, uint32_t latency_us, uint32_t limit_us);

/* Folds a sample into an exponentially weighted moving average with weight 1/4; 0 means no sample yet. */
uint32_t latency_fold(uint32_t average_us, uint32_t sample_us);

#endif
