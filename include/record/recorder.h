/* SPDX-License-Identifier: ISC */
/*
 * Recording, on a worker's thread: a query that is due is copied into a ring of that worker, with what came
 * of it. No system call but the clock's, no lock, no allocation; where the ring is full it is counted, and
 * that is all.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include "base/random.h"
#include "config/config.h"
#include "record/ring.h"
#include "transfer/transfer.h"

/* What one worker records for one sink. */
struct track {
	struct ring ring;
	uint64_t left; /* queries up to the next that is due */
	uint32_t every;
	struct random random;
	_Atomic uint64_t dropped; /* there was no room */
};

/* What one worker records. */
struct recorder {
	unsigned n;
	struct track *tracks[RECORD_SINKS];
};

/* Of every so many queries one is due. On cache lines of its own; track_free() frees it. */
struct track *track_new(uint32_t every, size_t room);
void track_free(struct track *track);

/* As transfer_door(), which it calls, by the worker's recorder in the view. */
enum outcome recorder_respond(struct responder *r, const struct peer *peer, struct arrival *arrival,
			      struct span *out, struct transfer **transfer);

/* The door for all messages, recorded or not: transfer_door() with a look at whether anything is recorded. */
static inline enum outcome record_door(struct responder *r, const struct peer *peer, struct arrival *arrival,
				       struct span *out, struct transfer **transfer)
{
	if (__builtin_expect(r->view->recorders != NULL, false))
		return recorder_respond(r, peer, arrival, out, transfer);
	return transfer_door(r, peer, arrival, out, transfer);
}

#endif
