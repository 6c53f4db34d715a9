/* SPDX-License-Identifier: ISC */
/* What happens after something was down and is well again: when it is answered with, and with how much of its
 * weight. Pure: times are arguments, in milliseconds of a clock that never goes back; 0 means never. */
#ifndef HEALTH_COMEBACK_H
#define HEALTH_COMEBACK_H

#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

/* A weight is a share of this. */
enum { SHARE_WHOLE = 256 };

/* The rules for one thing, and what has happened to it. */
struct comeback_case {
	struct comeback_rule rule;
	uint32_t slow_start_ms;
	int64_t down_ms; /* when it last went down */
	int64_t up_ms;   /* when its checks last brought it up after that; before down_ms while it is down */
	int64_t released_ms; /* when an operator last let it, or its datacenter, come back from what return=
				holds */
	int64_t returned_ms; /* when a drain or a forced outage last ended */
};

/*
 * Is it up, but to be held back still? `until_ms` is set to when that ends by itself, INT64_MAX where only an
 * operator ends it.
 */
bool comeback_held(const struct comeback_case *c, int64_t now_ms, int64_t *until_ms);

/*
 * Its share of SHARE_WHOLE: grows from nothing to the whole within the slow start. `next_ms` is set to when
 * it will have grown noticeably, INT64_MAX where it has all.
 */
uint16_t comeback_share(const struct comeback_case *c, int64_t now_ms, int64_t *next_ms);

#endif
