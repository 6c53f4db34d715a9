/* SPDX-License-Identifier: ISC */
/* What drives transfers: a libcurl multi handle that waits on a libevent loop. */
#ifndef CHECK_ENGINE_H
#define CHECK_ENGINE_H

#include "check/transfer.h"

struct event_base;
struct engine;

/* Called from the loop when a transfer has ended; the engine has let go of it. It may start and stop others.
 */
typedef void engine_ended(void *context, struct transfer *transfer, CURLcode code);

struct engine *engine_new(struct event_base *base, engine_ended *ended, void *context);

/* No transfer may be under way. */
void engine_free(struct engine *engine);

/* Starts a transfer that is ready. It ends at its timeout at the latest, never before this returns. */
void engine_start(struct engine *engine, struct transfer *transfer);

/* Ends one under way; engine_ended() is not called for it. */
void engine_stop(struct engine *engine, struct transfer *transfer);

#endif
