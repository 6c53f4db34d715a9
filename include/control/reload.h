/* SPDX-License-Identifier: ISC */
/* Building the next world, and giving back the one before, on a thread that makes way, so that checks and
 * queries go on meanwhile. */
#ifndef CONTROL_RELOAD_H
#define CONTROL_RELOAD_H

#include "base/fault.h"
#include "world/world.h"

#include <stdint.h>

struct event_base;
struct reload;

/* Called on the loop's thread. `world` is NULL where the files have errors; the callee owns the world, not
 * the faults. */
typedef void reload_done(void *context, struct world *world, const struct faults *faults);

struct reload *reload_new(struct event_base *base, const char *conf_path, reload_done *done, void *context);

/*
 * Begins to load. While one is under way another is noted, and begins when that one has ended. Returns its
 * number: the load that has this number, or a higher one, reads the files as they are now.
 */
uint64_t reload_start(struct reload *reload);

/* The number of the load that has just ended, for reload_done(). */
uint64_t reload_number(const struct reload *reload);

/* Is one under way, or about to begin? */
bool reload_running(const struct reload *reload);

/* Frees a world that nothing reads any more, in a while, but before the next load takes memory. */
void reload_discard(struct reload *reload, struct world *world);

/*
 * Frees all, after what is under way has ended. False, and nothing is freed, where that has not come after
 * `wait_ms`: a load may wait for a file system that never answers.
 */
bool reload_free(struct reload *reload, unsigned wait_ms);

#endif
