/* SPDX-License-Identifier: ISC */
/*
 * When each target is polled. A poll waits on its timer, stands in the queue, or is under way:
 *
 *          timer                pump: a few each turn of the loop
 *   waiting ────> queued (FIFO) ────────────────────────────────> under way ──> result ──> waiting
 *
 * The timer runs from the start of one check to the next, so that a slow target keeps its rate. The pump is
 * paced so that a burst of checks does not measure its own length as the targets' latency, and limited so
 * that descriptors are left. Each carrier has a lane with a queue and a pump of its own: programs that wait
 * for room hold no transfer up.
 */
#include "check/schedule.h"
#include "base/descriptors.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/thread.h"
#include "check/carrier.h"
#include "check/gaps.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>

struct poll {
	uint32_t id;
	struct target target;
	bool queued;
	bool overdue; /* its time came while it was under way */
	bool started; /* ever, or about to */
	void *run;    /* of the lane's carrier; NULL unless it is under way */
	struct event *timer;
	struct schedule *schedule;
	struct lane *lane;
	TAILQ_ENTRY(poll) next; /* in the queue */
};

TAILQ_HEAD(poll_queue, poll);

/* The checks of one carrier. */
struct lane {
	const struct carrier *carrier;
	void *self; /* the carrier's */
	struct poll_queue queue;
	struct event *pump; /* active as long as something in the queue may start */
	unsigned under_way, limit;
};

enum { LANES = 2 };

struct schedule {
	struct event_base *base;
	check_done *done;
	void *context;
	struct random random;
	struct gaps gaps;
	struct lane lanes[LANES];
	size_t cap;
	struct poll **polls; /* by id; NULL where none is */
};

/* How many of a carrier's checks may be under way together. */
static unsigned limit_of(const struct carrier *carrier)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return carrier->under_way_max;
	rlim_t left = limit.rlim_cur > DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : 0;
	rlim_t n = left / carrier->descriptors_each;
	return n == 0 ? 1 : n < carrier->under_way_max ? (unsigned)n : carrier->under_way_max;
}

unsigned schedule_at_once(void)
{
	return limit_of(&carrier_transfer);
}

static void pump_wake(struct lane *lane)
{
	static const struct timeval next_turn = {0};
	if (!TAILQ_EMPTY(&lane->queue) && lane->under_way < lane->limit)
		evtimer_add(lane->pump, &next_turn);
}

static void enqueue(struct poll *poll)
{
	poll->queued = true;
	TAILQ_INSERT_TAIL(&poll->lane->queue, poll, next);
	pump_wake(poll->lane);
}

/*
 * Sets the timer for the next check. The second check comes after a random part of the interval: what was
 * added in one moment is spread over the interval from then on.
 */
static void await(struct poll *poll)
{
	struct schedule *schedule = poll->schedule;
	uint32_t interval = poll->target.check->interval_ms;
	uint32_t ms = poll->started ? gap_of(interval, random_below(&schedule->random, GAP_STEPS))
				    : random_below(&schedule->random, interval) + 1;
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(poll->timer, poll->started ? gaps_wait(&schedule->gaps, &wait) : &wait);
	poll->started = true;
}

static void start(struct poll *poll)
{
	struct lane *lane = poll->lane;
	await(poll);
	poll->run = lane->carrier->start(lane->self, &poll->target, poll);
	lane->under_way++;
}

static void on_pump(evutil_socket_t fd, short events, void *context)
{
	struct lane *lane = context;
	(void)fd;
	(void)events;
	for (unsigned n = 0; n < lane->carrier->starts_a_turn && lane->under_way < lane->limit; n++) {
		struct poll *poll = TAILQ_FIRST(&lane->queue);
		if (poll == NULL)
			return;
		TAILQ_REMOVE(&lane->queue, poll, next);
		poll->queued = false;
		start(poll);
		thread_turn_may_end();
	}
	pump_wake(lane);
}

static void on_due(evutil_socket_t fd, short events, void *context)
{
	struct poll *poll = context;
	(void)fd;
	(void)events;
	if (poll->run != NULL)
		poll->overdue = true;
	else
		enqueue(poll);
}

/* Its run is over, and another may start in its stead. */
static void release(struct poll *poll)
{
	poll->run = NULL;
	poll->lane->under_way--;
	pump_wake(poll->lane);
}

/* All of the poll is settled before done() is called, which may remove it. */
static void on_ended(void *context, void *owner, const struct check_result *result)
{
	struct schedule *schedule = context;
	struct poll *poll = owner;
	release(poll);
	if (poll->overdue) {
		poll->overdue = false;
		enqueue(poll);
	}
	schedule->done(schedule->context, poll->id, result);
}

static void lane_open(struct lane *lane, const struct carrier *carrier, struct schedule *schedule,
		      rlim_t descriptors)
{
	*lane = (struct lane){
		.carrier = carrier,
		.self = carrier->open(schedule->base, on_ended, schedule, descriptors),
		.pump = evtimer_new(schedule->base, on_pump, lane),
		.limit = limit_of(carrier),
	};
	if (lane->pump == NULL)
		abort();
	TAILQ_INIT(&lane->queue);
}

static void lane_close(struct lane *lane)
{
	lane->carrier->close(lane->self);
	event_free(lane->pump);
}

static struct lane *lane_of(struct schedule *schedule, const struct check *check)
{
	struct lane *lane = schedule->lanes;
	while (lane->carrier != carrier_of(check))
		lane++;
	return lane;
}

struct schedule *schedule_new(struct event_base *base, check_done *done, void *context, rlim_t descriptors)
{
	struct schedule *schedule = mem_alloc(sizeof(*schedule));
	schedule->base = base;
	schedule->done = done;
	schedule->context = context;
	random_seed(&schedule->random);
	schedule->gaps.base = base;
	lane_open(&schedule->lanes[0], &carrier_transfer, schedule, descriptors);
	lane_open(&schedule->lanes[1], &carrier_program, schedule, descriptors);
	return schedule;
}

void schedule_free(struct schedule *schedule)
{
	for (size_t id = 0; id < schedule->cap; id++)
		schedule_remove(schedule, (uint32_t)id);
	for (unsigned i = 0; i < LANES; i++)
		lane_close(&schedule->lanes[i]);
	free(schedule->polls);
	free(schedule);
}

static struct poll *find(const struct schedule *schedule, uint32_t id)
{
	return id < schedule->cap ? schedule->polls[id] : NULL;
}

static struct poll *add(struct schedule *schedule, uint32_t id, const struct target *target)
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
	poll->lane = lane_of(schedule, target->check);
	poll->timer = evtimer_new(schedule->base, on_due, poll);
	if (poll->timer == NULL)
		abort();
	return poll;
}

void schedule_add(struct schedule *schedule, uint32_t id, const struct target *target)
{
	enqueue(add(schedule, id, target));
}

void schedule_add_known(struct schedule *schedule, uint32_t id, const struct target *target)
{
	await(add(schedule, id, target));
}

void schedule_remove(struct schedule *schedule, uint32_t id)
{
	struct poll *poll = find(schedule, id);
	if (poll == NULL)
		return;
	schedule->polls[id] = NULL;
	if (poll->queued)
		TAILQ_REMOVE(&poll->lane->queue, poll, next);
	if (poll->run != NULL) {
		poll->lane->carrier->stop(poll->lane->self, poll->run);
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
	if (poll->run != NULL)
		poll->lane->carrier->rebind(poll->run, check);
}
