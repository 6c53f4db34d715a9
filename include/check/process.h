/* SPDX-License-Identifier: ISC */
/* A program as a process with a group of its own, so that what it starts can be ended with it. */
#ifndef CHECK_PROCESS_H
#define CHECK_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct process {
	pid_t pid;  /* and its group's number */
	int ended;  /* pidfd: readable once it has ended */
	int output; /* readable: what it says on stdout and stderr; does not block */
};

/*
 * Starts argv[0], a path, with that environment and nothing of this process: signals as at the start of the
 * world, stdin from /dev/null, no descriptor but those of its output, and at most so many of them. Returns 0,
 * or the errno of what went wrong. Threads may run beside: memory is not copied. The caller has it reaped.
 */
int process_start(struct process *process, const char *const argv[], const char *const environment[],
		  rlim_t descriptors);

/* Kills it and all that is in its group. */
void process_kill(const struct process *process);

/*
 * Takes one that has ended from the kernel, with a kill for what it has left in its group. `how` is as of
 * waitid(); its si_code is 0 where nobody knows. Returns false while it goes on.
 */
bool process_reap(const struct process *process, siginfo_t *how);

/* Closes the descriptors that are not -1. */
void process_close(const struct process *process);

#endif
