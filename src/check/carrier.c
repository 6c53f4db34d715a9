/* SPDX-License-Identifier: ISC */
/* The carrier of transfers: what transfers share, and the engine that drives them. */
#include "check/carrier.h"
#include "base/memory.h"
#include "check/engine.h"
#include "check/kind.h"

#include <stdlib.h>

struct transfers {
	struct engine *engine;
	struct transfer_pool pool;
	carrier_ended *ended;
	void *context;
};

const struct carrier *carrier_of(const struct check *check)
{
	return check->kind == CHECK_EXEC ? &carrier_program : &carrier_transfer;
}

static void on_ended(void *context, struct transfer *transfer, CURLcode code)
{
	struct transfers *all = context;
	void *owner = transfer->owner;
	struct check_result result = check_result_blank();
	kind_of(transfer->check)->judge(transfer, code, &result);
	transfer_give(transfer);
	all->ended(all->context, owner, &result);
}

static void *open_transfers(struct event_base *base, carrier_ended *ended, void *context, rlim_t descriptors)
{
	(void)descriptors;
	struct transfers *all = mem_alloc(sizeof(*all));
	all->engine = engine_new(base, on_ended, all);
	all->ended = ended;
	all->context = context;
	return all;
}

static void close_transfers(void *self)
{
	struct transfers *all = self;
	transfer_pool_free(&all->pool);
	engine_free(all->engine);
	free(all);
}

static void *start(void *self, const struct target *target, void *owner)
{
	struct transfers *all = self;
	const struct check *check = target->check;
	struct transfer *transfer = transfer_take(&all->pool, check, owner);
	kind_of(check)->prepare(transfer, &target->address);
	engine_start(all->engine, transfer);
	return transfer;
}

static void stop(void *self, void *run)
{
	struct transfers *all = self;
	struct transfer *transfer = run;
	engine_stop(all->engine, transfer);
	transfer_give(transfer);
}

static void rebind(void *run, const struct check *check)
{
	struct transfer *transfer = run;
	transfer->check = check;
}

const struct carrier carrier_transfer = {
	.under_way_max = SCHEDULE_AT_ONCE,
	.descriptors_each = 2, /* the other half is for those who ask */
	.starts_a_turn = 1,    /* others' replies are read before the next */
	.open = open_transfers,
	.close = close_transfers,
	.start = start,
	.stop = stop,
	.rebind = rebind,
};
