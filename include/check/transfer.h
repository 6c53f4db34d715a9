/* SPDX-License-Identifier: ISC */
/* One check under way, as a libcurl easy handle or a plain socket, and what has come of the reply so far. */
#ifndef CHECK_TRANSFER_H
#define CHECK_TRANSFER_H

#include "check/body.h"
#include "check/schedule.h"
#include "check/talk.h"
#include "check/tls.h"

#include <curl/curl.h>

enum { REPLY_HEADER_MAX = 64 * 1024, REPLY_TCP_MAX = 64 * 1024, REPLY_OVERHEAD_MAX = 1024 * 1024 };

/* What a server has said. */
struct reply {
	size_t header_octets; /* of all headers: of interim replies and trailers too */
	bool header_done;     /* the final reply's header has come whole */
	struct body body;
};

struct waiting;

struct transfer {
	CURL *easy;                  /* owned, as all below but what is said to be borrowed */
	char error[CURL_ERROR_SIZE]; /* libcurl's words */
	bool heard;                  /* the socket was readable; set by the engine */
	struct waiting *waiting;     /* borrowed: for its socket; set by the engine */
	struct transfer_pool *pool;  /* borrowed */
	void *owner;                 /* borrowed: whose check it is */
	const struct check
		*check;          /* borrowed; may move to other memory with the same content while it runs */
	struct endpoint address; /* the only one it may connect to */
	struct curl_slist *headers;    /* of the request */
	struct curl_slist *connect_to; /* the address, in libcurl's words */
	void *note;                    /* what the grpc kind has noted of the reply, or NULL */
	int socket_errno; /* why no socket could be opened, or why a plain one has failed; or 0 */
	struct reply reply;
	struct tls_seen tls;
	char *location;     /* where the reply redirects to, or NULL */
	unsigned redirects; /* that were followed */
	uint32_t spent_us;  /* by what came before the last redirect */
	struct talk talk;
};

/* What transfers share. It must not move while any are out. */
struct transfer_pool {
	struct trust *trust;
};

/* A transfer with what all kinds share set up. Free it with transfer_give(). */
struct transfer *transfer_take(struct transfer_pool *pool, const struct check *check, void *owner);
void transfer_give(struct transfer *transfer);
void transfer_pool_free(struct transfer_pool *pool);

/*
 * Makes it ready to ask again: a handle with the same options, that has done nothing. None is used for a
 * second transfer, as with libcurl 7.88 a folded first line of a header is added to the last header of the
 * transfer before, whose memory is free by then. A new one costs a microsecond.
 */
void transfer_renew(struct transfer *transfer);

/*
 * Aims it at `http://HOST/`, or https where check->tls says so, with the check's host or else the address as
 * HOST. Whatever the name, it goes to `address`, without any resolver.
 */
void transfer_aim(struct transfer *transfer, const struct endpoint *address);

/* One of libcurl's times since the start of the check, in µs; 0 where it has not come so far. */
uint32_t transfer_time(const struct transfer *transfer, CURLINFO which);

/* libcurl refuses an option only for want of memory, or because it was built without it: ends the process. */
void transfer_must(CURLcode code);

/* A failed check: result->why in plain words of printable ASCII, whatever was quoted. The format is printf's.
 */
__attribute__((format(printf, 2, 3))) void result_fail(struct check_result *result, const char *format, ...);

/* A check that failed because the transfer did: why, and whose fault it may be. */
void result_fail_transfer(struct check_result *result, const struct transfer *transfer, CURLcode code);

#endif
