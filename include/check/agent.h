/* SPDX-License-Identifier: ISC */
/* The words of an agent: a line in which a target says what it wants, as HAProxy's agents do. */
#ifndef CHECK_AGENT_H
#define CHECK_AGENT_H

#include "check/schedule.h"

/*
 * Reads a line of `len` octets, without its end, into result->agent and ->weight_percent. False where the
 * agent says that it is down, or says nothing, or what can't be understood: result->why says so.
 */
bool agent_read(const char *line, size_t len, struct check_result *result);

#endif
