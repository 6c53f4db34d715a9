/* SPDX-License-Identifier: ISC */
/* Candidates made by hand, for the tests of steer/. */
#ifndef STEERING_BUILDER_H
#define STEERING_BUILDER_H

#include "base/memory.h"
#include "health/board.h"
#include "steer/pick.h"
#include "zone/steering.h"

#include <stdlib.h>
#include <string.h>

enum { ANYWHERE = UINT16_MAX, N_DATACENTERS = 4 };

struct member_row {
	uint16_t datacenter;
	uint16_t weight;
	bool backup;
};

struct built {
	struct steering *steering;
	struct steered steered;
	uint32_t weights[CANDIDATES_MAX];
	uint64_t identities[CANDIDATES_MAX];
	struct board *board; /* one set, everybody fast */
	struct picker picker;
	uint64_t client; /* pick=hash */
	struct order *order;
	uint16_t datacenters[N_DATACENTERS];
	uint64_t masks[N_DATACENTERS], backups[N_DATACENTERS];
	uint8_t column[N_DATACENTERS];
};

static inline struct built *build(const struct steer_entry *policy, const struct member_row *members,
				  unsigned n, const uint16_t *order, uint16_t n_order)
{
	struct built *b = mem_alloc(sizeof(*b));
	struct steering *s = b->steering = mem_alloc(sizeof(*s) + n * sizeof(s->members[0]));
	b->board = mem_alloc(sizeof(*b->board) + sizeof(struct set_state));
	b->order = mem_alloc(sizeof(*b->order) + n_order * sizeof(*order));
	b->order->n = n_order;
	if (n_order > 0)
		memcpy(b->order->datacenters, order, n_order * sizeof(*order));
	random_seed_with(&b->picker.random, 1);
	s->policy = *policy;
	s->n = (uint8_t)n;
	for (unsigned i = 0; i < n; i++) {
		const struct member_row *m = &members[i];
		uint64_t bit = (uint64_t)1 << i;
		s->members[i] =
			(struct member){.record = i * 100, .ttl_s = 60 + i, .datacenter = m->datacenter};
		b->weights[i] = m->weight;
		b->identities[i] = i * 0x9e3779b97f4a7c15u;
		s->heavy |= m->weight > 0 ? bit : 0;
		if (m->backup) {
			s->backups |= bit;
			if (m->datacenter == ANYWHERE)
				s->loose_backups |= bit;
			else
				b->backups[m->datacenter] |= bit;
		} else if (m->datacenter == ANYWHERE)
			s->loose |= bit;
		else
			b->masks[m->datacenter] |= bit;
	}
	for (uint16_t i = 0; i < N_DATACENTERS; i++) {
		b->datacenters[i] = i;
		b->column[i] = (uint8_t)i;
	}
	s->n_datacenters = N_DATACENTERS;
	s->datacenters = b->datacenters;
	s->in_datacenter = b->masks;
	s->backups_in_datacenter = b->backups;
	s->column = b->column;
	s->order = b->order;
	s->weights = b->weights;
	b->steered = (struct steered){.how = s, .identities = b->identities};
	b->board->sets[0] = (struct set_state){steering_all(s), steering_all(s), NULL};
	return b;
}

static inline unsigned pick_from(struct built *b, uint64_t members, unsigned answers, uint8_t *picked)
{
	const struct pool pool = {&b->steered, b->board->sets[0].extra, b->client, members, answers, false};
	return pick_members(&pool, &b->picker, picked);
}

static inline void built_free(struct built *b)
{
	free(b->steering);
	free(b->board);
	free(b->order);
	free(b);
}

#endif
