/* SPDX-License-Identifier: ISC */
/*
 * When each target is polled. A poll waits on its timer, stands in the queue, or is under way:
 *
 *          timer                pump: a few each turn of the loop
 *   waiting ────> queued (FIFO) ────────────────────────────────> under way ──> result ──> waiting
 *
 * The timer runs from the start of one check to the next, so that a slow target keeps its rate. The pump is
 * paced so that a burst of checks does not measure its own length as the targets' latency, and limited so
 * that descriptors are left.
 */
#include "check/schedule.h"
#include "base/memory.h"
#include "base/random.h"
#include "check/engine.h"
#include "check/kind.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>

enum { STARTS_A_TURN = 32, UNDER_WAY_MAX = 4096 };

struct poll {
	uint32_t id;
	struct target target;
	bool queued;
	bool overdue;              /* its time came while it was under way */
	bool started;              /* ever */
	struct transfer *transfer; /* NULL unless it is under way */
	struct event *timer;
	struct schedule *schedule;
	TAILQ_ENTRY(poll) next; /* in the queue */
};

TAILQ_HEAD(poll_queue, poll);

struct schedule {
	struct event_base *base;
	check_done *done;
	void *context;
	struct engine *engine;
	struct transfer_pool pool;
	struct random random;
	struct poll_queue queue;
	struct event *pump; /* active as long as something in the queue may start */
	unsigned under_way, limit;
	size_t cap;
	struct poll **polls; /* by id; NULL where none is */
};

/* Half of the descriptors this process may have: the rest is for those who ask. */
static unsigned descriptors_for_checks(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 2 * UNDER_WAY_MAX)
		return UNDER_WAY_MAX;
	return limit.rlim_cur < 2 ? 1 : (unsigned)limit.rlim_cur / 2;
}

static void pump_wake(struct schedule *schedule)
{
	static const struct timeval next_turn = {0};
	if (!TAILQ_EMPTY(&schedule->queue) && schedule->under_way < schedule->limit)
		evtimer_add(schedule->pump, &next_turn);
}

static void enqueue(struct poll *poll)
{
	struct schedule *schedule = poll->schedule;
	poll->queued = true;
	TAILQ_INSERT_TAIL(&schedule->queue, poll, next);
	pump_wake(schedule);
}

/*
 * Milliseconds from the start of one check to that of the next. The second check comes after a random part of
 * the interval: what was added in one moment is spread over the interval from then on.
 */
static uint32_t gap_ms(struct poll *poll)
{
	struct random *random = &poll->schedule->random;
	uint32_t interval = poll->target.check->interval_ms;
	if (!poll->started)
		return random_below(random, interval) + 1;
	return interval - random_below(random, interval / 10 + 1);
}

static void start(struct poll *poll)
{
	struct schedule *schedule = poll->schedule;
	const struct check *check = poll->target.check;
	uint32_t gap = gap_ms(poll);
	struct timeval wait = {.tv_sec = gap / 1000, .tv_usec = gap % 1000 * 1000};
	evtimer_add(poll->timer, &wait);
	poll->started = true;
	poll->transfer = transfer_take(&schedule->pool, check, poll);
	kind_of(check)->prepare(poll->transfer, &poll->target.address);
	engine_start(schedule->engine, poll->transfer);
	schedule->under_way++;
}

static void on_pump(evutil_socket_t fd, short events, void *context)
{
	struct schedule *schedule = context;
	(void)fd;
	(void)events;
	for (int n = 0; n < STARTS_A_TURN && schedule->under_way < schedule->limit; n++) {
		struct poll *poll = TAILQ_FIRST(&schedule->queue);
		if (poll == NULL)
			return;
		TAILQ_REMOVE(&schedule->queue, poll, next);
		poll->queued = false;
		start(poll);
	}
	pump_wake(schedule);
}

static void on_due(evutil_socket_t fd, short events, void *context)
{
	struct poll *poll = context;
	(void)fd;
	(void)events;
	if (poll->transfer != NULL)
		poll->overdue = true;
	else
		enqueue(poll);
}

/* The transfer goes back to the pool, and another may start in its stead. */
static void release(struct poll *poll)
{
	struct schedule *schedule = poll->schedule;
	transfer_give(&schedule->pool, poll->transfer);
	poll->transfer = NULL;
	schedule->under_way--;
	pump_wake(schedule);
}

/* All of the poll is settled before done() is called, which may remove it. */
static void on_ended(void *context, struct transfer *transfer, CURLcode code)
{
	struct schedule *schedule = context;
	struct poll *poll = transfer->owner;
	struct check_result result = {0};
	kind_of(transfer->check)->judge(transfer, code, &result);
	release(poll);
	if (poll->overdue) {
		poll->overdue = false;
		enqueue(poll);
	}
	schedule->done(schedule->context, poll->id, &result);
}

struct schedule *schedule_new(struct event_base *base, check_done *done, void *context)
{
	struct schedule *schedule = mem_alloc(sizeof(*schedule));
	schedule->base = base;
	schedule->done = done;
	schedule->context = context;
	schedule->engine = engine_new(base, on_ended, schedule);
	schedule->limit = descriptors_for_checks();
	schedule->pump = evtimer_new(base, on_pump, schedule);
	if (schedule->pump == NULL)
		abort();
	random_seed(&schedule->random);
	TAILQ_INIT(&schedule->queue);
	return schedule;
}

void schedule_free(struct schedule *schedule)
{
	for (size_t id = 0; id < schedule->cap; id++)
		schedule_remove(schedule, (uint32_t)id);
	transfer_pool_free(&schedule->pool);
	engine_free(schedule->engine);
	event_free(schedule->pump);
	free(schedule->polls);
	free(schedule);
}

static struct poll *find(const struct schedule *schedule, uint32_t id)
{
	return id < schedule->cap ? schedule->polls[id] : NULL;
}

void schedule_add(struct schedule *schedule, uint32_t id, const struct target *target)
{
	assert(find(schedule, id) == NULL);
	size_t had = schedule->cap;
	schedule->polls = mem_grow(schedule->polls, &schedule->cap, (size_t)id + 1, sizeof(struct poll *));
	for (size_t i = had; i < schedule->cap; i++)
		schedule->polls[i] = NULL;
	struct poll *poll = schedule->polls[id] = mem_alloc(sizeof(*poll));
	poll->id = id;
	poll->target = *target;
	poll->schedule = schedule;
	poll->timer = evtimer_new(schedule->base, on_due, poll);
	if (poll->timer == NULL)
		abort();
	enqueue(poll);
}

void schedule_remove(struct schedule *schedule, uint32_t id)
{
	struct poll *poll = find(schedule, id);
	if (poll == NULL)
		return;
	schedule->polls[id] = NULL;
	if (poll->queued)
		TAILQ_REMOVE(&schedule->queue, poll, next);
	if (poll->transfer != NULL) {
		engine_stop(schedule->engine, poll->transfer);
		release(poll);
	}
	event_free(poll->timer);
	free(poll);
}

void schedule_rebind(struct schedule *schedule, uint32_t id, const struct check *check)
{
	struct poll *poll = find(schedule, id);
	if (poll == NULL)
		return;
	poll->target.check = check;
	if (poll->transfer != NULL)
		poll->transfer->check = check;
}
