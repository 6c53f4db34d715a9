/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets that this process was started with, by a service manager or by the gslbd that it takes
 * the place of: descriptors from 3 on, by sd_listen_fds(3)'s $LISTEN_FDS and $LISTEN_PID.
 */
#ifndef PROCESS_INHERIT_H
#define PROCESS_INHERIT_H

#include "base/addr.h"

#include <stdbool.h>

struct inherited;

/* Takes them over, out of the environment. Those that are no listening sockets are closed, and told. */
struct inherited *inherited_new(void);

/* How many there are of that type. */
unsigned inherited_count(const struct inherited *inherited, const struct endpoint *endpoint, int type);

/*
 * A descriptor, which the caller closes, of the socket of that type on that endpoint: where there are
 * several, number `nth` of them, beginning anew after the last. -1: there is none. It does not block.
 */
int inherited_take(struct inherited *inherited, const struct endpoint *endpoint, int type, unsigned nth);

/* The same of the UNIX socket with this path. */
int inherited_take_unix(struct inherited *inherited, const char *path);

/* Tells, in the log, of what nobody has asked for. */
void inherited_tell(const struct inherited *inherited);

/* Closes all that was not taken. NULL: nothing. */
void inherited_free(struct inherited *inherited);

#endif
