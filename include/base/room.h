/* SPDX-License-Identifier: ISC */
/*
 * How much memory this process may still take. What serves has its memory already; what would take much
 * more, a world that is loaded, looks here first, as allocations that fail end the process (base/memory.h),
 * and those that a control group or the machine can't keep are no failures at all but end it likewise. Any
 * thread.
 */
#ifndef BASE_ROOM_H
#define BASE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

enum { ROOM_KEPT = 32 << 20 }; /* octets, for all else that this process does */

/* Octets of memory that may still be taken, and what limits them: static text. */
struct room {
	uint64_t octets; /* UINT64_MAX: nothing is known to limit them */
	const char *by;
};

/*
 * The least of what is left by RLIMIT_AS and RLIMIT_DATA, the control groups of both versions, and the
 * machine, whose swap counts as far as the groups let it, and strict overcommit. Takes a fraction of a
 * millisecond.
 */
struct room room_left(void);

/* The same by the files of /proc and /sys below `root`. */
struct room room_left_by(const char *root);

/* Is there room for a piece of so many octets, and as much again of what is kept, up to ROOM_KEPT? */
bool room_for(const struct room *room, uint64_t octets);

/* Of one task that takes memory bit by bit, and when it looks. */
struct room_watch {
	struct room last;
	uint64_t unseen; /* steps since it looked */
	bool short_of;   /* there was too little: it has been told, and nothing more is to be taken */
};

enum {
	ROOM_STEPS = 65536,     /* after so many it looks */
	ROOM_STEP_OCTETS = 256, /* that about each takes */
};

/*
 * The task has done `steps` more. True: it may go on. False, once and for all: less is left than ROOM_KEPT
 * and five eighths of what has been taken since `before` was left, which is what it takes to make use of it.
 */
bool room_suffices(struct room_watch *watch, uint64_t steps, uint64_t before);

#endif
