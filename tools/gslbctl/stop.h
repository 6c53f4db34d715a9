/* SPDX-License-Identifier: ISC */
/* ^C, without a handler: the signals that ask for an end, as a descriptor. */
#ifndef GSLBCTL_STOP_H
#define GSLBCTL_STOP_H

#include <stdbool.h>

/* From now on ^C, SIGTERM and a closed terminal are only read from the descriptor returned. */
int stop_open(void);

/* Waits so long; true at once where an end was asked for, now or before. */
bool stop_wait(int fd, int ms);

#endif
