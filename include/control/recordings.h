/* SPDX-License-Identifier: ISC */
/* Which recordings there are, as the serving configuration says. On the control thread. */
#ifndef CONTROL_RECORDINGS_H
#define CONTROL_RECORDINGS_H

#include "record/recording.h"

struct recordings;

struct recordings *recordings_new(void);

/*
 * Takes what a configuration says, and has files opened anew. Returns what is to be published, by worker;
 * NULL: nothing is recorded. What was so before stays until recordings_settle().
 */
struct recorder *const *recordings_take(struct recordings *r, const struct config *config,
					unsigned n_workers);

/* Workers use what recordings_take() returned, and nothing from before. */
void recordings_settle(struct recordings *r);

/* Each second: says where queries are dropped, and tidies up. */
void recordings_look(struct recordings *r);

/* Since the start. */
struct recording_counts recordings_counts(const struct recordings *r, enum record_sink sink);

/* Once no worker runs: ends all. False: a disk takes longer than this, and nothing of it is freed. */
bool recordings_free(struct recordings *r, unsigned wait_ms);

#endif
