/* SPDX-License-Identifier: ISC */
/*
 * Pieces of octets from one thread to another, without a lock, in the order they were written:
 *
 *   ... free | length piece | length piece | free ...      positions only grow; octets[position % room]
 *            ^ taken                       ^ written
 *
 * A piece is never torn: one that does not fit before the end of the octets begins at their start, behind a
 * mark.
 */
#ifndef RECORD_RING_H
#define RECORD_RING_H

#include "base/span.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	_Alignas(128) _Atomic size_t written; /* the writer's */
	size_t begun;                         /* where the piece that is being written begins */
	_Alignas(128) _Atomic size_t taken;   /* the reader's */
	_Alignas(128) size_t room;            /* constant from here on */
	uint8_t *octets;                      /* owned */
};

/* `room` is a power of two. No piece is longer than a quarter of it. */
void ring_init(struct ring *ring, size_t room);
void ring_free(struct ring *ring);

/* Writer: where a piece of up to `most` octets may be written, aligned to 8; NULL: there is no room. */
uint8_t *ring_begin(struct ring *ring, size_t most);

/* Writer: the piece is written, and has `len` octets. Not to be called where it is not to count. */
void ring_end(struct ring *ring, size_t len);

/* Reader: the oldest piece, which stays until ring_drop(). False: there is none. */
bool ring_next(struct ring *ring, struct span *piece);
void ring_drop(struct ring *ring, const struct span *piece);

#endif
