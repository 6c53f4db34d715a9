/* SPDX-License-Identifier: ISC */
/* A recording's thread and its sink: all that is given arrives, and what can't be written is counted. */
#include "record/recording.h"
#include "record_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 3, EACH = 2000, DEADLINE_MS = 20000 };

static bool put(struct track *track)
{
	struct record_room room;
	struct record *r = record_build(&room, "0001 0000 0001 0000 0000 0000 03777777 0145 00 0001 0001",
					"0001 8405 0001 0000 0000 0000 03777777 0145 00 0001 0001", "fra\0");
	size_t len = sizeof(*r) + r->query_len + r->reply_len + r->places_len;
	uint8_t *p = ring_begin(&track->ring, len);
	if (p == NULL)
		return false;
	memcpy(p, r, len);
	ring_end(&track->ring, len);
	return true;
}

static void *work(void *argument)
{
	for (unsigned i = 0; i < EACH; i++)
		assert_true(put(argument));
	return NULL;
}

/* Whole lines of a file; -1: one is torn. */
static int lines(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024];
	int n = 0;
	while (file != NULL && n >= 0 && fgets(line, sizeof(line), file) != NULL)
		n = line[0] == '{' && strstr(line, "}\n") != NULL ? n + 1 : -1;
	if (file != NULL)
		fclose(file);
	return n;
}

static void wait_for(const struct recording *r, uint64_t recorded)
{
	for (int ms = 0; ms < DEADLINE_MS && recording_counts(r).recorded < recorded; ms += 5)
		usleep(5000);
	assert_int_equal(recording_counts(r).recorded, recorded);
}

static void all_lines_of_all_workers_are_written(void **state)
{
	(void)state;
	char folder[] = "/tmp/gslbd-record-XXXXXX", path[64], renamed[80];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(renamed, sizeof(renamed), "%s.1", path);
	const struct record_options options = {.path = path, .every = 1};
	struct recording *r = recording_new(RECORD_LOG, &options, WORKERS);
	pthread_t threads[WORKERS];
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, recording_track(r, i)), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	wait_for(r, WORKERS * EACH);
	assert_int_equal(lines(path), WORKERS * EACH);

	assert_int_equal(rename(path, renamed), 0);
	recording_reopen(r);
	for (int ms = 0; ms < DEADLINE_MS && access(path, F_OK) != 0; ms += 5)
		usleep(5000);
	assert_true(put(recording_track(r, 0)));
	recording_end(r);
	assert_true(recording_free(r, DEADLINE_MS));
	assert_int_equal(lines(renamed), WORKERS * EACH);
	assert_int_equal(lines(path), 1);
	unlink(path);
	unlink(renamed);
	rmdir(folder);
}

static void what_a_full_disk_does_not_take_is_dropped_and_counted(void **state)
{
	(void)state;
	const struct record_options options = {.path = "/dev/full", .every = 1};
	struct recording *r = recording_new(RECORD_LOG, &options, 1);
	uint64_t n = 0;
	while (put(recording_track(r, 0))) /* as much as waits for better times */
		n++;
	recording_end(r);
	for (int ms = 0; ms < DEADLINE_MS && !recording_ended(r); ms += 5)
		usleep(5000);
	assert_int_equal(recording_counts(r).recorded, 0);
	assert_int_equal(recording_counts(r).dropped, n);
	assert_true(recording_free(r, DEADLINE_MS));
}

static void nobody_at_the_socket(void **state)
{
	(void)state;
	if (!GSLBD_DNSTAP)
		skip();
	const struct record_options options = {.path = "/nonexistent/socket", .every = 1};
	struct recording *r = recording_new(RECORD_DNSTAP, &options, 1);
	assert_true(put(recording_track(r, 0)));
	assert_true(recording_is(r, &options));
	assert_false(recording_is(r, &(struct record_options){.path = "/nonexistent/socket", .every = 2}));
	assert_false(recording_is(
		r, &(struct record_options){.path = "/nonexistent/socket", .every = 1, .identity = "x"}));
	recording_end(r);
	for (int ms = 0; ms < DEADLINE_MS && !recording_ended(r); ms += 5)
		usleep(5000);
	assert_int_equal(recording_counts(r).dropped, 1);
	assert_true(recording_free(r, DEADLINE_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lines_of_all_workers_are_written),
		cmocka_unit_test(what_a_full_disk_does_not_take_is_dropped_and_counted),
		cmocka_unit_test(nobody_at_the_socket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
