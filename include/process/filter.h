/* SPDX-License-Identifier: ISC */
/* Which system calls a thread may make (seccomp(2)): what it never needs is refused, or ends the process. */
#ifndef PROCESS_FILTER_H
#define PROCESS_FILTER_H

#include <stdbool.h>

enum filter_kind {
	FILTER_WORKER,   /* only what serving takes: no file, no new socket, no thread; a program is fatal */
	FILTER_CONTROL,  /* all but what belongs to debuggers and administrators; a program is fatal */
	FILTER_PROGRAMS, /* the same, but programs may be started, and get it too */
};

struct filter;

/* Sanitizers make calls of their own: a build with them has no filters. */
bool filter_possible(void);

/* Builds one; on one thread at a time. NULL: this build or this machine can't. The caller frees it. */
struct filter *filter_new(enum filter_kind kind);
void filter_free(struct filter *filter);

/* From here on it holds for this thread, and those that it starts, for good. It must have given up new
 * privileges (privileges_drop()). Any number of threads may share a filter. */
bool filter_apply(const struct filter *filter);

#endif
