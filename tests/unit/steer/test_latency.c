/* SPDX-License-Identifier: ISC */
/* The latency method: which source of a time comes first, for each datacenter by itself, and what scopes are.
 */
#include "steer/latency.h"
#include "geo/place.h"
#include "steering_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { FRA, IAD, SIN, DATACENTERS };
static const char *const names[DATACENTERS] = {"fra", "iad", "sin"};

/* A steering of three datacenters, with a table, and what clients measured. */
struct bench {
	struct arena *arena;
	struct databases *databases;
	struct times_atlas *atlas;
	struct built *built;
	struct measured *measured;
	struct measurements *learned;
	uint32_t checks_us[DATACENTERS];
};

static struct addr address(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, strlen(text), &addr));
	return addr;
}

static void bench_open(struct bench *b)
{
	static const struct member_row members[] = {{FRA, 1, false}, {IAD, 1, false}, {SIN, 1, false}};
	static const struct latency_row rows[] = {
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10}}, 8}}, FRA, 50000},
		{{.key = GEOMAP_NETWORK, .network = {{FAMILY_V4, {10, 1}}, 16}}, IAD, 20000},
	};
	static const struct datacenter dcs[DATACENTERS];
	static const struct config config = {
		.n_datacenters = DATACENTERS, .datacenters = dcs, .n_latencies = N(rows), .latencies = rows};
	static const struct measured_limits limits;
	struct steer_entry policy = {.method = METHOD_LATENCY};
	struct faults faults = {0};
	*b = (struct bench){.arena = arena_new(), .measured = measured_new(&limits)};
	b->databases = databases_open(NULL, NULL, 0, &faults);
	b->atlas = times_atlas_new(&config, b->databases);
	b->built = build(&policy, members, N(members), NULL, 0);
	b->built->steering->times =
		times_atlas_locator(b->atlas, (const uint16_t[]){FRA, IAD, SIN}, DATACENTERS, true, b->arena);
	b->built->board->latencies_us = b->checks_us;
}

static void bench_close(struct bench *b)
{
	measurements_free(b->learned);
	measured_free(b->measured);
	built_free(b->built);
	times_atlas_free(b->atlas);
	databases_close(b->databases);
	arena_free(b->arena);
}

static void measure(struct bench *b, const char *client, unsigned datacenter, uint32_t us, unsigned n)
{
	struct addr addr = address(client);
	struct measurement m = {.client = &addr, .datacenter = names[datacenter], .us = us};
	for (unsigned i = 0; i < n; i++)
		assert_true(measured_add(b->measured, &m, 1));
	measurements_free(b->learned);
	b->learned = measurements_snapshot(b->measured, names, DATACENTERS);
	b->built->board->learned = b->learned;
}

static void check(struct bench *b, const char *client, const struct timed *expected)
{
	struct addr addr = address(client);
	struct timed timed;
	latency_times(b->built->steering, b->built->board, &addr, &timed);
	assert_int_equal(timed.n, expected->n);
	for (unsigned i = 0; i < timed.n; i++) {
		const struct timed_to *got = &timed.list[i], *want = &expected->list[i];
		if (got->datacenter != want->datacenter || got->by != want->by || got->us != want->us)
			fail_msg("%s: %u. is %s, %u us by %u", client, i, names[got->datacenter], got->us,
				 got->by);
	}
	if (timed.scope != expected->scope)
		fail_msg("%s: scope %u", client, timed.scope);
}

static void what_knows_best_comes_first_for_each_datacenter(void **state)
{
	(void)state;
	const uint32_t none = UINT32_MAX;
	struct bench b;
	bench_open(&b);
	check(&b, "10.1.2.3",
	      &(struct timed){
		      16,
		      3,
		      {{IAD, TIMED_TABLE, 20000}, {FRA, TIMED_TABLE, 50000}, {SIN, TIMED_UNKNOWN, none}}});
	check(&b, "11.0.0.1",
	      &(struct timed){
		      8,
		      3,
		      {{FRA, TIMED_UNKNOWN, none}, {IAD, TIMED_UNKNOWN, none}, {SIN, TIMED_UNKNOWN, none}}});
	b.checks_us[SIN] = 30000;
	b.checks_us[IAD] = 1; /* a row of a table comes before it */
	check(&b, "10.1.2.3",
	      &(struct timed){
		      16,
		      3,
		      {{IAD, TIMED_TABLE, 20000}, {SIN, TIMED_CHECK, 30000}, {FRA, TIMED_TABLE, 50000}}});
	measure(&b, "10.1.2.9", FRA, 5000, 5);
	check(&b, "10.1.2.3",
	      &(struct timed){
		      24,
		      3,
		      {{FRA, TIMED_MEASURED, 5000}, {IAD, TIMED_TABLE, 20000}, {SIN, TIMED_CHECK, 30000}}});
	check(&b, "10.1.3.3",
	      &(struct timed){
		      24,
		      3,
		      {{IAD, TIMED_TABLE, 20000}, {SIN, TIMED_CHECK, 30000}, {FRA, TIMED_TABLE, 50000}}});
	bench_close(&b);
}

static void scopes_have_the_grain_once_a_prefix_is_measured(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	measure(&b, "2001:db8::1", SIN, 1000, 4);
	struct addr v4 = address("11.0.0.1"), v6 = address("2001:db8::2");
	struct timed timed;
	latency_times(b.built->steering, b.built->board, &v6, &timed);
	assert_int_equal(timed.scope, 0);
	measure(&b, "2001:db8::1", SIN, 1000, 1);
	latency_times(b.built->steering, b.built->board, &v6, &timed);
	assert_int_equal(timed.scope, 48);
	assert_int_equal(timed.list[0].datacenter, SIN);
	latency_times(b.built->steering, b.built->board, &v4, &timed);
	assert_int_equal(timed.scope, 24);
	bench_close(&b);
}

static void equal_times_keep_the_order_of_the_file(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	for (unsigned i = 0; i < DATACENTERS; i++)
		b.checks_us[i] = 7000;
	check(&b, "11.0.0.1",
	      &(struct timed){
		      8, 3, {{FRA, TIMED_CHECK, 7000}, {IAD, TIMED_CHECK, 7000}, {SIN, TIMED_CHECK, 7000}}});
	bench_close(&b);
}

static void datacenters_that_the_name_does_not_have_are_left_out(void **state)
{
	(void)state;
	struct bench b;
	bench_open(&b);
	b.built->column[IAD] = NO_COLUMN;
	b.built->masks[SIN] = 0; /* backups only */
	check(&b, "10.1.2.3", &(struct timed){16, 1, {{FRA, TIMED_TABLE, 50000}}});
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_knows_best_comes_first_for_each_datacenter),
		cmocka_unit_test(scopes_have_the_grain_once_a_prefix_is_measured),
		cmocka_unit_test(equal_times_keep_the_order_of_the_file),
		cmocka_unit_test(datacenters_that_the_name_does_not_have_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
