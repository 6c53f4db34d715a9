/* SPDX-License-Identifier: ISC */
/* A ring of one writer and one reader. */
#include "record/ring.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 8 }; /* of pieces; the length before each takes that much */

#define MARK UINT64_MAX /* in place of a length: go on at the start */

/* What a piece takes up. */
static size_t whole(size_t len)
{
	return ALIGN + (len + ALIGN - 1) / ALIGN * ALIGN;
}

static uint8_t *at(const struct ring *ring, size_t position)
{
	return ring->octets + (position & (ring->room - 1));
}

void ring_init(struct ring *ring, size_t room)
{
	assert((room & (room - 1)) == 0);
	ring->written = ring->taken = 0;
	ring->begun = 0;
	ring->room = room;
	ring->octets = mem_alloc(room);
}

void ring_free(struct ring *ring)
{
	free(ring->octets);
}

uint8_t *ring_begin(struct ring *ring, size_t most)
{
	static const uint64_t mark = MARK;
	size_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
	size_t need = whole(most), left = ring->room - (written & (ring->room - 1));
	size_t skip = left < need ? left : 0;
	if (ring->room - (written - taken) < skip + need)
		return NULL;
	if (skip > 0)
		memcpy(at(ring, written), &mark, sizeof(mark));
	ring->begun = written + skip;
	return at(ring, ring->begun) + ALIGN;
}

void ring_end(struct ring *ring, size_t len)
{
	const uint64_t length = len;
	memcpy(at(ring, ring->begun), &length, sizeof(length));
	atomic_store_explicit(&ring->written, ring->begun + whole(len), memory_order_release);
}

bool ring_next(struct ring *ring, struct span *piece)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
	uint64_t length;
	if (taken == written)
		return false;
	memcpy(&length, at(ring, taken), sizeof(length));
	if (length == MARK) {
		taken += ring->room - (taken & (ring->room - 1));
		memcpy(&length, at(ring, taken), sizeof(length));
	}
	*piece = (struct span){at(ring, taken) + ALIGN, length};
	return true;
}

void ring_drop(struct ring *ring, const struct span *piece)
{
	size_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	size_t offset = (size_t)(piece->octets - ring->octets) - ALIGN, before = taken & (ring->room - 1);
	if (offset < before)
		taken += ring->room - before;
	else
		taken += offset - before;
	atomic_store_explicit(&ring->taken, taken + whole(piece->len), memory_order_release);
}
