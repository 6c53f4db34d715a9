/* SPDX-License-Identifier: ISC */
/* Zones that are read with one loader are as if each had its own, whatever was read before. */
#include "base/memory.h"
#include "support/folder.h"
#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { LARGE = 5000, LARGE_OCTETS = 64 };

#define START "$TTL 30\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"

/* By turns, so that each follows each. */
static const char *const texts[] = {
	START "www A 192.0.2.2\nmail A 192.0.2.3\n@ MX 10 mail\n",
	START "a AT a A 192.0.2.1\na AT b A 192.0.2.2\n@ STEER failover\n",
	NULL, /* a large one */
	START "sub NS ns.sub\nns.sub A 192.0.2.4\n*.w TXT x\nd DNAME example.com.\n",
	START "to AT a ALIAS from\nfrom AT a A 192.0.2.1\n",
	"@ A 192.0.2.1\n", /* no TTL, no SOA */
	START "$INCLUDE z0 deep\n",
	START "$TTL 60\na.b.c.d TXT y\n",
};

struct world_of_zones {
	struct folder folder;
	struct config *config;
	struct arena *arena;
	struct roster *roster;
	struct steerings *steerings;
	struct faults faults;
	struct zone_context context;
};

static void write_zone(struct folder *folder, size_t i)
{
	char name[16], *text = mem_alloc(sizeof(START) + (size_t)LARGE * LARGE_OCTETS), *p;
	snprintf(name, sizeof(name), "z%zu", i);
	p = stpcpy(text, texts[i] != NULL ? texts[i] : START);
	for (unsigned j = 0; texts[i] == NULL && j < LARGE; j++)
		p += sprintf(p, "n%u A 192.0.%u.%u\n", j, j >> 8, j & 255);
	folder_write(folder, name, text);
	free(text);
}

static void make(struct world_of_zones *w)
{
	char conf[8192] = "datacenter a\ndatacenter b\n", *p = conf + strlen(conf);
	*w = (struct world_of_zones){.arena = arena_new(), .steerings = steerings_new()};
	folder_make(&w->folder);
	for (size_t i = 0; i < N(texts); i++)
		write_zone(&w->folder, i);
	for (size_t i = 0; i < N(texts) * N(texts); i++)
		p += sprintf(p, "zone x%zu.example %s/z%zu\n", i, w->folder.path,
			     i % 2 == 0 ? i / 2 % N(texts) : i / 2 / N(texts) % N(texts));
	w->config = config_read_text("c", conf, strlen(conf), &w->faults);
	w->roster = roster_new(w->config);
	w->context = (struct zone_context){w->config, w->roster,    w->arena, &w->faults,
					   7,         w->steerings, NULL,     NULL};
}

static void discard(struct world_of_zones *w)
{
	steerings_free(w->steerings);
	roster_free(w->roster);
	arena_free(w->arena);
	config_free(w->config);
	faults_free(&w->faults);
	folder_remove(&w->folder);
}

/* Names and data of a zone that was linked, as one number; 0: there is none. */
static uint64_t load_one(struct world_of_zones *w, size_t i)
{
	struct zone *zone = zone_load(&w->context, &w->config->zones[i]);
	if (zone == NULL)
		return 0;
	struct loader *loader = w->context.loader;
	w->context.loader = NULL;
	zones_link(&w->context, zones_new(&zone, 1, 7, w->arena));
	w->context.loader = loader;
	return zone_digest(zone, w->config) + zone->n_nodes + zone->labels_max;
}

static void zones_one_after_the_other_are_as_alone(void **state)
{
	(void)state;
	struct world_of_zones alone, shared;
	make(&alone);
	make(&shared);
	shared.context.loader = loader_new(&shared.faults);
	size_t none = 0;
	for (size_t i = 0; i < alone.config->n_zones; i++) {
		size_t errors = shared.faults.errors;
		uint64_t expected = load_one(&alone, i);
		assert_int_equal(load_one(&shared, i), expected);
		assert_int_equal(shared.faults.errors, alone.faults.errors);
		assert_true((expected == 0) == (shared.faults.errors > errors));
		none += expected == 0;
	}
	assert_in_range(none, 1, alone.config->n_zones / 2);
	loader_free(shared.context.loader);
	discard(&alone);
	discard(&shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(zones_one_after_the_other_are_as_alone)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
