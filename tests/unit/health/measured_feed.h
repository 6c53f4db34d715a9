/* SPDX-License-Identifier: ISC */
/* Short words for feeding a store of measured round trips and reading what it publishes. */
#ifndef TESTS_MEASURED_FEED_H
#define TESTS_MEASURED_FEED_H

#include "health/measured.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char *const datacenters[] = {"fra", "iad", "sin"};
enum { FRA, IAD, SIN, DATACENTERS };

static inline struct addr addr_of(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, strlen(text), &addr));
	return addr;
}

/* A random address: its number decides which. */
static inline struct addr addr_number(uint32_t number)
{
	return (struct addr){.family = FAMILY_V4,
			     .octets = {(uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 1}};
}

static inline bool feed(struct measured *m, const struct addr *client, const char *datacenter, uint32_t us,
			uint64_t now_ms)
{
	return measured_add(m, &(struct measurement){.client = client, .datacenter = datacenter, .us = us},
			    now_ms);
}

/* As often as needed to be published. */
static inline void feed_all(struct measured *m, const struct addr *client, const char *datacenter,
			    uint32_t us, uint64_t now_ms)
{
	for (int i = 0; i < 5; i++)
		assert_true(feed(m, client, datacenter, us, now_ms));
}

/* What a snapshot taken now says of a client, 0 where nothing. */
static inline uint32_t published(struct measured *m, const struct addr *client, unsigned datacenter)
{
	struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
	const uint32_t *row = measurements_find(s, client);
	uint32_t us = row ? row[datacenter] : 0;
	measurements_free(s);
	return us;
}

#endif
