/* SPDX-License-Identifier: ISC */
/* A check over a plain TCP connection: connect, say something, hear something. */
#ifndef CHECK_TALK_H
#define CHECK_TALK_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct event_base;
struct transfer;

/* Called from the loop, never before talk_start() returns. The codes are libcurl's: CURLE_OK where all that
 * was to be heard has come, or the other end has closed; transfer->socket_errno has an errno. */
typedef void talk_ended(void *context, struct transfer *transfer, CURLcode code);

struct talk {
	bool wanted; /* by the kind of check, in place of libcurl */
	int fd;      /* -1: none */
	struct event *event;
	size_t sent; /* octets of check->send */
	uint64_t begin_us;
	uint32_t connected_us,
		first_us; /* since the begin, of the connection and the first octet; 0: not yet */
	talk_ended *ended;
	void *context;
};

/* Starts what transfer->check says with transfer->address. It ends at its timeout at the latest. */
void talk_start(struct transfer *transfer, struct event_base *base, talk_ended *ended, void *context);

/* Closes the connection; ended() is not called. */
void talk_stop(struct transfer *transfer);

#endif
