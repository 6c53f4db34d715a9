/* SPDX-License-Identifier: ISC */
/* A hash table of steerings by what they say. */
#include "zone/steerings.h"
#include "base/memory.h"
#include "wire/name.h"

#include <stdlib.h>
#include <string.h>

struct steerings {
	size_t n, room; /* a power of two */
	struct steering **cells;
};

static uint64_t hash_of(const struct steering *s)
{
	uint64_t hash = name_hash_mix((uint64_t)s->n << 8 | (uint64_t)s->policy.method,
				      (uint64_t)s->policy.geomap ^ 0xa0761d6478bd642fu);
	for (unsigned i = 0; i < s->n; i++) {
		const struct member *m = &s->members[i];
		hash = name_hash_mix(hash ^ ((uint64_t)m->record << 32 | m->ttl_s), 0xe7037ed1a0b428dbu);
		hash = name_hash_mix(hash ^ ((uint64_t)m->datacenter << 32 | s->weights[i]),
				     0x8ebc6af09c88c6e3u);
	}
	return name_hash_mix(hash ^ s->backups, s->cnames ^ 0x589965cc75374cc3u);
}

static bool same(const struct steering *a, const struct steering *b)
{
	if (a->n != b->n || a->backups != b->backups || a->cnames != b->cnames ||
	    memcmp(a->weights, b->weights, a->n * sizeof(a->weights[0])) != 0)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		const struct member *m = &a->members[i], *o = &b->members[i];
		if (m->record != o->record || m->ttl_s != o->ttl_s || m->datacenter != o->datacenter)
			return false;
	}
	return steer_equal(&a->policy, &b->policy);
}

struct steerings *steerings_new(void)
{
	struct steerings *t = mem_alloc(sizeof(*t));
	t->room = 64;
	t->cells = mem_alloc(t->room * sizeof(struct steering *));
	return t;
}

void steerings_free(struct steerings *t)
{
	free(t->cells);
	free(t);
}

static struct steering **cell_of(const struct steerings *t, const struct steering *like)
{
	size_t at = hash_of(like) & (t->room - 1);
	while (t->cells[at] != NULL && !same(t->cells[at], like))
		at = (at + 1) & (t->room - 1);
	return &t->cells[at];
}

struct steering *steerings_find(const struct steerings *t, const struct steering *like)
{
	return *cell_of(t, like);
}

static void widen(struct steerings *t)
{
	struct steerings wider = {.n = t->n, .room = t->room * 2};
	wider.cells = mem_alloc(wider.room * sizeof(struct steering *));
	for (size_t i = 0; i < t->room; i++) {
		if (t->cells[i] != NULL)
			*cell_of(&wider, t->cells[i]) = t->cells[i];
	}
	free(t->cells);
	*t = wider;
}

void steerings_add(struct steerings *t, struct steering *steering)
{
	if (t->n * 2 >= t->room)
		widen(t);
	*cell_of(t, steering) = steering;
	t->n++;
}
