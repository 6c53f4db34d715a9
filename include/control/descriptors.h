/* SPDX-License-Identifier: ISC */
/* The limit of open files (RLIMIT_NOFILE), and what fits in. On the control thread, at boot. */
#ifndef CONTROL_DESCRIPTORS_H
#define CONTROL_DESCRIPTORS_H

#include "base/fault.h"
#include "config/config.h"

#include <stdbool.h>
#include <sys/resource.h>

/* Raises the soft limit to the hard one. Returns it as it was: programs of checks may be old ones. */
rlim_t descriptors_raise(void);

/* Is the limit enough for so many workers on so many listens to serve at all? If not, a fault says what would
 * be. */
bool descriptors_suffice(unsigned workers, size_t listens, struct faults *faults);

/* Says in the log what the limit leaves no room for. */
void descriptors_tell(const struct config *config, unsigned workers, unsigned targets);

#endif
