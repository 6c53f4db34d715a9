/* SPDX-License-Identifier: ISC */
/* respond() alone, without sockets: what a query costs in user space. For callgrind, and for nanoseconds. */
#include "answer/limiter.h"
#include "answer/respond.h"
#include "answer/tally.h"
#include "base/clock.h"
#include "base/memory.h"
#include "queries.h"

#include <stdio.h>
#include <stdlib.h>

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
	struct view view = {.world = world, .board = board, .tallies = &tally, .limiter = limiter};
	struct responder *r = mem_alloc(sizeof(*r));
	r->view = &view;
	picker_seed(&r->picker);
	const struct peer peer = {.addr = {.family = FAMILY_V4, .octets = {127, 0, 0, 1}}};
	static uint8_t octets[2048];
	unsigned long count = strtoul(argv[3], NULL, 10), total = 0, wrong = 0;
	__typeof__(respond) *volatile door = respond; /* not inlined here, so that callgrind can tell it */
	uint64_t begin = clock_ns();
	for (unsigned long i = 0; i < count; i++) {
		struct query_bytes *q = &queries.list[i % queries.n];
		struct span reply = {octets, sizeof(octets)};
		r->now_ms = i / 64; /* batches of 64, a millisecond each */
		door(r, &peer, (struct span){q->octets, q->len}, &reply);
		total += reply.len;
		wrong += !query_answered(q, reply.octets, reply.len);
	}
	uint64_t took = clock_ns() - begin;
	printf("%.1f ns a query, %.1f octets a reply, %lu wrong\n", (double)took / (double)count,
	       (double)total / (double)count, wrong);
	limiter_free(limiter);
	tally_free(tally);
	board_free(board);
	vitals_free(&vitals);
	world_free(world);
	free(queries.list);
	free(r);
	faults_free(&faults);
	return 0;
}
