/* SPDX-License-Identifier: ISC */
/*
 * One connection among those of a listening socket: when it may go on, and when it must go. Private to
 * serve/.
 *
 * What counts as something happening is a step of its stream: a query that begins or is answered, replies
 * that are all taken. So the time that a connection may be idle is also the time for a whole query, for a
 * batch of replies and for a message of a transfer, however they are spread; and the list by the last step
 * has first whom to close first.
 */
#ifndef SERVE_CONNECTION_H
#define SERVE_CONNECTION_H

#include "serve/stream.h"
#include "serve/tcp.h"

#include <sys/queue.h>
#include <sys/time.h>

enum { IDLE_TICKS = 8 }; /* of the time that a connection may be idle */

struct connection {
	TAILQ_ENTRY(connection) by_step;
	struct tcp *tcp;
	uint32_t awaited; /* EPOLLOUT where replies wait, else EPOLLIN; 0: nothing yet */
	uint32_t place;   /* of its client; CLIENTS_NOBODY: it is not known yet */
	unsigned since;   /* the tick of its last step */
	unsigned steps;   /* of the stream, by then */
	struct stream stream;
	size_t booked; /* of tcp->octets */
};

TAILQ_HEAD(connections, connection);

/* Any thread may read them; only the worker writes. */
struct tcp_counts {
	_Atomic uint64_t opened, closed[CLOSINGS];
};

struct tcp {
	struct server *server;
	struct event *resume, *ready, *next_tick;
	int fd;   /* listening; -1 once it no longer does */
	int poll; /* epoll of that and the connections */
	size_t cap_fds;
	struct connection **by_fd; /* NULL: none of ours */
	bool tls;
	struct endpoint local;  /* what it is bound to, for records */
	struct endpoint listen; /* with tls: which of the configuration's it is */
	struct tcp_limits limits;
	struct timeval tick; /* a clock that costs queries nothing */
	unsigned ticks;
	unsigned patience; /* in ticks: how long a connection may be idle now */
	unsigned n;
	size_t octets;                  /* that all connections take up: stream_octets() */
	bool accepting;                 /* false: it rests, or listens no longer */
	bool warned;                    /* that nothing can be accepted */
	struct connections connections; /* the longest without a step first */
	struct tcp_counts counts;
};

/* Takes a socket that was accepted from there. */
void connection_open(struct tcp *t, int fd, const struct sockaddr *from);
void connection_close(struct connection *c, enum closing why);

/* Closes one that must go. What it would not take is not left to the kernel either. */
void connection_evict(struct connection *c, enum closing why);

/* It is ready for what it awaits. */
void connection_ready(struct connection *c);

/* Closes those that had no step for too long, and whoever must go for more memory than `c` may let them have.
 */
void connections_expire(struct tcp *t);
void connection_book(struct connection *c);

#endif
