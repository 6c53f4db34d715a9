/* SPDX-License-Identifier: ISC */
/* Scheduling, and joining with a limit. */
#include "base/thread.h"
#include "base/clock.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 1000000, TURN_NS = 20000, SLICE_NS = 100000 };

static _Thread_local uint64_t turn_since_ns; /* 0: its turns end as they end */

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
 * To Linux 6.18 what was left of a yielder's slice counts as had. Of the usual slice of some ms, steps of 50
 * us would get 2 % of a CPU that another thread never leaves; of one of 0.1 ms, the least there is, a third.
 * Kernels before 6.12 ignore the slice, and count what was had.
 */
void thread_take_short_turns(void)
{
	const struct attributes batch = {
		.size = sizeof(batch),
		.policy = SCHED_BATCH, /* waking up, it interrupts nobody */
		.nice = getpriority(PRIO_PROCESS, 0),
		.runtime_ns = SLICE_NS,
	};
	if (syscall(SYS_sched_setattr, 0, &batch, 0) == 0)
		turn_since_ns = clock_ns();
}

void thread_turn_may_end(void)
{
	if (turn_since_ns == 0 || clock_ns() - turn_since_ns < TURN_NS)
		return;
	sched_yield();
	turn_since_ns = clock_ns();
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
