/* SPDX-License-Identifier: ISC */
/* Joining threads that end, and one that hangs; one that makes way; and one whose turns are short. */
#include "base/thread.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <semaphore.h>

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

static _Thread_local int yields;
static _Thread_local int64_t wait_ms; /* for the next turn */

/* In place of the C library's. */
int sched_yield(void)
{
	int64_t until_ms = clock_ms() + wait_ms;
	yields++;
	while (clock_ms() < until_ms)
		continue;
	return 0;
}

static void run_for(int64_t ms)
{
	int64_t until_ms = clock_ms() + ms;
	while (clock_ms() < until_ms)
		continue;
}

static void *end_no_turn(void *argument)
{
	run_for(2);
	thread_turn_may_end();
	*(int *)argument = yields;
	return NULL;
}

struct turns {
	int policy, soon, again, later; /* turns that have ended by then */
};

static void *take_turns(void *argument)
{
	struct turns *turns = argument;
	thread_take_short_turns();
	turns->policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
	wait_ms = 500;
	run_for(2);
	thread_turn_may_end();
	turns->soon = yields;
	run_for(2);
	thread_turn_may_end();
	turns->again = yields;
	run_for(600);
	thread_turn_may_end();
	turns->later = yields;
	return NULL;
}

static void a_turn_lasts_half_as_long_as_the_wait_for_it(void **state)
{
	(void)state;
	int before = sched_getscheduler(0), yields_of_other = -1;
	struct turns turns = {0};
	pthread_t other, thread;
	assert_int_equal(pthread_create(&other, NULL, end_no_turn, &yields_of_other), 0);
	assert_int_equal(pthread_create(&thread, NULL, take_turns, &turns), 0);
	pthread_join(other, NULL);
	pthread_join(thread, NULL);
	assert_int_equal(yields_of_other, 0);
	assert_int_equal(turns.policy, SCHED_BATCH);
	assert_int_equal(turns.soon, 1);
	assert_int_equal(turns.again, 1);
	assert_int_equal(turns.later, 2);
	assert_int_equal(sched_getscheduler(0), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_hangs_is_left),
		cmocka_unit_test(a_thread_that_makes_way_does_so_alone),
		cmocka_unit_test(a_turn_lasts_half_as_long_as_the_wait_for_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
