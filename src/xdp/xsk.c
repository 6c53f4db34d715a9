/* SPDX-License-Identifier: ISC */
/* AF_XDP sockets: their memory and rings, by the kernel's own interface (linux/if_xdp.h). */
#include "xdp/xsk.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MEMORY = XSK_FRAMES * XSK_FRAME_ROOM,
	SLOT_MASK = XSK_FRAMES - 1,
	KICKS_MAX = 2 * XSK_FRAMES / 32, /* the kernel copies 32 frames a kick */
};

/* What the kernel has put into a ring and we have not taken out. */
static uint32_t ring_filled(const struct xsk_ring *r)
{
	return atomic_load_explicit(r->producer, memory_order_acquire) - r->at;
}

/* Tells the kernel what we have put into a ring. Does it sleep, and is to be woken for that? */
static bool ring_submit(struct xsk_ring *r)
{
	atomic_store(r->producer,
		     r->at); /* sequentially consistent: it sees this, or we see that it sleeps */
	return (atomic_load(r->flags) & XDP_RING_NEED_WAKEUP) != 0;
}

static bool all_taken(const struct xsk_ring *r)
{
	return atomic_load_explicit(r->consumer, memory_order_acquire) == r->at;
}

/* What differs from ring to ring when they are made. */
struct ring_kind {
	struct xsk_ring *ring;
	int option;
	off_t offset;
	size_t slot;
	const struct xdp_ring_offset *at;
};

static bool ring_open(int fd, const struct ring_kind *kind)
{
	struct xsk_ring *r = kind->ring;
	r->map_len = kind->at->desc + XSK_FRAMES * kind->slot;
	r->map = mmap(NULL, r->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, kind->offset);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return false;
	}
	uint8_t *map = r->map;
	r->producer = (void *)(map + kind->at->producer);
	r->consumer = (void *)(map + kind->at->consumer);
	r->flags = (void *)(map + kind->at->flags);
	r->slots = map + kind->at->desc;
	return true;
}

static bool rings_open(struct xsk *xsk)
{
	static const int n = XSK_FRAMES;
	struct xdp_mmap_offsets offsets;
	socklen_t len = sizeof(offsets);
	const struct ring_kind kinds[] = {
		{&xsk->fill, XDP_UMEM_FILL_RING, (off_t)XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t),
		 &offsets.fr},
		{&xsk->completion, XDP_UMEM_COMPLETION_RING, (off_t)XDP_UMEM_PGOFF_COMPLETION_RING,
		 sizeof(uint64_t), &offsets.cr},
		{&xsk->rx, XDP_RX_RING, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc), &offsets.rx},
		{&xsk->tx, XDP_TX_RING, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc), &offsets.tx},
	};
	enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	for (int i = 0; i < N_KINDS; i++) {
		if (setsockopt(xsk->fd, SOL_XDP, kinds[i].option, &n, sizeof(n)) != 0)
			return false;
	}
	if (getsockopt(xsk->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &len) != 0)
		return false;
	if (len < sizeof(offsets)) { /* before Linux 5.4 rings had no flags */
		errno = EOPNOTSUPP;
		return false;
	}
	for (int i = 0; i < N_KINDS; i++) {
		if (!ring_open(xsk->fd, &kinds[i]))
			return false;
	}
	return true;
}

static bool memory_open(struct xsk *xsk)
{
	void *memory =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return false;
	xsk->memory = memory;
	struct xdp_umem_reg region = {.addr = (uintptr_t)memory, .len = MEMORY, .chunk_size = XSK_FRAME_ROOM};
	return setsockopt(xsk->fd, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)) == 0;
}

/* The kernel takes the way without copies where the driver has one; in generic mode there is none. */
static bool bind_to(struct xsk *xsk, const struct interface *interface, unsigned queue, bool generic)
{
	struct sockaddr_xdp address = {.sxdp_family = AF_XDP,
				       .sxdp_flags = XDP_USE_NEED_WAKEUP,
				       .sxdp_ifindex = interface->index,
				       .sxdp_queue_id = queue};
	struct xdp_options options = {0};
	socklen_t len = sizeof(options);
	if (generic)
		address.sxdp_flags |= XDP_COPY;
	if (bind(xsk->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return false;
	if (getsockopt(xsk->fd, SOL_XDP, XDP_OPTIONS, &options, &len) == 0)
		xsk->zero_copy = (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
	return true;
}

static void explain(char *why, unsigned queue)
{
	const char *error = errno == EPERM          ? "not permitted; it takes CAP_NET_RAW"
			    : errno == EAFNOSUPPORT ? "this kernel has no AF_XDP"
			    : errno == ENOBUFS      ? "the limit of locked memory (ulimit -l) is too low"
			    : errno == EBUSY        ? "another program has it"
						    : strerror(errno);
	snprintf(why, XDP_WHY_MAX, "socket of queue %u: %s", queue, error);
}

bool xsk_open(struct xsk *xsk, const struct interface *interface, unsigned queue, bool generic, char *why)
{
	*xsk = (struct xsk){.fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0)};
	if (xsk->fd >= 0 && memory_open(xsk) && rings_open(xsk)) {
		for (size_t i = 0; i < XSK_FRAMES; i++)
			xsk_return(xsk, xsk->memory + i * XSK_FRAME_ROOM);
		ring_submit(&xsk->fill);
		if (bind_to(xsk, interface, queue, generic))
			return true;
	}
	explain(why, queue);
	xsk_close(xsk);
	return false;
}

void xsk_close(struct xsk *xsk)
{
	struct xsk_ring *rings[] = {&xsk->fill, &xsk->completion, &xsk->rx, &xsk->tx};
	if (xsk->fd >= 0)
		close(xsk->fd);
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		if (rings[i]->map != NULL)
			munmap(rings[i]->map, rings[i]->map_len);
	}
	if (xsk->memory != NULL)
		munmap(xsk->memory, MEMORY);
}

unsigned xsk_received(const struct xsk *xsk, unsigned most)
{
	uint32_t n = ring_filled(&xsk->rx);
	return n < most ? n : most;
}

struct span xsk_take(struct xsk *xsk)
{
	const struct xdp_desc *slots = xsk->rx.slots, *slot = &slots[xsk->rx.at++ & SLOT_MASK];
	return (struct span){xsk->memory + slot->addr, slot->len};
}

size_t xsk_room(const struct xsk *xsk, const uint8_t *frame)
{
	return XSK_FRAME_ROOM - (size_t)(frame - xsk->memory) % XSK_FRAME_ROOM;
}

void xsk_send(struct xsk *xsk, struct span frame)
{
	struct xdp_desc *slots = xsk->tx.slots;
	slots[xsk->tx.at++ & SLOT_MASK] =
		(struct xdp_desc){(uint64_t)(frame.octets - xsk->memory), (uint32_t)frame.len, 0};
}

static void fill(struct xsk *xsk, uint64_t address)
{
	uint64_t *slots = xsk->fill.slots;
	slots[xsk->fill.at++ & SLOT_MASK] = address & ~(uint64_t)(XSK_FRAME_ROOM - 1);
}

void xsk_return(struct xsk *xsk, const uint8_t *frame)
{
	fill(xsk, (uint64_t)(frame - xsk->memory));
}

/* Where the kernel copies, it sends from within this call, some frames at a time. */
static void kick_tx(struct xsk *xsk)
{
	for (int i = 0; i < KICKS_MAX && !all_taken(&xsk->tx); i++) {
		if (sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && errno != EAGAIN && errno != EBUSY)
			return;
	}
}

static void recycle(struct xsk *xsk)
{
	const uint64_t *slots = xsk->completion.slots;
	for (uint32_t n = ring_filled(&xsk->completion); n > 0; n--)
		fill(xsk, slots[xsk->completion.at++ & SLOT_MASK]);
	atomic_store_explicit(xsk->completion.consumer, xsk->completion.at, memory_order_release);
}

bool xsk_flush(struct xsk *xsk)
{
	atomic_store_explicit(xsk->rx.consumer, xsk->rx.at, memory_order_release);
	if (ring_submit(&xsk->tx))
		kick_tx(xsk);
	recycle(xsk);
	if (ring_submit(&xsk->fill))
		recvfrom(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
	uint32_t sending = xsk->tx.at - xsk->completion.at;
	return all_taken(&xsk->tx) && sending <= XSK_FRAMES / 2;
}

uint64_t xsk_lost(const struct xsk *xsk)
{
	struct xdp_statistics s;
	socklen_t len = sizeof(s);
	if (getsockopt(xsk->fd, SOL_XDP, XDP_STATISTICS, &s, &len) != 0 || len < sizeof(s))
		return 0;
	return s.rx_dropped + s.rx_ring_full;
}
