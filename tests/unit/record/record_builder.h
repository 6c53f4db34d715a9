/* SPDX-License-Identifier: ISC */
/* Records for tests, from what was asked and answered, in hexadecimal. */
#ifndef TESTS_RECORD_BUILDER_H
#define TESTS_RECORD_BUILDER_H

#include "record/record.h"
#include "wire/types.h"

#include <stdio.h>
#include <string.h>

struct record_room {
	_Alignas(struct record) uint8_t octets[sizeof(struct record) + 4096];
};

/* 2026-11-21T13:39:20.950123456Z */
#define RECORD_TIME_NS 1795268360950123456u

static inline size_t hex_octets(const char *hex, uint8_t *out)
{
	size_t n = 0;
	for (unsigned value; *hex != '\0'; hex++) {
		if (*hex != ' ' && sscanf(hex++, "%2x", &value) == 1)
			out[n++] = (uint8_t)value;
	}
	return n;
}

/* From 192.0.2.1 port 53214 to 192.0.2.53 port 53, over UDP; `places` ends with an empty one. */
static inline struct record *record_build(struct record_room *room, const char *query, const char *reply,
					  const char *places)
{
	struct record *r = (struct record *)(void *)room->octets;
	uint8_t *octets = r->octets;
	memset(room, 0, sizeof(*room));
	r->time_ns = RECORD_TIME_NS;
	r->client = (struct endpoint){{FAMILY_V4, {192, 0, 2, 1}}, 53214};
	r->server = (struct endpoint){{FAMILY_V4, {192, 0, 2, 53}}, 53};
	r->transport = TRANSPORT_UDP;
	r->worker = 3;
	r->query_len = (uint16_t)hex_octets(query, octets);
	r->reply_len = (uint16_t)hex_octets(reply, octets + r->query_len);
	for (size_t at = HEADER_OCTETS; at < r->query_len && r->question_len == 0; at += octets[at] + 1u)
		r->question_len = octets[at] == 0 ? (uint16_t)(at + 5 - HEADER_OCTETS) : 0;
	for (const char *place = places; *place != '\0'; place += strlen(place) + 1)
		r->places_len += (uint32_t)strlen(place) + 1;
	memcpy(octets + r->query_len + r->reply_len, places, r->places_len);
	return r;
}

#endif
