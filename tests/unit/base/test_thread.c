/* SPDX-License-Identifier: ISC */
/* Joining threads that end, and one that hangs; one that makes way; and one whose turns are short. */
#include "base/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

struct hanging {
	sem_t end;
	int done;
};

static void *hang(void *argument)
{
	struct hanging *h = argument;
	sem_wait(&h->end);
	h->done = 1;
	return NULL;
}

static void a_thread_that_hangs_is_left(void **state)
{
	(void)state;
	struct hanging h = {.done = 0};
	pthread_t thread;
	assert_int_equal(sem_init(&h.end, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, hang, &h), 0);
	assert_false(thread_join(thread, 0));
	assert_false(thread_join(thread, 20));
	sem_post(&h.end);
	assert_true(thread_join(thread, 60000));
	assert_int_equal(h.done, 1);
	sem_destroy(&h.end);
}

static void *make_way(void *argument)
{
	thread_make_way();
	*(int *)argument = sched_getscheduler(0);
	return NULL;
}

static void a_thread_that_makes_way_does_so_alone(void **state)
{
	(void)state;
	int before = sched_getscheduler(0), of_thread = -1;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, make_way, &of_thread), 0);
	pthread_join(thread, NULL);
	assert_int_equal(of_thread, SCHED_IDLE);
	assert_int_equal(sched_getscheduler(0), before);
}

enum { CPU_TIME_MS = 50 };

static long turns_ended(void)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static long cpu_time_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *run_on(void *ended)
{
	while (!atomic_load((atomic_bool *)ended))
		continue;
	return NULL;
}

struct turns {
	bool may_end;
	int policy;
	long ended; /* so often another has had the CPU, by the time that this one had it for so long */
};

static void *take_turns(void *argument)
{
	struct turns *turns = argument;
	thread_take_short_turns();
	turns->policy = sched_getscheduler(0);
	long before = turns_ended(), begin_ms = cpu_time_ms();
	while (cpu_time_ms() - begin_ms < CPU_TIME_MS) {
		if (turns->may_end)
			thread_turn_may_end();
	}
	turns->ended = turns_ended() - before;
	return NULL;
}

/* Beside a thread that never stops, on one CPU. */
static struct turns turns_beside_another(bool may_end)
{
	struct turns turns = {.may_end = may_end};
	atomic_bool ended = false;
	pthread_t other, thread;
	pthread_attr_t on_one_cpu;
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	CPU_SET((unsigned)sched_getcpu(), &cpus);
	pthread_attr_init(&on_one_cpu);
	pthread_attr_setaffinity_np(&on_one_cpu, sizeof(cpus), &cpus);
	assert_int_equal(pthread_create(&other, &on_one_cpu, run_on, &ended), 0);
	assert_int_equal(pthread_create(&thread, &on_one_cpu, take_turns, &turns), 0);
	pthread_join(thread, NULL);
	atomic_store(&ended, true);
	pthread_join(other, NULL);
	pthread_attr_destroy(&on_one_cpu);
	return turns;
}

static void a_turn_ends_where_it_may(void **state)
{
	(void)state;
	int before = sched_getscheduler(0);
	struct turns as_ever = turns_beside_another(false), short_ones = turns_beside_another(true);
	assert_int_equal(short_ones.policy, SCHED_BATCH);
	assert_int_equal(sched_getscheduler(0), before);
	assert_true(short_ones.ended > 2 * as_ever.ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_hangs_is_left),
		cmocka_unit_test(a_thread_that_makes_way_does_so_alone),
		cmocka_unit_test(a_turn_ends_where_it_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
