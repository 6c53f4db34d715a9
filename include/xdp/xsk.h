/* SPDX-License-Identifier: ISC */
/*
 * An AF_XDP socket: one queue of an interface, whose frames lie in memory shared with the kernel. Used by one
 * thread at a time.
 *
 * A frame is always in exactly one place, and there are as many frames as a ring has slots: no ring is ever
 * full.
 *
 *   fill ──kernel──> rx ──xsk_take()──> caller ──xsk_send()──> tx ──kernel──> completion
 *    ^                                    │                                       │
 *    └──────────── xsk_return() ──────────┴──────────── xsk_flush() ──────────────┘
 */
#ifndef XDP_XSK_H
#define XDP_XSK_H

#include "base/span.h"
#include "xdp/interface.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { XSK_FRAMES = 2048, XSK_FRAME_ROOM = 2048 };

/* One ring, of XSK_FRAMES slots. The kernel is at its other side. */
struct xsk_ring {
	void *map; /* owned */
	size_t map_len;
	_Atomic uint32_t *producer, *consumer;
	const _Atomic uint32_t *flags;
	void *slots;
	uint32_t at; /* our side of it, not told to the kernel yet; counts on for ever */
};

struct xsk {
	int fd;
	bool zero_copy;
	uint8_t *memory; /* owned */
	struct xsk_ring fill, rx, tx, completion;
};

/*
 * Opens a socket on a queue, with its memory. It receives nothing before a filter has it. False, with `why`
 * of XDP_WHY_MAX, and nothing to close.
 */
bool xsk_open(struct xsk *xsk, const struct interface *interface, unsigned queue, bool generic, char *why);
void xsk_close(struct xsk *xsk);

/* How many frames have come, `most` at most; xsk_take() then gives so many, one by one. */
unsigned xsk_received(const struct xsk *xsk, unsigned most);

/* The next frame; the caller gives it back by one of the other two. */
struct span xsk_take(struct xsk *xsk);

/* The octets from that frame's start to the end of the room it has. */
size_t xsk_room(const struct xsk *xsk, const uint8_t *frame);

/* Sends what now is in the frame; gives it back unsent. Both take effect with the next flush. */
void xsk_send(struct xsk *xsk, struct span frame);
void xsk_return(struct xsk *xsk, const uint8_t *frame);

/*
 * Tells the kernel all that has been done. False: it has yet to take or to complete much of what is to be
 * sent, and wants to be told again soon.
 */
bool xsk_flush(struct xsk *xsk);

/* Frames that the kernel lost since the start, as it had no room for them. Any thread may ask. */
uint64_t xsk_lost(const struct xsk *xsk);

#endif
