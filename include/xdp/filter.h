/* SPDX-License-Identifier: ISC */
/*
 * The program that the kernel runs on each frame an interface receives: UDP to our addresses and ports goes
 * to the AF_XDP socket of its queue, all else its ordinary way. It lives as long as the descriptors here are
 * open: a process that dies takes it along.
 */
#ifndef XDP_FILTER_H
#define XDP_FILTER_H

#include "base/addr.h"

#include <stdbool.h>
#include <stdint.h>

enum { XDP_WHY_MAX = 160 };

struct filter {
	int endpoints; /* a map of those whose packets are ours */
	int sockets;   /* a map from queue to socket */
	int program;
	int link;     /* holds the program at the interface */
	bool generic; /* the kernel runs it late, on packets it has made its own already */
};

/* What nothing is to be closed of. */
#define FILTER_NONE ((struct filter){-1, -1, -1, -1, false})

/*
 * Loads a filter for frames to that Ethernet address on so many queues, which takes nothing yet. False, with
 * `why` of XDP_WHY_MAX. Close it in any case.
 */
bool filter_load(struct filter *filter, const uint8_t mac[6], unsigned queues, char *why);

/*
 * Attaches it. Where the driver can't run it, it becomes generic, and `why` says why; else that is empty.
 * False, with `why`, where neither can be.
 */
bool filter_attach(struct filter *filter, unsigned interface, char *why);

/* Each takes more; false with errno. What comes on a queue without a socket goes its ordinary way. */
bool filter_add_socket(const struct filter *filter, unsigned queue, int fd);
bool filter_add_endpoint(const struct filter *filter, const struct endpoint *endpoint);

/* Frames take their ordinary way again. Called once more it does nothing. */
void filter_detach(struct filter *filter);
void filter_close(struct filter *filter);

#endif
