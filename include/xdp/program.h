/* SPDX-License-Identifier: ISC */
/*
 * The filter's instructions (RFC 9669). They are few, so they are written here rather than by a compiler that
 * every build would need.
 */
#ifndef XDP_PROGRAM_H
#define XDP_PROGRAM_H

#include "base/addr.h"

#include <linux/bpf.h>

enum { PROGRAM_INSTRUCTIONS_MAX = 96, PROGRAM_FRAME_MAX = 1514 };

struct program {
	unsigned n;
	struct bpf_insn list[PROGRAM_INSTRUCTIONS_MAX];
};

/* A key of the map of endpoints. */
struct program_key {
	uint8_t addr[16];
	uint16_t port;   /* network order */
	uint16_t family; /* enum family */
	uint32_t zero;
};

void program_key_write(struct program_key *key, const struct endpoint *endpoint);

/*
 * A program that hands a frame to the socket of its queue where it is for this Ethernet address, has at most
 * PROGRAM_FRAME_MAX octets and holds, right behind an untagged Ethernet header, IPv4 without options that is
 * no fragment, or IPv6, and right behind that UDP to an endpoint in the map. All else goes to the kernel, as
 * does what comes on a queue without a socket. The numbers are the maps' descriptors.
 */
void program_write(struct program *program, const uint8_t mac[6], int endpoints, int sockets);

#endif
