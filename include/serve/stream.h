/* SPDX-License-Identifier: ISC */
/*
 * One connection's octets over TCP or TLS: queries come in, replies go out (RFC 1035 §4.2.2, RFC 7766, RFC
 * 7858). No event loop in here. Runs on the worker's thread.
 *
 * Queries are received into the worker's room for them, and what is left of that without an answer is kept.
 * Replies are written into the worker's room for them and sent from there; only what the kernel doesn't take
 * is kept, and as long as it waits, nothing more is read or answered:
 *
 *   receive ──> in ──> respond ──> server->replies ──> send
 *                         ^               │ the rest          ^
 *                         └── not while   └─> out ────────────┘
 */
#ifndef SERVE_STREAM_H
#define SERVE_STREAM_H

#include "serve/channel.h"
#include "serve/proxies.h"
#include "serve/udp.h"

struct stream {
	struct server *server;
	struct channel channel;
	struct peer peer;
	struct proxy_head *head; /* of a proxy, while it is not complete; NULL: none, or it is */
	unsigned steps; /* each query that begins or is answered, and each batch of replies that is taken */
	bool begun;     /* a query has, with its length */
	bool ended;     /* nothing more is read: the client has ended its side, or sends what is no query */
	uint8_t *in;    /* NULL: nothing is kept; server->input: from stream_receive() to stream_proceed() */
	size_t in_room, in_len;
	uint8_t *out; /* NULL while nothing waits to be sent */
	size_t out_len, out_sent;
	struct transfer *transfer; /* of a zone, under way; NULL: none */
};

enum {
	STREAM_INPUT_ROOM =
		4096, /* of server->input, and of what is kept unless a longer message is under way */
	STREAM_BATCH = 131072, /* octets of replies after which they are sent, before more is answered */
	STREAM_REPLIES_ROOM = STREAM_BATCH + 2 + MESSAGE_OCTETS_MAX, /* of server->replies */
};

enum received { RECEIVED_NOTHING, RECEIVED_SOME, RECEIVED_BROKEN };

/* Takes a non-blocking socket, which stream_close() closes; with a context, over TLS. False: there is no
 * memory for it, and it can only be closed. */
bool stream_open(struct stream *s, struct server *server, int fd, const struct addr *client,
		 struct ssl_ctx_st *context);
void stream_close(struct stream *s);

/* It comes from a proxy, and begins with a header, before TLS. Before anything is received. False as above.
 */
bool stream_expect_proxy(struct stream *s);

/* Replies wait for the client to take them, or a transfer goes on once it can. */
static inline bool stream_waits(const struct stream *s)
{
	return s->out != NULL || s->transfer != NULL;
}

/* More may be read. This is all the backpressure there is: TCP tells the client. */
static inline bool stream_reads(const struct stream *s)
{
	return !s->ended && !stream_waits(s);
}

/* A query has been answered, not only begun. */
static inline bool stream_has_answered(const struct stream *s)
{
	return s->steps > s->begun;
}

/* A handshake, a header, a query or replies are, and the client keeps us waiting. */
static inline bool stream_is_under_way(const struct stream *s)
{
	return stream_waits(s) || s->in_len > 0 || s->head != NULL || channel_opens(&s->channel);
}

/* More has come already, of which no event will tell: to be received once stream_reads(). */
static inline bool stream_holds(const struct stream *s)
{
	return stream_reads(s) && channel_holds(&s->channel);
}

/* Octets of memory for a long query under way and replies that wait. A silent stream takes up none. */
static inline size_t stream_octets(const struct stream *s)
{
	return (s->in_room > STREAM_INPUT_ROOM ? s->in_room : 0) + s->out_len;
}

/* Receives once. Only while stream_reads(), and stream_proceed() after. That the client has ended is SOME. */
enum received stream_receive(struct stream *s);

/*
 * Sends and answers until a whole query can't be had, or replies wait. False: it is over, by an error or
 * because all is said, and is to be closed.
 */
bool stream_proceed(struct stream *s);

#endif
