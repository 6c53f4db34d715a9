/* SPDX-License-Identifier: ISC */
/* Counts by a universal hash of the client (Dietzfelbinger et al. 1997: multiply, add, shift). */
#include "serve/clients.h"
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { PLACES_BITS = 16 };

struct clients {
	unsigned limit;
	uint64_t multiplier, addend; /* random, the first of them odd */
	_Atomic uint32_t counts[1 << PLACES_BITS];
};

struct clients *clients_new(unsigned limit)
{
	struct clients *clients = mem_alloc_apart(sizeof(*clients));
	uint64_t random[2];
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();
	clients->limit = limit;
	clients->multiplier = random[0] | 1;
	clients->addend = random[1];
	return clients;
}

void clients_free(struct clients *clients)
{
	free(clients);
}

/* The first 64 bits tell clients apart: an IPv4 address has zeros behind it. */
static uint32_t place_of(const struct clients *clients, const struct addr *client)
{
	uint64_t key;
	memcpy(&key, client->octets, sizeof(key));
	return (uint32_t)((key * clients->multiplier + clients->addend) >> (64 - PLACES_BITS));
}

uint32_t clients_enter(struct clients *clients, const struct addr *client)
{
	uint32_t place = place_of(clients, client);
	_Atomic uint32_t *count = &clients->counts[place];
	if (atomic_fetch_add_explicit(count, 1, memory_order_relaxed) < clients->limit || clients->limit == 0)
		return place;
	atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
	return CLIENTS_NOBODY;
}

void clients_leave(struct clients *clients, uint32_t place)
{
	if (place != CLIENTS_NOBODY)
		atomic_fetch_sub_explicit(&clients->counts[place], 1, memory_order_relaxed);
}
