/* SPDX-License-Identifier: ISC */
/* What a zone says as one number, to know a zone that was read again unchanged. */
#include "base/thread.h"
#include "wire/types.h"
#include "zone/zone.h"

#include <string.h>

enum { TURN = 8192 };

static uint64_t fold(uint64_t hash, uint64_t value)
{
	return name_hash_mix(hash ^ value, 0xa0761d6478bd642fu);
}

static uint64_t fold_octets(uint64_t hash, const uint8_t *octets, size_t len)
{
	uint64_t chunk;
	hash = fold(hash, len);
	for (; len >= 8; len -= 8, octets += 8) {
		memcpy(&chunk, octets, 8);
		hash = fold(hash, chunk);
	}
	chunk = 0;
	memcpy(&chunk, octets, len);
	return fold(hash, chunk);
}

static uint64_t fold_text(uint64_t hash, const char *text)
{
	return fold_octets(hash, (const uint8_t *)text, strlen(text));
}

static uint64_t fold_steered(uint64_t hash, const struct steered *steered, const struct config *config)
{
	const struct steering *s = steered->how;
	const struct steer_entry *p = &s->policy;
	hash = fold(hash, (uint64_t)p->method << 48 | (uint64_t)p->pick << 40 | (uint64_t)p->all_down << 32 |
				  (uint64_t)p->answers << 16 | (uint64_t)p->min_up_percent << 8 |
				  p->margin_percent);
	hash = fold(hash, (uint64_t)p->ttl_s.low << 32 | p->ttl_s.high);
	hash = fold(hash, p->max_latency_us);
	hash = fold(hash, s->backups);
	if (p->method == METHOD_GEO)
		hash = fold_text(hash, config->geomaps[p->geomap].name);
	for (unsigned i = 0; i < s->n; i++) {
		const struct rrset *alias = steered_alias(steered, i);
		hash = fold(hash, (uint64_t)s->members[i].ttl_s << 32 | s->weights[i]);
		if (s->members[i].datacenter != UINT16_MAX)
			hash = fold_text(hash, config->datacenters[s->members[i].datacenter].name);
		if (alias != NULL)
			hash = fold_octets(hash, alias->octets, alias->octets_len);
	}
	return hash;
}

/* An SOA without its serial, which is the first of the five numbers that end it. */
static uint64_t fold_soa(uint64_t hash, const struct rrset *set)
{
	hash = fold_octets(hash, set->octets, set->octets_len - 20u);
	return fold_octets(hash, set->octets + set->octets_len - 16u, 16);
}

uint64_t zone_digest(const struct zone *zone, const struct config *config)
{
	uint64_t hash = 0;
	size_t step = 1;
	for (const struct node *node = zone->apex_node; node != NULL; node = zone_next(zone, node)) {
		thread_step(step++, TURN);
		hash = fold_octets(hash, node->name, node->name_len);
		for (unsigned i = 0; i < node->n_sets; i++) {
			const struct rrset *set = &node->sets[i];
			hash = fold(hash, set->type);
			hash = set->type == TYPE_SOA ? fold_soa(hash, set)
						     : fold_octets(hash, set->octets, set->octets_len);
			if (set->steered != NULL)
				hash = fold_steered(hash, set->steered, config);
		}
	}
	return hash;
}
