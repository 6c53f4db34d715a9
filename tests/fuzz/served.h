/* SPDX-License-Identifier: ISC */
/* A world to ask, from texts, and responders that answer from it alike. */
#ifndef TESTS_FUZZ_SERVED_H
#define TESTS_FUZZ_SERVED_H

#include "answer/respond.h"
#include "base/memory.h"
#include "require.h"

#include <stdio.h>
#include <unistd.h>

static inline void served_write(char path[64], const char *folder, const char *name, const char *text)
{
	snprintf(path, 64, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	require(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A zone file of ours with a name whose answer takes more than a room, and the zone more than a message. The
 * caller frees it. */
static inline char *served_long_zone(void)
{
	static const char head[] =
		"$TTL 30\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.1\n"
		"www STEER geo world\nwww AT fra A 192.0.2.2\nwww AT iad A 192.0.2.3\n"
		"rr STEER pool pick=round-robin\nrr AT fra A 192.0.2.8\nrr AT iad A 192.0.2.9\n"
		"rnd STEER pool pick=random\nrnd AT fra A 192.0.2.8\nrnd AT iad A 192.0.2.9\n";
	enum { TEXTS = 150, TEXT_ROOM = 256 };
	size_t room = sizeof(head) + TEXTS * TEXT_ROOM, len = sizeof(head) - 1;
	char *text = mem_alloc(room);
	memcpy(text, head, sizeof(head));
	for (int i = 0; i < TEXTS; i++)
		len += (size_t)snprintf(text + len, room - len, "long TXT \"%03d %0200d\"\n", i, i);
	return text;
}

/* What `conf` and `zone`, which it names z.zone, say; all checks taken as up. */
static inline void served_load(const char *conf, const char *zone, struct view *out)
{
	char folder[] = "/tmp/gslbd-fuzz-XXXXXX", conf_path[64], zone_path[64];
	struct faults faults = {0};
	struct vitals vitals;
	require(mkdtemp(folder) != NULL);
	served_write(conf_path, folder, "c.conf", conf);
	served_write(zone_path, folder, "z.zone", zone);
	struct world *world = world_load(conf_path, false, &faults);
	unlink(conf_path);
	unlink(zone_path);
	rmdir(folder);
	faults_print(&faults, stderr);
	require(world != NULL);
	faults_free(&faults);
	vitals_init(&vitals, world->roster);
	*out = (struct view){.world = world, .board = board_build(world->roster, &vitals, 1)};
	vitals_free(&vitals);
}

/* Random numbers and turns begin anew: what is answered depends on what was asked since, and nothing else. */
static inline void served_begin(struct responder *responder, const struct view *view)
{
	responder->view = view;
	responder->transfers = 0;
	responder->now_s = 1700000000; /* as in the seeds' cookies */
	memset(responder->picker.turns, 0, sizeof(responder->picker.turns));
	random_seed_with(&responder->picker.random, 1);
}

#endif
