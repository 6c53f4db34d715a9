/* SPDX-License-Identifier: ISC */
/* The door alone, without sockets: what a query costs in user space, recorded where CONF says so. For
 * callgrind
 * (--separate-threads=yes where it does), and for nanoseconds. */
#include "answer/limiter.h"
#include "answer/tally.h"
#include "base/clock.h"
#include "base/memory.h"
#include "queries.h"
#include "record/recording.h"

#include <stdio.h>
#include <stdlib.h>

/* NULL: nothing is recorded. */
static struct recorder *record_all(const struct config *config, struct recording **recordings)
{
	struct recorder *recorder = mem_alloc(sizeof(*recorder));
	for (unsigned i = 0; i < RECORD_SINKS; i++) {
		if (config->records[i].path == NULL)
			continue;
		recordings[recorder->n] = recording_new(i, &config->records[i], 1);
		recorder->tracks[recorder->n] = recording_track(recordings[recorder->n], 0);
		recorder->n++;
	}
	if (recorder->n > 0)
		return recorder;
	free(recorder);
	return NULL;
}

static void record_no_more(struct recorder *recorder, struct recording **recordings)
{
	for (unsigned i = 0; recorder != NULL && i < recorder->n; i++) {
		recording_end(recordings[i]);
		if (recording_free(recordings[i], 10000))
			continue;
		_Exit(1);
	}
	free(recorder);
}

/* As many as a batch of the server has read before it answers the first. */
static void read_ahead(struct responder *r, const struct queries *queries, unsigned long first)
{
	for (unsigned i = 0; i < ARRIVALS_MAX; i++) {
		struct query_bytes *q = &queries->list[(first + i) % queries->n];
		r->arrivals[i].in = (struct span){q->octets, q->len};
	}
	responder_read(r, ARRIVALS_MAX);
}

int main(int argc, char **argv)
{
	struct faults faults = {0};
	struct queries queries;
	if (argc != 4) {
		fputs("usage: bench-respond CONF QUERIES COUNT\n", stderr);
		return 2;
	}
	struct world *world = world_load(argv[1], false, &faults);
	faults_print(&faults, stderr);
	if (world == NULL || !queries_read(&queries, argv[2]))
		return 1;
	struct vitals vitals;
	vitals_init(&vitals, world->roster);
	struct board *board = board_build(world->roster, &vitals, 1);
	struct tally *tally = tally_new(world);
	struct limiter *limiter = limiter_new(&world->config->rate_limit, NULL);
	struct recording *recordings[RECORD_SINKS];
	struct recorder *recorder = record_all(world->config, recordings);
	struct view view = {.world = world, .board = board, .tallies = &tally, .limiter = limiter};
	view.recorders = recorder ? &recorder : NULL;
	struct responder *r = mem_alloc(sizeof(*r));
	r->view = &view;
	picker_seed(&r->picker);
	const struct peer peer = {.addr = {.family = FAMILY_V4, .octets = {127, 0, 0, 1}}};
	static uint8_t octets[2048];
	unsigned long count = strtoul(argv[3], NULL, 10), total = 0, wrong = 0;
	uint64_t begin = clock_ns();
	for (unsigned long i = 0; i < count; i++) {
		const struct query_bytes *q = &queries.list[i % queries.n];
		struct span reply = {octets, sizeof(octets)};
		r->now_ms = i / 64; /* batches of 64, a millisecond each */
		if (i % ARRIVALS_MAX == 0)
			read_ahead(r, &queries, i);
		record_door(r, &peer, &r->arrivals[i % ARRIVALS_MAX], &reply, NULL);
		total += reply.len;
		wrong += !query_answered(q, reply.octets, reply.len);
	}
	uint64_t took = clock_ns() - begin;
	printf("%.1f ns a query, %.1f octets a reply, %lu wrong\n", (double)took / (double)count,
	       (double)total / (double)count, wrong);
	limiter_free(limiter);
	record_no_more(recorder, recordings);
	tally_free(tally);
	board_free(board);
	vitals_free(&vitals);
	world_free(world);
	free(queries.list);
	free(r);
	faults_free(&faults);
	return 0;
}
