/* SPDX-License-Identifier: ISC */
/* What survives a restart: overrides, and the last known health of targets. A JSON file, state.json. */
#ifndef CONTROL_STATE_H
#define CONTROL_STATE_H

#include "base/fault.h"
#include "health/vitals.h"

#include <stdbool.h>

/* The file's text, as of now; the caller frees it. */
char *state_write(const struct roster *roster, const struct vitals *vitals, size_t *len);

/*
 * Takes a file into vitals, which are blank: overrides that have not ended, and targets checked
 * at most `fresh_ms` ago. A file that is not there is nothing to take; one that is broken is a warning, and
 * nothing of it is taken.
 */
void state_read_file(const char *path, uint32_t fresh_ms, const struct roster *roster, struct vitals *vitals,
		     struct faults *faults);

/* The same of the file in its folder. */
void state_read(const char *folder, uint32_t fresh_ms, const struct roster *roster, struct vitals *vitals,
		struct faults *faults);

#endif
