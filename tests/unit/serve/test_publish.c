/* SPDX-License-Identifier: ISC */
/* Publishing under readers: nobody ever sees a view that was given back. */
#include "serve/publish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

enum { READERS = 2, FLIPS = 20000, ALIVE = 42, DEAD = 13 };

/* Stands in for a view; plain memory, so that a sanitizer sees a reader that comes too late. */
struct view {
	int first;
	int second;
};

struct reader {
	struct publisher *publisher;
	struct hazard *hazard;
	atomic_bool *stop;
	bool failed;
	atomic_ulong batches;
};

static void *read_views(void *argument)
{
	struct reader *r = argument;
	while (!atomic_load(r->stop)) {
		const struct view *view = view_enter(r->publisher, r->hazard);
		for (int i = 0; i < 8; i++)
			r->failed |= view->first != ALIVE || view->second != ALIVE;
		view_leave(r->hazard);
		atomic_fetch_add(&r->batches, 1);
	}
	return NULL;
}

static struct view *view_new(void)
{
	struct view *view = malloc(sizeof(*view));
	*view = (struct view){ALIVE, ALIVE};
	return view;
}

static void readers_never_see_what_was_given_back(void **state)
{
	(void)state;
	struct hazard *hazards = aligned_alloc(_Alignof(struct hazard), READERS * sizeof(*hazards));
	for (int i = 0; i < READERS; i++)
		atomic_init(&hazards[i].using, NULL);
	struct publisher publisher = {.n = READERS, .hazards = hazards};
	struct reader readers[READERS];
	pthread_t threads[READERS];
	atomic_bool stop = false;
	assert_null(view_publish(&publisher, view_new()));
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.publisher = &publisher, .hazard = &hazards[i], .stop = &stop};
		pthread_create(&threads[i], NULL, read_views, &readers[i]);
	}
	for (int i = 0; i < FLIPS; i++) {
		struct view *before = (struct view *)(uintptr_t)view_publish(&publisher, view_new());
		*before = (struct view){DEAD, DEAD};
		free(before);
	}
	for (int i = 0; i < READERS; i++) {
		while (atomic_load(&readers[i].batches) == 0) /* a busy machine may have let none run yet */
			sched_yield();
	}
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(readers[i].failed);
	}
	free((struct view *)(uintptr_t)view_publish(&publisher, NULL));
	free(hazards);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(readers_never_see_what_was_given_back)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
