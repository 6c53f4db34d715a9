/* SPDX-License-Identifier: ISC */
/* Counting responses by clients' networks. */
#include "answer/limiter.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, NAMES_BITS = 6, EVENTS = 4 };

/*
 * A cell's lower bits are its tag and whether it was told of, the others a moment, in 2^-16 ms, which comes
 * round after three days. Shifted to where moments are in a cell, one may be subtracted from another, or from
 * a cell, whatever is below. A cell is ahead of now if it is so by less than AHEAD: more than the second that
 * any can be, as the clocks of workers are some milliseconds apart; else it has passed, or is of another
 * round.
 */
enum {
	TAG_BITS = 19,
	TOLD = 1 << TAG_BITS,
	TAG = TOLD - 1,
	MOMENT_AT = TAG_BITS + 1,
	MS_AT = MOMENT_AT + 16
};
#define SECOND ((uint64_t)1000 << MS_AT)
#define AHEAD  (2 * SECOND)

enum event_state { EVENT_FREE, EVENT_WRITTEN, EVENT_READY };

struct event_slot {
	_Atomic enum event_state state;
	struct limit_event event;
};

struct table {
	unsigned users; /* limiters */
	uint32_t asked; /* cells, as the rules say */
	uint64_t mask;  /* buckets less one */
	uint64_t seeds[3];
	struct event_slot slots[EVENTS];
	_Alignas(CACHE_LINE) _Atomic uint64_t cells[];
};

struct limiter {
	const struct rate_limit *rules;
	struct table *table;
	uint64_t networks[FAMILY_V6 + 1]; /* masks of the first eight octets, by family */
	uint64_t costs[LIMIT_KINDS];      /* of a response; 0: no limit */
	uint64_t most[LIMIT_KINDS];       /* that a cell may be ahead, and still take one */
};

static struct table *table_new(uint32_t asked)
{
	struct random random;
	uint64_t buckets = 1;
	while (buckets * WAYS < asked)
		buckets *= 2;
	struct table *table = mem_alloc_apart(sizeof(*table) + buckets * WAYS * sizeof(table->cells[0]));
	table->asked = asked;
	table->mask = buckets - 1;
	random_seed(&random);
	for (unsigned i = 0; i < 3; i++)
		table->seeds[i] = random_next(&random) | 1;
	return table;
}

static uint64_t network_mask(unsigned len)
{
	struct addr all = {.family = FAMILY_V6};
	uint64_t mask;
	memset(all.octets, 0xff, sizeof(all.octets));
	addr_mask(&all, len);
	memcpy(&mask, all.octets, sizeof(mask));
	return mask;
}

struct limiter *limiter_new(const struct rate_limit *rules, struct limiter *before)
{
	if (rules->mode == LIMIT_OFF)
		return NULL;
	struct limiter *limiter = mem_alloc(sizeof(*limiter));
	bool fits = before != NULL && before->table->asked == rules->table;
	limiter->rules = rules;
	limiter->table = fits ? before->table : table_new(rules->table);
	limiter->table->users++;
	limiter->networks[FAMILY_V4] = network_mask(rules->prefix_v4);
	limiter->networks[FAMILY_V6] = network_mask(rules->prefix_v6);
	for (unsigned i = 0; i < LIMIT_KINDS; i++) {
		uint64_t moments = rules->rates[i] ? (SECOND >> MOMENT_AT) / rules->rates[i] : 0;
		limiter->costs[i] = moments << MOMENT_AT;
		limiter->most[i] = (SECOND - limiter->costs[i]) | TOLD | TAG;
	}
	return limiter;
}

void limiter_free(struct limiter *limiter)
{
	if (limiter == NULL)
		return;
	if (--limiter->table->users == 0)
		free(limiter->table);
	free(limiter);
}

const struct rate_limit *limiter_rules(const struct limiter *limiter)
{
	return limiter->rules;
}

uint64_t limiter_key(const struct limiter *limiter, const struct addr *client, enum limit_kind kind,
		     uint64_t source)
{
	const uint64_t *seeds = limiter->table->seeds;
	uint64_t network, name = source * seeds[0] >> (64 - NAMES_BITS);
	memcpy(&network, client->octets, sizeof(network));
	network &= limiter->networks[client->family];
	uint64_t what = name << 8 | (uint64_t)kind << 4 | client->family;
	return name_hash_mix(name_hash_mix(network ^ seeds[1], what ^ seeds[2]), seeds[0]);
}

static _Atomic uint64_t *bucket_of(const struct limiter *limiter, uint64_t key)
{
	return &limiter->table->cells[(key >> TAG_BITS & limiter->table->mask) * WAYS];
}

static uint64_t read_cell(const _Atomic uint64_t *cell)
{
	return atomic_load_explicit(cell, memory_order_relaxed);
}

static bool replace(_Atomic uint64_t *cell, uint64_t seen, uint64_t by)
{
	return atomic_compare_exchange_strong_explicit(cell, &seen, by, memory_order_relaxed,
						       memory_order_relaxed);
}

static bool is_ahead(uint64_t cell, uint64_t now)
{
	return cell - now <= AHEAD;
}

/* Begins a cell in place of that which is ahead the least. Not a part of limiter_over(), which is short. */
__attribute__((noinline)) static void begin(_Atomic uint64_t *bucket, uint64_t cell, uint64_t now)
{
	unsigned least = 0;
	uint64_t seen[WAYS], moments[WAYS];
	for (unsigned i = 0; i < WAYS; i++) {
		seen[i] = read_cell(&bucket[i]);
		moments[i] = is_ahead(seen[i], now) ? seen[i] - now : 0;
		if (moments[i] < moments[least])
			least = i;
	}
	replace(&bucket[least], seen[least], cell);
}

bool limiter_over(struct limiter *limiter, const struct limit_case *response, uint64_t now_ms)
{
	uint64_t key = response->key, cost = limiter->costs[response->kind], now = now_ms << MS_AT;
	_Atomic uint64_t *bucket = bucket_of(limiter, key);
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t seen = read_cell(&bucket[i]), moments = seen - now;
		if (((seen ^ key) & TAG) != 0)
			continue;
		if (moments > AHEAD)
			replace(&bucket[i], seen, (now + cost) | (key & TAG));
		else if (moments > limiter->most[response->kind])
			return true;
		else
			replace(&bucket[i], seen, seen + cost);
		return false;
	}
	begin(bucket, (now + cost) | (key & TAG), now);
	return false;
}

static bool exempt(const struct rate_limit *rules, const struct addr *client)
{
	for (size_t i = 0; i < rules->n_exempts; i++) {
		if (prefix_holds(&rules->exempts[i], client))
			return true;
	}
	return false;
}

/* Leaves an event for control, if there is room. */
static void tell(struct limiter *limiter, const struct limit_case *response, uint64_t at, uint64_t tag)
{
	const struct query *q = response->query;
	for (unsigned i = 0; i < EVENTS; i++) {
		struct event_slot *slot = &limiter->table->slots[i];
		enum event_state state = EVENT_FREE;
		if (!atomic_compare_exchange_strong(&slot->state, &state, EVENT_WRITTEN))
			continue;
		struct limit_event *event = &slot->event;
		event->client = (struct prefix){*response->client, response->client->family == FAMILY_V4
									   ? limiter->rules->prefix_v4
									   : limiter->rules->prefix_v6};
		addr_mask(&event->client.addr, event->client.len);
		event->kind = response->kind;
		event->type = q->question_len > 0 ? q->type : 0;
		event->name = q->name;
		event->cell = at;
		event->tag = tag;
		atomic_store(&slot->state, EVENT_READY);
		return;
	}
}

bool limiter_restrains(struct limiter *limiter, const struct limit_case *response)
{
	uint64_t key = response->key;
	_Atomic uint64_t *bucket = bucket_of(limiter, key);
	if (exempt(limiter->rules, response->client))
		return false;
	for (unsigned i = 0; i < WAYS; i++) {
		uint64_t seen = read_cell(&bucket[i]);
		if (((seen ^ key) & TAG) != 0)
			continue;
		if (!(seen & TOLD) && replace(&bucket[i], seen, seen | TOLD))
			tell(limiter, response, (uint64_t)(&bucket[i] - limiter->table->cells), seen & TAG);
		break;
	}
	return true;
}

bool limiter_event(struct limiter *limiter, struct limit_event *out)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		struct event_slot *slot = &limiter->table->slots[i];
		if (atomic_load(&slot->state) != EVENT_READY)
			continue;
		*out = slot->event;
		atomic_store(&slot->state, EVENT_FREE);
		return true;
	}
	return false;
}

bool limiter_holds(const struct limiter *limiter, const struct limit_event *event, uint64_t now_ms)
{
	const struct table *table = limiter->table; /* the event may be of one of another size */
	uint64_t cell = read_cell(&table->cells[event->cell & (table->mask * WAYS + WAYS - 1)]);
	return (cell & TAG) == event->tag && (cell & TOLD) != 0 && is_ahead(cell, now_ms << MS_AT);
}
