/* SPDX-License-Identifier: ISC */
/* The rules of `latency`: a table's row comes before an estimate, for each datacenter by itself. */
#include "geo/timing.h"
#include "base/memory.h"
#include "base/country.h"
#include "geo/estimate.h"
#include "geo/times.h"

#include <stdlib.h>

struct timing {
	struct labeller labeller;
	const struct config *config;
	struct point *points; /* a datacenter each */
	struct ladder ladder;
};

static void estimate(const struct timing *t, const struct place *place, struct times *times)
{
	struct point from = point_at((double)place->latitude, (double)place->longitude);
	for (size_t i = 0; i < times->n; i++) {
		struct time_to *to = &times->list[i];
		if (to->source == TIME_UNKNOWN && t->config->datacenters[i].located) {
			to->source = TIME_DISTANCE;
			to->us = estimate_us(&t->ladder, &from, &t->points[i]);
		}
	}
}

static void times_make(struct labeller *labeller, const struct place *place, const uint32_t *lines, size_t n,
		       void *label)
{
	const struct timing *t = (struct timing *)labeller;
	struct times *times = label;
	times->country = country_number(place->country);
	times->continent = continent_number(place->continent);
	times->n = (uint16_t)t->config->n_datacenters;
	for (uint16_t i = 0; i < times->n; i++)
		times->list[i].datacenter = i;
	for (size_t i = 0; i < n; i++) {
		const struct latency_row *row = &t->config->latencies[lines[i]];
		struct time_to *to = &times->list[row->datacenter];
		if (to->source == TIME_UNKNOWN) {
			to->source = TIME_TABLE;
			to->us = row->us;
		}
	}
	if (place->located)
		estimate(t, place, times);
}

static void times_narrow(const void *whole, const struct wanted *wanted, void *label)
{
	const struct times *from = whole;
	struct times *times = label;
	if (wanted->regions) {
		times->country = from->country;
		times->continent = from->continent;
	}
	for (size_t i = 0; i < from->n; i++)
		if (wanted->datacenters[from->list[i].datacenter])
			times->list[times->n++] = from->list[i];
}

static size_t times_used(const void *label)
{
	const struct times *times = label;
	return sizeof(*times) + times->n * sizeof(*times->list);
}

static void timing_free(struct labeller *labeller)
{
	struct timing *t = (struct timing *)labeller;
	lines_free(&labeller->lines);
	free(t->points);
	free(t);
}

static void rows_lines(const struct config *config, struct lines *out)
{
	const struct geomap_line **list = mem_alloc(config->n_latencies * sizeof(*list));
	for (size_t i = 0; i < config->n_latencies; i++)
		list[i] = &config->latencies[i].from;
	lines_init(out, list, config->n_latencies);
	free(list);
}

struct labeller *timing_new(const struct config *config)
{
	struct timing *t = mem_alloc(sizeof(*t));
	size_t n = config->n_datacenters;
	t->labeller = (struct labeller){.size = sizeof(struct times) + n * sizeof(struct time_to),
					.make = times_make,
					.narrow = times_narrow,
					.used = times_used,
					.free = timing_free};
	rows_lines(config, &t->labeller.lines);
	t->config = config;
	t->points = mem_alloc(n * sizeof(*t->points));
	for (size_t i = 0; i < n; i++)
		t->points[i] = point_at(config->datacenters[i].latitude, config->datacenters[i].longitude);
	ladder_init(&t->ladder);
	return &t->labeller;
}
