/* SPDX-License-Identifier: ISC */
/* How much memory a zone keeps. What arenas hold is counted, which is the same in every run. */
#include "base/memory.h"
#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { LINE_OCTETS = 64 };

/* What arenas hold, but for the last block, which is an eighth at most and may hardly be begun. */
static size_t held(const struct arena *arena)
{
	return arena_size(arena) - arena_size(arena) / 8;
}

static const char head[] = "$TTL 1h\n@ SOA ns1 h 1 1h 15m 14d 30s\n@ NS ns1\nns1 A 192.0.2.53\n";

/* A zone of `n` names that have one record of each type. */
static char *zone_text(unsigned n, const char *const *records, size_t n_records)
{
	char *text = mem_alloc(sizeof(head) + (size_t)n * n_records * LINE_OCTETS), *p = stpcpy(text, head);
	for (unsigned i = 0; i < n; i++) {
		for (size_t j = 0; j < n_records; j++)
			p += sprintf(p, "h%06u %s\n", i, records[j]);
	}
	return text;
}

static void a_record_of_a_large_zone_is_small(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		unsigned names;
		size_t n_records;
		const char *records[4];
		size_t octets; /* a name, all of its records with it */
	} rows[] = {
		/* the node, its cell, one rrset, and 16 octets on the wire */
		{"addresses", 100000, 1, {"A 192.0.2.1"}, 104},
		{"three of one type", 50000, 3, {"A 192.0.2.1", "A 192.0.2.2", "A 192.0.2.3"}, 136},
		{"types", 30000, 3, {"A 192.0.2.1", "MX 10 ns1", "TXT \"v=spf1 -all\""}, 216},
		/* besides, what stands for something else is a candidate */
		{"aliases", 10000, 1, {"ALIAS ns1"}, 224},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct built_zone b;
		char *text = zone_text(rows[i].names, rows[i].records, rows[i].n_records);
		zones_build("zone example z\n", (const char *const[]){text}, &b);
		assert_non_null(b.zones);
		size_t size = held(b.arena);
		if (size > rows[i].names * rows[i].octets)
			fail_msg("%s: %zu octets a name", rows[i].name, size / rows[i].names);
		free(text);
		zones_discard(&b);
	}
}

static void a_small_zone_is_small(void **state)
{
	(void)state;
	enum { ZONES = 5000, OCTETS = 1100 };
	char *conf = mem_alloc(ZONES * LINE_OCTETS), *p = conf;
	for (unsigned i = 0; i < ZONES; i++)
		p += sprintf(p, "zone z%u.example z\n", i);
	struct faults faults = {0};
	struct config *config = config_read_text("conf", conf, strlen(conf), &faults);
	struct arena *arena = arena_new();
	struct roster *roster = roster_new(config);
	struct steerings *steerings = steerings_new();
	struct zone_context context = {config, roster, arena, &faults, 7, steerings, NULL, NULL};
	char text[512];
	snprintf(text, sizeof(text), "%swww A 192.0.2.1\nmail A 192.0.2.2\n@ MX 10 mail\n", head);
	for (unsigned i = 0; i < ZONES; i++)
		assert_non_null(zone_load_text(&context, &config->zones[i], text, strlen(text)));
	size_t size = held(arena) + held(config->arena);
	if (size > (size_t)ZONES * OCTETS)
		fail_msg("%zu octets a zone", size / ZONES);
	faults_free(&faults);
	steerings_free(steerings);
	roster_free(roster);
	arena_free(arena);
	config_free(config);
	free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_of_a_large_zone_is_small),
		cmocka_unit_test(a_small_zone_is_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
