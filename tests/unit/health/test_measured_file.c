/* SPDX-License-Identifier: ISC */
/* Measured round trips over a restart: what is saved is loaded. */
#include "measured_disk.h"
#include "base/random.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct measured *random_store(uint64_t *now_ms)
{
	struct random r;
	random_seed_with(&r, 5);
	struct measured *m = measured_new(&defaults);
	for (int i = 0; i < 5000; i++) {
		struct addr client = addr_number(random_below(&r, 300));
		client.family = i % 4 ? FAMILY_V4 : FAMILY_V6;
		struct measurement sample = {&client, datacenters[random_below(&r, DATACENTERS)],
					     1 + random_below(&r, 300000), (uint16_t)random_below(&r, 5),
					     (uint8_t)random_below(&r, 3)};
		*now_ms += random_below(&r, 1000);
		assert_true(measured_add(m, &sample, *now_ms));
	}
	return m;
}

static void the_same_is_published_after_a_restart(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms = 1000000;
	struct measured *before = random_store(&now_ms);
	save(f, before, (struct measured_time){now_ms, 5000000});
	struct measured *after = load(f, &defaults, (struct measured_time){7, 5000100});
	assert_true(measured_changed(after));
	assert_int_equal(measured_prefixes(after), measured_prefixes(before));

	struct measurements *a = measurements_snapshot(before, datacenters, DATACENTERS);
	struct measurements *b = measurements_snapshot(after, datacenters, DATACENTERS);
	assert_int_equal(measurements_prefixes(a), measurements_prefixes(b));
	assert_in_range(measurements_prefixes(a), 100, 600);
	for (uint32_t i = 0; i < 600; i++) {
		struct addr client = addr_number(i / 2);
		client.family = i % 2 ? FAMILY_V4 : FAMILY_V6;
		const uint32_t *x = measurements_find(a, &client), *y = measurements_find(b, &client);
		assert_int_equal(x == NULL, y == NULL);
		if (x != NULL)
			assert_memory_equal(x, y, sizeof(*x) * DATACENTERS);
	}
	for (uint16_t i = 1; i < 5; i++)
		assert_memory_equal(measurements_country(a, i), measurements_country(b, i), 12);
	for (uint8_t i = 1; i < 3; i++)
		assert_memory_equal(measurements_continent(a, i), measurements_continent(b, i), 12);
	measurements_free(a);
	measurements_free(b);
	measured_free(before);
	measured_free(after);
}

static void twice_saved_and_loaded_is_the_same_file(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms = 1000000;
	struct measured *m = random_store(&now_ms);
	struct measured_time at = {now_ms, 5000000};
	save(f, m, at);
	size_t len = file_get(f);
	char *first = strdup(f->text);
	for (int i = 0; i < 2; i++) { /* each turns around the order of an area's lines */
		measured_free(m);
		m = load(f, &defaults, at);
		save(f, m, at);
	}
	assert_int_equal(file_get(f), len);
	assert_string_equal(f->text, first);
	free(first);
	measured_free(m);
}

static void a_copy_is_saved_as_the_store_is(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms = 1000000;
	struct measured *m = random_store(&now_ms);
	struct measured_time at = {now_ms, 5000000};
	struct measured *copy = measured_copy(m);
	save(f, m, at);
	file_get(f);
	char *first = strdup(f->text);
	measured_free(m);
	save(f, copy, at);
	file_get(f);
	assert_string_equal(f->text, first);
	free(first);
	measured_free(copy);

	m = measured_new(&defaults);
	copy = measured_copy(m);
	measured_free(m);
	save(f, copy, at);
	measured_free(copy);
	m = load(f, &defaults, at);
	assert_int_equal(measured_prefixes(m), 0);
	measured_free(m);
}

static void averages_go_on_where_they_were(void **state)
{
	struct fixture *f = *state;
	struct addr client = addr_of("192.0.2.1");
	struct measured *m = measured_new(&defaults);
	for (int i = 0; i < 4; i++)
		feed(m, &client, "fra", 20000, 0);
	save(f, m, (struct measured_time){0, 0});
	measured_free(m);
	m = load(f, &defaults, (struct measured_time){0, 0});
	assert_int_equal(published(m, &client, FRA), 0);
	feed(m, &client, "fra", 30000, 0);
	assert_int_equal(published(m, &client, FRA), 22000);
	measured_free(m);
}

static void age_is_that_of_the_calendar(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		uint64_t saved_wall_ms, loaded_wall_ms, swept_after_ms;
		bool left;
	} rows[] = {
		{"at once", 50000, 50000, 0, true},
		{"still young", 50000, 50600, 0, true},
		{"just too old", 50000, 50601, 0, false},
		{"far too old", 50000, UINT64_MAX, 0, false},
		{"grows older", 50000, 50500, 100, true},
		{"grows too old", 50000, 50500, 101, false},
		{"a clock set back", 50000, 100, 600, true},
		{"a clock set back, and it grows too old", 50000, 100, 601, false},
	};
	struct measured_limits limits = {.max_age_ms = 1000};
	struct addr client = addr_of("192.0.2.1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct measured *m = measured_new(&limits);
		feed_all(m, &client, "fra", 20000, 100);
		save(f, m, (struct measured_time){500, rows[i].saved_wall_ms});
		measured_free(m);
		m = load(f, &limits, (struct measured_time){3, rows[i].loaded_wall_ms});
		measured_sweep(m, 3 + rows[i].swept_after_ms);
		if (published(m, &client, FRA) != (rows[i].left ? 20000 : 0))
			fail_msg("%s", rows[i].name);
		measured_free(m);
	}
}

static void other_grains_keep_the_regions(void **state)
{
	struct fixture *f = *state;
	struct addr client = addr_of("192.0.2.1");
	struct faults faults = {0};
	struct measured *m = measured_new(&defaults);
	for (int i = 0; i < 5; i++)
		measured_add(m, &(struct measurement){&client, "fra", 20000, 7, 3}, 0);
	save(f, m, (struct measured_time){0, 0});
	measured_free(m);
	m = measured_new(&(struct measured_limits){.grain_v4 = 20});
	assert_true(measured_load(m, f->path, (struct measured_time){0, 0}, &faults));
	assert_int_equal(faults.n, 1);
	assert_int_equal(faults.errors, 0);
	faults_free(&faults);
	struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
	assert_int_equal(measured_prefixes(m), 0);
	assert_int_equal(measurements_country(s, 7)[FRA], 20000);
	assert_int_equal(measurements_continent(s, 3)[FRA], 20000);
	measurements_free(s);
	measured_free(m);
}

static void a_smaller_store_takes_the_young_ones(void **state)
{
	struct fixture *f = *state;
	struct measured *m = measured_new(&defaults);
	for (uint32_t i = 0; i < 2000; i++) {
		struct addr client = addr_number(i);
		feed_all(m, &client, "fra", 20000, i * 10000);
	}
	save(f, m, (struct measured_time){20000000, 0});
	measured_free(m);
	m = load(f, &(struct measured_limits){.prefixes = 500}, (struct measured_time){0, 0});
	assert_int_equal(measured_prefixes(m), 500);
	uint32_t young = 0;
	for (uint32_t i = 1800; i < 2000; i++) {
		struct addr client = addr_number(i);
		young += published(m, &client, FRA) > 0;
	}
	assert_in_range(young, 180, 200);
	measured_free(m);
}

static void no_file_is_an_empty_store(void **state)
{
	struct fixture *f = *state;
	struct measured *m = load(f, &defaults, (struct measured_time){0, 0});
	assert_int_equal(measured_prefixes(m), 0);
	measured_free(m);
}

static void a_failed_save_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;
	struct faults faults = {0};
	char beside[128], inside[160];
	struct measured *m = measured_new(&defaults);
	file_put(f, "old", 3);
	snprintf(beside, sizeof(beside), "%s.new", f->path);
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_false(measured_save(m, f->path, (struct measured_time){0, 0}, &faults));
	assert_int_equal(rmdir(beside), 0);
	assert_int_equal(file_get(f), 3);

	assert_int_equal(symlink(f->path, beside), 0); /* a link is not followed */
	assert_false(measured_save(m, f->path, (struct measured_time){0, 0}, &faults));
	assert_int_equal(file_get(f), 3);

	snprintf(inside, sizeof(inside), "%s/none/measured", f->folder);
	assert_false(measured_save(m, inside, (struct measured_time){0, 0}, &faults));
	assert_int_equal(faults.errors, 3);
	assert_non_null(strstr(faults.list[2].text, "No such file"));
	faults_free(&faults);
	measured_free(m);
}

/* A limit on the size of files stands for a full disk. */
static void a_disk_that_is_full_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;
	struct faults faults = {0};
	uint64_t now_ms = 0;
	struct measured *m = random_store(&now_ms);
	struct rlimit before, limit;
	file_put(f, "old", 3);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 1000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	bool ok = measured_save(m, f->path, (struct measured_time){now_ms, 0}, &faults);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_false(ok);
	assert_int_equal(faults.errors, 1);
	assert_non_null(strstr(faults.list[0].text, "File too large"));
	assert_int_equal(file_get(f), 3);
	faults_free(&faults);
	measured_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_is_published_after_a_restart), TEST(twice_saved_and_loaded_is_the_same_file),
		TEST(a_copy_is_saved_as_the_store_is),       TEST(averages_go_on_where_they_were),
		TEST(age_is_that_of_the_calendar),           TEST(other_grains_keep_the_regions),
		TEST(a_smaller_store_takes_the_young_ones),  TEST(no_file_is_an_empty_store),
		TEST(a_failed_save_leaves_the_old_file),     TEST(a_disk_that_is_full_leaves_the_old_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
