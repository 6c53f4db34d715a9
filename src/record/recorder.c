/* SPDX-License-Identifier: ISC */
/* From a query and its answer to a record in the ring. */
#include "record/recorder.h"
#include "answer/tally.h"
#include "base/clock.h"
#include "base/memory.h"
#include "record/record.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_MAX = 64 }; /* a datacenter's name, with its NUL */

struct track *track_new(uint32_t every, size_t room)
{
	struct track *track = mem_alloc_apart(sizeof(*track));
	ring_init(&track->ring, room);
	random_seed(&track->random);
	track->every = every;
	track->left = 1 + random_below(&track->random, every);
	return track;
}

void track_free(struct track *track)
{
	ring_free(&track->ring);
	free(track);
}

/* The gaps are drawn, with `every` as their mean, so that no rhythm of the queries can hide from it. */
static bool is_due(struct track *track)
{
	if (--track->left > 0)
		return false;
	track->left = track->every == 1 ? 1 : 1 + random_below(&track->random, 2 * track->every - 1);
	return true;
}

/* Where a candidate lives; NULL where it only leads to others, which were chosen from in turn. */
static const char *place_of(const struct config *config, const struct steered *steered, unsigned member)
{
	const struct rrset *alias = steered_alias(steered, member);
	uint16_t datacenter = steered->how->members[member].datacenter;
	if (alias != NULL && alias->steered != NULL)
		return NULL;
	return datacenter == UINT16_MAX ? "*" : config->datacenters[datacenter].name;
}

static size_t write_places(const struct responder *r, char *out)
{
	const struct config *config = r->view->world->config;
	const struct answer *a = &r->answer;
	char *end = out;
	for (const struct choice *choice = a->choices; choice < a->choices_end; choice++) {
		for (unsigned i = 0; i < choice->n; i++) {
			const char *place = place_of(config, choice->set->steered, choice->picked[i]);
			if (place != NULL)
				end = stpcpy(end, place) + 1;
		}
	}
	return (size_t)(end - out);
}

static size_t places_most(const struct answer *a)
{
	size_t n = 0;
	for (const struct choice *choice = a->choices; choice < a->choices_end; choice++)
		n += choice->n;
	return n * PLACE_MAX;
}

/* What was asked and answered, as it came and went. */
struct exchange {
	const struct peer *peer;
	uint64_t time_ns;
	struct span query, reply;
};

static void keep(struct track *track, const struct responder *r, const struct exchange *x)
{
	static const struct endpoint nowhere;
	size_t fixed = sizeof(struct record) + x->query.len + x->reply.len;
	struct record *record = (void *)ring_begin(&track->ring, fixed + places_most(&r->answer));
	if (record == NULL) {
		tally_add(&track->dropped);
		return;
	}
	*record = (struct record){
		.time_ns = x->time_ns,
		.client = {x->peer->addr, ntohs(x->peer->port)},
		.server = x->peer->local ? *x->peer->local : nowhere,
		.transport = (uint8_t)x->peer->transport,
		.zone_len = r->answer.match.zone ? r->answer.match.zone->apex->len : 0,
		.worker = (uint16_t)r->worker,
		.question_len = r->query->question_len,
		.query_len = (uint16_t)x->query.len,
		.reply_len = (uint16_t)x->reply.len,
	};
	if (r->query->subnet.present)
		record->subnet = (struct prefix){r->query->subnet.addr, r->query->subnet.source};
	memcpy(record->octets, x->query.octets, x->query.len);
	memcpy(record->octets + x->query.len, x->reply.octets, x->reply.len);
	record->places_len = (uint32_t)write_places(r, (char *)(uintptr_t)record_places(record));
	ring_end(&track->ring, fixed + record->places_len);
}

enum outcome recorder_respond(struct responder *r, const struct peer *peer, struct arrival *arrival,
			      struct span *out, struct transfer **transfer)
{
	struct recorder *recorder = r->view->recorders[r->worker];
	struct span in = arrival->in;
	uint8_t header[HEADER_OCTETS];
	size_t header_len = in.len < HEADER_OCTETS ? in.len : HEADER_OCTETS;
	unsigned due = 0;
	for (unsigned i = 0; i < recorder->n; i++)
		due |= (unsigned)is_due(recorder->tracks[i]) << i;
	if (due == 0)
		return transfer_door(r, peer, arrival, out, transfer);
	memcpy(header, in.octets, header_len);
	answer_clear(&r->answer, RCODE_NOERROR); /* it is not set for what is dropped or transferred */
	enum outcome outcome = transfer_door(r, peer, arrival, out, transfer);
	memcpy(in.octets, header, header_len); /* a signature that was right has been taken off */
	struct exchange x = {.peer = peer, .time_ns = clock_wall_ns(), .query = in, .reply = *out};
	if (outcome == OUTCOME_DROP)
		x.reply.len = 0;
	for (unsigned i = 0; i < recorder->n; i++) {
		if (due >> i & 1)
			keep(recorder->tracks[i], r, &x);
	}
	return outcome;
}
