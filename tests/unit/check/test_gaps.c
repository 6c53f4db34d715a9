/* SPDX-License-Identifier: ISC */
/* The lengths of time between checks, and the queues for them. */
#include "check/gaps.h"

#include <event2/event.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

static void gaps_are_from_the_interval_down_to_a_tenth_less(void **state)
{
	(void)state;
	static const struct {
		uint32_t interval_ms, first, last;
	} rows[] = {
		{100, 100, 90},
		{5000, 5000, 4500},
		{86400000, 86400000, 77760000},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(gap_of(rows[i].interval_ms, 0), rows[i].first);
		assert_int_equal(gap_of(rows[i].interval_ms, GAP_STEPS - 1), rows[i].last);
		for (uint32_t step = 1; step < GAP_STEPS; step++)
			assert_true(gap_of(rows[i].interval_ms, step) <=
				    gap_of(rows[i].interval_ms, step - 1));
	}
}

static void equal_lengths_share_a_queue(void **state)
{
	(void)state;
	struct gaps gaps = {.base = event_base_new()};
	struct timeval one = {.tv_sec = 1}, same = one, other = {.tv_usec = 100000};
	const struct timeval *queue = gaps_wait(&gaps, &one);
	assert_ptr_not_equal(queue, &one);
	assert_ptr_equal(gaps_wait(&gaps, &same), queue);
	assert_ptr_not_equal(gaps_wait(&gaps, &other), queue);
	event_base_free(gaps.base);
}

static void lengths_beyond_the_most_have_no_queue(void **state)
{
	(void)state;
	struct gaps gaps = {.base = event_base_new()};
	for (int i = 1; i <= GAPS_MAX; i++)
		assert_ptr_not_equal(gaps_wait(&gaps, &(struct timeval){.tv_sec = i}), NULL);
	struct timeval more = {.tv_sec = GAPS_MAX + 1}, first = {.tv_sec = 1};
	assert_ptr_equal(gaps_wait(&gaps, &more), &more);
	assert_ptr_not_equal(gaps_wait(&gaps, &first), &first);
	event_base_free(gaps.base);
}

static void count(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	++*(unsigned *)context;
}

/* The longer is set first: a queue is in the order in which it was set, and of one length. */
static void timers_of_queues_come_in_time(void **state)
{
	(void)state;
	unsigned soon = 0, late = 0;
	struct gaps gaps = {.base = event_base_new()};
	struct event *timers[] = {evtimer_new(gaps.base, count, &late), evtimer_new(gaps.base, count, &soon)};
	evtimer_add(timers[0], gaps_wait(&gaps, &(struct timeval){.tv_sec = 60}));
	evtimer_add(timers[1], gaps_wait(&gaps, &(struct timeval){.tv_usec = 1000}));
	event_base_loop(gaps.base, EVLOOP_ONCE);
	assert_int_equal(soon, 1);
	assert_int_equal(late, 0);
	event_free(timers[0]);
	event_free(timers[1]);
	event_base_free(gaps.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_from_the_interval_down_to_a_tenth_less),
		cmocka_unit_test(equal_lengths_share_a_queue),
		cmocka_unit_test(lengths_beyond_the_most_have_no_queue),
		cmocka_unit_test(timers_of_queues_come_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
