/* SPDX-License-Identifier: ISC */
/* What the kernel drops at a socket before anyone can receive it. */
#ifndef SERVE_DROPS_H
#define SERVE_DROPS_H

#include <stdint.h>

struct drops {
	int fd;     /* borrowed; -1: none */
	uint64_t n; /* since the socket was opened, by the last reading */
};

/*
 * Reads how many packets the kernel has dropped, most of them because the receive buffer was full. It counts
 * in 32 bits, so read at least that often. Asking for the number (SO_MEMINFO) costs queries nothing, where
 * SO_RXQ_OVFL would put it beside each.
 */
uint64_t drops_read(struct drops *d);

#endif
