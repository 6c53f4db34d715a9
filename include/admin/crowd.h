/* SPDX-License-Identifier: ISC */
/*
 * The connections of the admin API, bounded: evhttp itself takes any number for any time. Each must bring a
 * whole request every so often, and one too many closes the one whose last request is longest ago.
 */
#ifndef ADMIN_CROWD_H
#define ADMIN_CROWD_H

#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct evconnlistener;
struct event_base;
struct evhttp;
struct crowd;

struct crowd_limits {
	unsigned connections; /* at once; 1 or more */
	unsigned timeout_ms;  /* from one whole request, or the start, to the next */
};

struct crowd_counters {
	uint64_t crowded_out; /* closed for another that came */
	uint64_t timed_out;
};

/*
 * Watches over the connections that `http` accepts from `listener`, which is bound to it. All on the base's
 * thread. Free it after `http`.
 */
struct crowd *crowd_new(struct event_base *base, struct evhttp *http, struct evconnlistener *listener,
			const struct crowd_limits *limits);
void crowd_free(struct crowd *crowd);

/*
 * Takes no more connections, and calls done() from the loop, once: when every connection has had the reply to
 * what it has begun to ask, or `wait_ms` later. Those that ask nothing are not waited for, but for a moment.
 */
typedef void crowd_done(void *context);
void crowd_finish(struct crowd *crowd, unsigned wait_ms, crowd_done *done, void *context);

/* Octets of replies that wait for their clients to take them. */
size_t crowd_waiting(struct crowd *crowd);

/* A whole request has come over this connection. */
void crowd_heard(struct crowd *crowd, const struct bufferevent *stream);

const struct crowd_counters *crowd_counters(const struct crowd *crowd);

#endif
