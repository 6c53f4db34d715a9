/* SPDX-License-Identifier: ISC */
/* What the exec check says to its program, and what the program's end says of the target. */
#ifndef CHECK_EXEC_H
#define CHECK_EXEC_H

#include "check/process.h"
#include "check/schedule.h"

/*
 * Starts the check's command with the target's address, and its port where there is one, behind its
 * arguments; its environment is PATH, GSLBD_ADDRESS, GSLBD_PORT (likewise) and GSLBD_CHECK. It may open so
 * many descriptors. Returns 0 or an errno.
 */
int exec_start(struct process *process, const struct target *target, rlim_t descriptors);

/* A program that could not be started. */
void exec_fail_start(struct check_result *result, const char *path, int error);

/* A program that has ended; `how` as of waitid(), `output` the first `len` octets that it has printed. */
void exec_judge(struct check_result *result, const siginfo_t *how, const char *output, size_t len);

#endif
