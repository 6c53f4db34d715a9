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

static const struct {
	uint16_t type;
	const char *text;
} types[] = {
	{0, "other"},          {TYPE_A, "A"},       {TYPE_AAAA, "AAAA"},     {TYPE_CNAME, "CNAME"},
	{TYPE_HTTPS, "HTTPS"}, {TYPE_SVCB, "SVCB"}, {TYPE_NS, "NS"},         {TYPE_SOA, "SOA"},
	{TYPE_TXT, "TXT"},     {TYPE_MX, "MX"},     {TYPE_SRV, "SRV"},       {TYPE_PTR, "PTR"},
	{TYPE_DS, "DS"},       {TYPE_ANY, "ANY"},   {TYPE_DNSKEY, "DNSKEY"},
};

uint8_t tally_type(uint16_t type)
{
	for (uint8_t i = 1; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return i;
	}
	return 0;
}

const char *tally_type_text(uint8_t index)
{
	return types[index].text;
}

struct tally *tally_new(const struct world *world)
{
	struct tally *tally = mem_alloc_apart(sizeof(*tally));
	uint32_t room = 512;
	while (room < world->zones->n * 16)
		room *= 2;
	tally->mask = room - 1;
	tally->cells = mem_alloc(room * sizeof(*tally->cells));
	tally->n_members = world->n_members;
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

/* zone 20 bits, type 4, rcode 5, stream 1, xdp 1 */
static uint32_t pack(const struct tally_key *key)
{
	return (key->zone & TALLY_NO_ZONE) << 11 | (key->type & 15u) << 7 | (key->rcode & 31u) << 2 |
	       (unsigned)key->stream << 1 | key->xdp;
}

static struct tally_key unpack(uint32_t packed)
{
	return (struct tally_key){packed >> 11, packed >> 7 & 15, packed >> 2 & 31, packed >> 1 & 1,
				  packed & 1};
}

void tally_query(struct tally *tally, const struct tally_key *key)
{
	uint32_t wanted = pack(key) + 1, at = (wanted * 0x9e3779b1u) >> 8;
	for (uint32_t i = 0; i < PROBES; i++) {
		struct tally_cell *cell = &tally->cells[(at + i) & tally->mask];
		uint32_t held = atomic_load_explicit(&cell->key, memory_order_relaxed);
		if (held == 0)
			atomic_store_explicit(&cell->key, held = wanted, memory_order_release);
		if (held == wanted) {
			tally_add(&cell->count);
			return;
		}
	}
	if (key->zone == TALLY_NO_ZONE)
		return;
	struct tally_key zoneless = *key; /* full here: count it all the same, without its zone */
	zoneless.zone = TALLY_NO_ZONE;
	tally_query(tally, &zoneless);
}

void tally_walk(const struct tally *tally, tally_visit *visit, void *context)
{
	for (uint32_t i = 0; i <= tally->mask; i++) {
		const struct tally_cell *cell = &tally->cells[i];
		uint32_t packed = atomic_load_explicit(&cell->key, memory_order_acquire);
		uint64_t count = atomic_load_explicit(&cell->count, memory_order_relaxed);
		if (packed == 0 || count == 0)
			continue;
		struct tally_key key = unpack(packed - 1);
		visit(context, &key, count);
	}
}
