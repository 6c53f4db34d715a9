/* SPDX-License-Identifier: ISC */
/*
 * One recording: the tracks of all workers, and a thread that takes what is in them to a sink. As long as a
 * sink can't be had, or takes its time, records wait in the tracks; what finds no room there is dropped and
 * counted.
 */
#ifndef RECORD_RECORDING_H
#define RECORD_RECORDING_H

#include "record/recorder.h"

struct recording;

struct recording_counts {
	uint64_t recorded; /* queries that the sink has taken */
	uint64_t dropped;  /* and that were due, but it has not */
};

/* Begins with its thread, which has a track of each worker; options are copied. For the control thread, as
 * all of this. */
struct recording *recording_new(enum record_sink sink, const struct record_options *options,
				unsigned n_workers);

/* What a worker records into, as long as the recording has not been ended. */
struct track *recording_track(const struct recording *recording, unsigned worker);

/* Is it one with these options? */
bool recording_is(const struct recording *recording, const struct record_options *options);

/* Has the file opened anew, as it may have been renamed. */
void recording_reopen(struct recording *recording);

/* No worker uses its tracks any more: takes what is in them, and gives a slow reader a second for it. */
void recording_end(struct recording *recording);

/* Has that been done? */
bool recording_ended(const struct recording *recording);

/* Once it was ended. False: its thread hangs in a disk, and nothing is freed. */
bool recording_free(struct recording *recording, unsigned wait_ms);

struct recording_counts recording_counts(const struct recording *recording);

#endif
