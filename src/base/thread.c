/* SPDX-License-Identifier: ISC */
/* Scheduling, and joining with a limit. */
#include "base/thread.h"
#include "base/clock.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 1000000, TURN_NS = 20000, SLICE_NS = 100000, RESET_ON_FORK = 1, NICE_MORE = 5 };

/* The calling thread's turn. */
static _Thread_local struct {
	bool is_short;
	uint64_t since_ns, least_ns; /* it does not end before it has lasted for so long */
} turn;

/* What sched_setattr(2) takes. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

void thread_make_way(void)
{
	static const struct sched_param none = {0};
	sched_setscheduler(0, SCHED_IDLE, &none); /* of this thread alone, on Linux */
	sched_yield();                            /* to what had to wait before */
}

/*
 * Linux from 6.18 on, and some before, counts what is left of a yielder's slice as had, and a slice is some
 * milliseconds. One of 0.1 ms, the least there is, can be asked for from 6.12 on; those before ignore it.
 */
void thread_take_short_turns(void)
{
	static const struct sched_param none = {0};
	const struct attributes batch = {
		.size = sizeof(batch),
		.policy = SCHED_BATCH,  /* waking up, it interrupts nobody */
		.flags = RESET_ON_FORK, /* the slice is not for threads and programs that this one starts */
		.nice = getpriority(PRIO_PROCESS, 0) + NICE_MORE, /* a quarter of a busy CPU */
		.runtime_ns = SLICE_NS,
	};
	if (syscall(SYS_sched_setattr, 0, &batch, 0) != 0) /* some containers don't let us */
		sched_setscheduler(0, SCHED_BATCH, &none);
	turn.is_short = true;
	turn.since_ns = clock_ns();
}

void thread_turn_may_end(void)
{
	if (!turn.is_short)
		return;
	uint64_t now = clock_ns(), lasted = now - turn.since_ns;
	if (lasted < TURN_NS || lasted < turn.least_ns)
		return;
	sched_yield();
	turn.since_ns = clock_ns();
	turn.least_ns = (turn.since_ns - now) / 2;
}

/*
 * By looking each millisecond: joins with a limit go by the wall clock, which may jump, or by one of which
 * the thread sanitizer does not know.
 */
bool thread_join(pthread_t thread, unsigned wait_ms)
{
	static const struct timespec look = {.tv_nsec = LOOK_NS};
	int64_t until_ms = clock_ms() + wait_ms;
	while (pthread_tryjoin_np(thread, NULL) != 0) {
		if (clock_ms() > until_ms)
			return false;
		nanosleep(&look, NULL);
	}
	return true;
}
