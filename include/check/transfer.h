/* SPDX-License-Identifier: ISC */
/* One check under way, as a libcurl easy handle and what has come of the reply so far. */
#ifndef CHECK_TRANSFER_H
#define CHECK_TRANSFER_H

#include "check/schedule.h"

#include <curl/curl.h>

struct event;

enum { REPLY_HEADER_MAX = 64 * 1024, REPLY_BODY_MAX = 64 * 1024 };

/* What an HTTP server has said. */
struct reply {
	size_t header_octets; /* of all headers: of interim replies and trailers too */
	size_t body_octets;
	size_t matched;   /* characters of check->body that match, as search_feed() counts them */
	bool header_done; /* the final reply's header has come whole */
	bool body_found;
};

struct transfer {
	CURL *easy;
	char error[CURL_ERROR_SIZE]; /* libcurl's words */
	struct event *socket; /* owned: what libcurl waits for on this transfer's socket; set by the engine */
	void *owner;          /* borrowed: whose check it is */
	const struct check
		*check; /* borrowed; may move to other memory with the same content while it runs */
	struct curl_slist *headers; /* owned: of the request */
	int socket_errno;           /* why no socket could be opened, or 0 */
	struct reply reply;
	struct transfer *next; /* in the pool */
};

/* Transfers at rest: a handle costs much to make and much memory to keep, so some are kept and the rest
 * freed. */
struct transfer_pool {
	struct transfer *idle;
	unsigned n;
};

/* A transfer with what all kinds share set up and nothing of an earlier one left. Give it back with
 * transfer_give(). */
struct transfer *transfer_take(struct transfer_pool *pool, const struct check *check, void *owner);
void transfer_give(struct transfer_pool *pool, struct transfer *transfer);
void transfer_pool_free(struct transfer_pool *pool);

/* Aims it at `http://ADDRESS/`, without any resolver. */
void transfer_aim(struct transfer *transfer, const struct endpoint *address);

/* One of libcurl's times since the start of the check, in µs; 0 where it has not come so far. */
uint32_t transfer_time(const struct transfer *transfer, CURLINFO which);

/* A failed check: result->why in plain words. The format is printf's. */
__attribute__((format(printf, 2, 3))) void result_fail(struct check_result *result, const char *format, ...);

/* A check that failed because the transfer did. */
void result_fail_transfer(struct check_result *result, const struct transfer *transfer, CURLcode code);

#endif
