/* SPDX-License-Identifier: ISC */
/* Loads in the order of the wishes, and worlds that are given back; that they are is the leak checker's word.
 */
#include "control/reload.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 60, LOADS_MAX = 4 };

static const char ZONE[] = "$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n";

struct setup {
	char folder[32], conf[64], zone[64];
	struct event_base *base;
	struct reload *reload;
	struct world *serving;
	size_t n, errors; /* loads that have ended, and what was wrong with the last */
	uint64_t numbers[LOADS_MAX];
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* As control does: what served until then is discarded. */
static void on_done(void *context, struct world *world, const struct faults *faults)
{
	struct setup *s = context;
	assert_true(s->n < LOADS_MAX);
	s->numbers[s->n++] = reload_number(s->reload);
	s->errors = faults->errors;
	if (world == NULL)
		return;
	if (s->serving != NULL)
		reload_discard(s->reload, s->serving);
	s->serving = world;
}

static int begin(void **state)
{
	struct setup *s = mem_alloc(sizeof(*s));
	*state = s;
	snprintf(s->folder, sizeof(s->folder), "/tmp/gslbd-reload-XXXXXX");
	if (mkdtemp(s->folder) == NULL)
		return -1;
	snprintf(s->conf, sizeof(s->conf), "%s/conf", s->folder);
	snprintf(s->zone, sizeof(s->zone), "%s/zone", s->folder);
	write_file(s->conf, "listen 127.0.0.1:5300\nzone example zone\n");
	write_file(s->zone, ZONE);
	s->base = event_base_new();
	s->reload = reload_new(s->base, s->conf, on_done, s);
	return 0;
}

static int end(void **state)
{
	struct setup *s = *state;
	bool freed = reload_free(s->reload, PATIENCE_S * 1000);
	world_free(s->serving);
	event_base_free(s->base);
	unlink(s->conf);
	unlink(s->zone);
	rmdir(s->folder);
	free(s);
	return freed ? 0 : -1;
}

static void await(struct setup *s, size_t n)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	event_base_loopexit(s->base, &patience);
	while (s->n < n && !event_base_got_exit(s->base))
		event_base_loop(s->base, EVLOOP_ONCE);
	assert_int_equal(s->n, n);
}

static void a_wish_while_one_loads_begins_another(void **state)
{
	struct setup *s = *state;
	assert_false(reload_running(s->reload));
	assert_int_equal(reload_start(s->reload), 1);
	assert_int_equal(reload_start(s->reload), 2);
	assert_int_equal(reload_start(s->reload), 3);
	assert_true(reload_running(s->reload));
	await(s, 2);
	assert_int_equal(s->numbers[0], 1);
	assert_int_equal(s->numbers[1], 3);
	assert_false(reload_running(s->reload));
	assert_non_null(s->serving);
}

static void a_load_waits_for_what_is_discarded(void **state)
{
	struct setup *s = *state;
	reload_start(s->reload);
	await(s, 1);
	reload_discard(s->reload, s->serving);
	s->serving = NULL;
	assert_false(reload_running(s->reload));
	reload_start(s->reload);
	assert_true(reload_running(s->reload));
	await(s, 2);
	assert_non_null(s->serving);
}

static void errors_leave_what_serves(void **state)
{
	struct setup *s = *state;
	reload_start(s->reload);
	await(s, 1);
	const struct world *serving = s->serving;
	write_file(s->zone, "nonsense\n");
	reload_start(s->reload);
	await(s, 2);
	assert_true(s->errors > 0);
	assert_ptr_equal(s->serving, serving);
}

static void the_end_comes_while_a_world_is_loaded_or_waits_to_be_freed(void **state)
{
	struct setup *s = *state;
	reload_start(s->reload);
	await(s, 1);
	reload_start(s->reload); /* its end is nobody's: end() joins it */
	reload_discard(s->reload, s->serving);
	s->serving = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_wish_while_one_loads_begins_another, begin, end),
		cmocka_unit_test_setup_teardown(a_load_waits_for_what_is_discarded, begin, end),
		cmocka_unit_test_setup_teardown(errors_leave_what_serves, begin, end),
		cmocka_unit_test_setup_teardown(the_end_comes_while_a_world_is_loaded_or_waits_to_be_freed,
						begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
