/* SPDX-License-Identifier: ISC */
/* Workers that stay on a CPU each, and the program that hands a worker what its CPU receives. Called at boot.
 */
#ifndef SERVE_CPUS_H
#define SERVE_CPUS_H

#include "base/fault.h"
#include "config/config.h"

#include <pthread.h>
#include <stdbool.h>

/*
 * The CPU of each worker, as many as there are numbers, an array that the caller frees; NULL where none are
 * given. One that this process may not use is an error in `faults`.
 */
unsigned *cpus_of(const struct numbers *numbers, struct faults *faults);

/*
 * A packet or connection for the group of sockets (SO_REUSEPORT) that `fd` belongs to goes to the one of the
 * worker whose CPU received it; `cpus` are those of the group's sockets in the order in which they were
 * bound, or listened. What comes in by another CPU is spread by its addresses and ports, as all is without
 * this. False with errno.
 */
bool cpus_steer(int fd, const unsigned *cpus, unsigned n);

bool cpus_pin(pthread_t thread, unsigned cpu);

#endif
