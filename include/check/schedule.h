/* SPDX-License-Identifier: ISC */
/*
 * When and how targets are polled: each target on its own timer with jitter, all on one libevent loop.
 * Everything here runs on the thread of that loop.
 */
#ifndef CHECK_SCHEDULE_H
#define CHECK_SCHEDULE_H

#include "base/addr.h"
#include "config/config.h"
#include "health/result.h"

#include <sys/resource.h>

struct event_base;
struct schedule;

/* An address and how to check it. Only a program may do without a port (0). */
struct target {
	struct endpoint address;
	const struct check *check; /* borrowed as long as the schedule uses it */
};

/* Checks that may be under way together, but for programs: so many at most, and now, by the descriptors. */
enum { SCHEDULE_AT_ONCE = 4096 };
unsigned schedule_at_once(void);

/* Called once a finished check. `id` is what schedule_add() was given. It may call schedule_add() and
 * _remove(). */
typedef void check_done(void *context, uint32_t id, const struct check_result *result);

/* An idle schedule on `base`. Results go to `done` with `context`. Each program that it starts may open so
 * many `descriptors`, whatever this process may. */
struct schedule *schedule_new(struct event_base *base, check_done *done, void *context, rlim_t descriptors);

/* Ends all checks under way without results and frees everything. Waits for killed programs to end, a
 * second at most. */
void schedule_free(struct schedule *schedule);

/*
 * Starts to poll a target: the first check at once, the second after a random part of the interval, then one
 * each interval from start to start, shortened by up to 10 % at random: a thousand targets don't beat as one,
 * and what is dead is known within interval x fall + timeout. A check
 * that is still under way when its next is due (its timeout may be longer than the interval) is followed by
 * it at once. Checks beyond what may be under way together (half of the process's file descriptors, at most
 * 4096; programs: 64) wait in a queue, which does not count towards their timeout. Ids are small numbers:
 * there is room for all up to the largest.
 */
void schedule_add(struct schedule *schedule, uint32_t id, const struct target *target);

/* The same of a target whose state is known: its first check comes after that random part, as two in a row
 * could take down what is up. */
void schedule_add_known(struct schedule *schedule, uint32_t id, const struct target *target);

/* Stops polling it; a check under way ends without a result. An id that is not polled is left alone. */
void schedule_remove(struct schedule *schedule, uint32_t id);

/* The check's definition has moved to other memory with the same content (a reload). */
void schedule_rebind(struct schedule *schedule, uint32_t id, const struct check *check);

#endif
