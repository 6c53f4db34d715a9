/* SPDX-License-Identifier: ISC */
/* Least privilege: what gslbd gives up on its way from the command line to the first answer. Private to
 * control/. */
#ifndef CONTROL_DESCEND_H
#define CONTROL_DESCEND_H

#include "base/fault.h"
#include "config/config.h"

#include <stdint.h>

/*
 * Reads gslbd.conf, and becomes its `user`, where root has started this process, before any other file, the
 * checks and the API are touched; then reads it again as that one, so that no secret is known that a reload
 * could not read. What opening sockets takes of capabilities is kept until descend_last(). The folder of
 * `state` is made, for that user. `trial`: nobody is to be served, nothing is made, and nothing is logged;
 * the faults are the same. Errors are in `faults`; NULL: the file can't be read.
 */
struct config *descend(const char *conf_path, bool trial, struct faults *faults);

/* The system calls of this thread, and of all that it starts from here on, are filtered. */
void descend_filter(const struct config *config);

/* The sockets and interfaces are open. What remains is said in the log. */
void descend_last(const struct config *config);

/* Those that a successor is started with: the same, and what interfaces with xdp= take. */
uint64_t descend_inherited(const struct config *config);

/* Has it a check that starts a program? Only with such a config at the start may programs be started later.
 */
bool descend_programs(const struct config *config);

/* May a reload's config take the place of one that was started with or without programs? False: an error in
 * `faults`. */
bool descend_allows(bool programs, const struct config *next, struct faults *faults);

#endif
