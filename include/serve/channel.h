/* SPDX-License-Identifier: ISC */
/*
 * The way of a connection's octets: as they are, or through TLS. What is plain takes the system calls that it
 * would take without this. Never waits. Runs on the worker's thread.
 */
#ifndef SERVE_CHANNEL_H
#define SERVE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ssl_ctx_st;
struct ssl_st;

struct channel {
	int fd;             /* owned */
	struct ssl_st *tls; /* owned; NULL: octets go as they are */
	bool broken;        /* TLS has failed: nothing more may be said */
	uint32_t wants; /* EPOLLIN or EPOLLOUT, where TLS must see to that first; 0: nothing of the kind */
};

/* In place of a number of octets. */
enum { CHANNEL_LATER = -1, CHANNEL_BROKEN = -2 };

/* Takes a connected, non-blocking socket. With a context, the client is to begin with a handshake, which
 * channel_receive() sees to. False: there is no memory for it, and it can only be closed. */
bool channel_open(struct channel *c, int fd, struct ssl_ctx_st *context);

/* Says good-bye, where TLS has a word for it, and closes the socket. */
void channel_close(struct channel *c);

/* Octets received, up to `room`; 0: the client has ended its side. */
ssize_t channel_receive(struct channel *c, uint8_t *into, size_t room);

/* Octets taken, from 1 to `len`; after CHANNEL_LATER the same ones are to be sent next. */
ssize_t channel_send(struct channel *c, const uint8_t *octets, size_t len);

/* The handshake is under way. */
bool channel_opens(const struct channel *c);

/* Octets have come that no event will tell of. */
bool channel_holds(const struct channel *c);

#endif
