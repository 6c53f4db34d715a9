/* SPDX-License-Identifier: ISC */
/* Counting queries and answers. */
#include "answer/tally.h"
#include "base/memory.h"
#include "wire/types.h"

#include <stdlib.h>

enum {
	PROBES = 12,
	GAP = 128, /* octets that keep what one worker counts off the cache lines of the next */
};

enum { OTHER, A, AAAA, CNAME, HTTPS, SVCB, NS, SOA, TXT, MX, SRV, PTR, DS, ANY, DNSKEY, NUMBERED };
_Static_assert((int)NUMBERED <= (int)TALLY_TYPES, "there is room for the numbers of all");

const uint8_t tally_types[256] = {
	[TYPE_A] = A,       [TYPE_AAAA] = AAAA,     [TYPE_CNAME] = CNAME, [TYPE_HTTPS] = HTTPS,
	[TYPE_SVCB] = SVCB, [TYPE_NS] = NS,         [TYPE_SOA] = SOA,     [TYPE_TXT] = TXT,
	[TYPE_MX] = MX,     [TYPE_SRV] = SRV,       [TYPE_PTR] = PTR,     [TYPE_DS] = DS,
	[TYPE_ANY] = ANY,   [TYPE_DNSKEY] = DNSKEY,
};

const char *tally_type_text(uint8_t number)
{
	static const char *const texts[] = {"other", "A",  "AAAA", "CNAME", "HTTPS", "SVCB", "NS",    "SOA",
					    "TXT",   "MX", "SRV",  "PTR",   "DS",    "ANY",  "DNSKEY"};
	return texts[number];
}

struct tally *tally_new(const struct world *world)
{
	struct tally *tally = mem_alloc_apart(sizeof(*tally));
	uint32_t room = 512;
	while (room < world->zones->n * 16)
		room *= 2;
	tally->mask = room - 1;
	tally->cells = mem_alloc(room * sizeof(*tally->cells) + GAP);
	tally->n_members = world->roster->n_members;
	tally->members = mem_alloc(tally->n_members * sizeof(*tally->members) + GAP);
	return tally;
}

void tally_free(struct tally *tally)
{
	if (tally == NULL)
		return;
	free(tally->cells);
	free(tally->members);
	free(tally);
}

void tally_query_new(struct tally *tally, struct tally_key key)
{
	uint64_t wanted;
	memcpy(&wanted, &key, sizeof(wanted));
	for (uint32_t i = 0; i < PROBES; i++) {
		struct tally_cell *cell = &tally->cells[(tally_hash(wanted) + i) & tally->mask];
		uint64_t held = atomic_load_explicit(&cell->key, memory_order_relaxed);
		if (held == 0)
			atomic_store_explicit(&cell->key, held = wanted, memory_order_release);
		if (held == wanted) {
			tally_add(&cell->count);
			return;
		}
	}
	if (key.zone == TALLY_NO_ZONE)
		return;
	key.zone = TALLY_NO_ZONE; /* full here: count it all the same, without its zone */
	tally_query(tally, key);
}

void tally_walk(const struct tally *tally, tally_visit *visit, void *context)
{
	for (uint32_t i = 0; i <= tally->mask; i++) {
		const struct tally_cell *cell = &tally->cells[i];
		uint64_t octets = atomic_load_explicit(&cell->key, memory_order_acquire);
		uint64_t count = atomic_load_explicit(&cell->count, memory_order_relaxed);
		if (octets == 0 || count == 0)
			continue;
		struct tally_key key;
		memcpy(&key, &octets, sizeof(key));
		visit(context, &key, count);
	}
}
