/* SPDX-License-Identifier: ISC */
/* An Ethernet frame with a UDP packet in it: octets in, octets out, nothing else. */
#ifndef XDP_FRAME_H
#define XDP_FRAME_H

#include "base/addr.h"
#include "base/span.h"

#include <stdbool.h>

enum { FRAME_ETHERNET_OCTETS = 14 };

struct frame {
	struct addr from; /* the sender */
	uint8_t headers;  /* octets before the payload */
	struct span payload;
};

/*
 * Reads an untagged frame: IPv4 without options that is no fragment, or IPv6 without extension headers, then
 * UDP. False where it is something else, not whole, damaged (RFC 1071), or from an address or port that
 * nobody can be answered at. A sum that a virtual interface has left for hardware to complete is right too.
 */
bool frame_read(struct span in, struct frame *out);

/* Where it was sent to, and from which port, in network order. */
void frame_route(const struct frame *frame, struct endpoint *to, uint16_t *from_port);

/*
 * Turns the frame that starts at `octets`, and was read as `query`, into its reply, which takes the way back:
 * to the sender's Ethernet and IP address and port, with this payload. The caller has made sure of the room.
 * Returns the frame's length.
 */
size_t frame_answer(const struct frame *query, uint8_t *octets, struct span payload);

#endif
