/* SPDX-License-Identifier: ISC */
/* Recordings come and go with reloads; one that the next configuration has too goes on. */
#include "control/recordings.h"
#include "base/log.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_S = 60 }; /* after something was said of drops */

static const char *const keywords[RECORD_SINKS] = {[RECORD_LOG] = "query-log", [RECORD_DNSTAP] = "dnstap"};

/* One that has been ended, or is about to be. */
struct parting {
	enum record_sink sink;
	struct recording *recording;
};

struct recordings {
	struct recording *list[RECORD_SINKS]; /* NULL: none */
	unsigned n_workers;
	struct recorder **recorders, **before; /* by worker; NULL: none */
	size_t n_partings, cap_partings;
	struct parting *partings;
	struct recording_counts past[RECORD_SINKS]; /* of those that are no more */
	uint64_t told[RECORD_SINKS];                /* drops until then */
	unsigned quiet_s[RECORD_SINKS];
};

struct recordings *recordings_new(void)
{
	return mem_alloc(sizeof(struct recordings));
}

/* Whether another one records there now, or none. */
static bool renew(struct recordings *r, enum record_sink sink, const struct record_options *options,
		  unsigned n_workers)
{
	struct recording *old = r->list[sink];
	if (old != NULL && options->path != NULL && recording_is(old, options)) {
		recording_reopen(old);
		return false;
	}
	if (old != NULL) {
		r->partings =
			mem_grow(r->partings, &r->cap_partings, r->n_partings + 1, sizeof(*r->partings));
		r->partings[r->n_partings++] = (struct parting){sink, old};
	}
	r->list[sink] = options->path ? recording_new(sink, options, n_workers) : NULL;
	return old != NULL || options->path != NULL;
}

static void free_recorders(struct recorder **recorders, unsigned n)
{
	for (unsigned i = 0; recorders != NULL && i < n; i++)
		free(recorders[i]);
	free(recorders);
}

/* What the workers are given; NULL: nothing records. */
static struct recorder **make_recorders(const struct recordings *r)
{
	bool any = false;
	for (unsigned sink = 0; sink < RECORD_SINKS; sink++)
		any |= r->list[sink] != NULL;
	if (!any)
		return NULL;
	struct recorder **recorders = mem_alloc(r->n_workers * sizeof(struct recorder *));
	for (unsigned i = 0; i < r->n_workers; i++) {
		struct recorder *recorder = recorders[i] = mem_alloc(sizeof(*recorder));
		for (unsigned sink = 0; sink < RECORD_SINKS; sink++) {
			if (r->list[sink] != NULL)
				recorder->tracks[recorder->n++] = recording_track(r->list[sink], i);
		}
	}
	return recorders;
}

struct recorder *const *recordings_take(struct recordings *r, const struct config *config, unsigned n_workers)
{
	bool renewed = false;
	r->n_workers = n_workers;
	for (unsigned sink = 0; sink < RECORD_SINKS; sink++)
		renewed |= renew(r, sink, &config->records[sink], n_workers);
	if (renewed) {
		r->before = r->recorders;
		r->recorders = make_recorders(r);
	}
	return r->recorders;
}

void recordings_settle(struct recordings *r)
{
	free_recorders(r->before, r->n_workers);
	r->before = NULL;
	for (size_t i = 0; i < r->n_partings; i++)
		recording_end(r->partings[i].recording);
}

static void add(struct recording_counts *sum, const struct recording *recording)
{
	struct recording_counts counts = recording_counts(recording);
	sum->recorded += counts.recorded;
	sum->dropped += counts.dropped;
}

/* Frees what has ended. */
static void part(struct recordings *r, unsigned wait_ms)
{
	size_t left = 0;
	for (size_t i = 0; i < r->n_partings; i++) {
		struct parting parting = r->partings[i];
		struct recording_counts past = r->past[parting.sink];
		if (wait_ms > 0 || recording_ended(parting.recording)) {
			add(&past, parting.recording);
			if (recording_free(parting.recording, wait_ms)) {
				r->past[parting.sink] = past;
				continue;
			}
		}
		r->partings[left++] = parting;
	}
	r->n_partings = left;
}

static void tell_drops(struct recordings *r, enum record_sink sink)
{
	uint64_t dropped = recordings_counts(r, sink).dropped;
	r->quiet_s[sink] -= r->quiet_s[sink] > 0;
	if (dropped == r->told[sink] || r->quiet_s[sink] > 0)
		return;
	log_warn("%s: %" PRIu64
		 " queries more were not recorded, as they are not taken so fast, or not at all; "
		 "gslbd_records_dropped_total counts on",
		 keywords[sink], dropped - r->told[sink]);
	r->told[sink] = dropped;
	r->quiet_s[sink] = QUIET_S;
}

void recordings_look(struct recordings *r)
{
	part(r, 0);
	for (unsigned sink = 0; sink < RECORD_SINKS; sink++)
		tell_drops(r, sink);
}

struct recording_counts recordings_counts(const struct recordings *r, enum record_sink sink)
{
	struct recording_counts sum = r->past[sink];
	if (r->list[sink] != NULL)
		add(&sum, r->list[sink]);
	for (size_t i = 0; i < r->n_partings; i++) {
		if (r->partings[i].sink == sink)
			add(&sum, r->partings[i].recording);
	}
	return sum;
}

bool recordings_free(struct recordings *r, unsigned wait_ms)
{
	static const struct config nothing;
	recordings_take(r, &nothing, r->n_workers);
	recordings_settle(r);
	part(r, wait_ms);
	if (r->n_partings > 0)
		return false;
	free(r->partings);
	free(r);
	return true;
}
