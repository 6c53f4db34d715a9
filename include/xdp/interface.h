/* SPDX-License-Identifier: ISC */
/* A network interface, as far as XDP needs to know it. */
#ifndef XDP_INTERFACE_H
#define XDP_INTERFACE_H

#include "xdp/filter.h"

#include <stdbool.h>
#include <stdint.h>

struct interface {
	char name[16];
	unsigned index;
	unsigned mtu;    /* octets of an IP packet */
	unsigned queues; /* that receive, each with one that sends */
	uint8_t mac[6];
};

/* Asks the kernel. False, with why it can't be used in `why` of XDP_WHY_MAX. */
bool interface_read(const char *name, struct interface *out, char *why);

#endif
