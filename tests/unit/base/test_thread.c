/* SPDX-License-Identifier: ISC */
/* Joining threads that end, and one that hangs; and one that makes way. */
#include "base/thread.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_hangs_is_left),
		cmocka_unit_test(a_thread_that_makes_way_does_so_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
