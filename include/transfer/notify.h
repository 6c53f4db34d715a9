/* SPDX-License-Identifier: ISC */
/*
 * Telling other servers that a zone has a new serial (NOTIFY, RFC 1996): over UDP, signed where a key is
 * named, again and again with growing pauses until each has answered. Runs on the thread of its event loop.
 */
#ifndef TRANSFER_NOTIFY_H
#define TRANSFER_NOTIFY_H

#include "config/config.h"
#include "zone/zone.h"

#include <stdint.h>

struct event_base;
struct notifier;

struct notifier *notifier_new(struct event_base *base);
void notifier_free(struct notifier *n);

/* Stops telling of serials that those zones do not have. */
void notifier_settle(struct notifier *n, const struct zones *zones);

/* Tells one server of the zone's serial. `key` is NULL where it is not to be signed. Everything is copied. */
void notifier_tell(struct notifier *n, const struct zone *zone, const struct endpoint *to,
		   const struct tsig_key *key);

/* What came of them: those sent, repetitions included, and how they ended. */
struct notifier_counts {
	uint64_t sent, accepted, refused, given_up;
	uint64_t waiting; /* for an answer now */
};
struct notifier_counts notifier_counts(const struct notifier *n);

#endif
