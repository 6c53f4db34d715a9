/* SPDX-License-Identifier: ISC */
/* One connection's octets, from query to reply. */
#include "serve/stream.h"
#include "base/clock.h"
#include "base/memory.h"
#include "wire/octets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME = 2, /* the length before each message */
	INPUT_MAX = FRAME + MESSAGE_OCTETS_MAX,
};

bool stream_open(struct stream *s, struct server *server, int fd, const struct addr *client,
		 struct ssl_ctx_st *context)
{
	enum transport transport = context ? TRANSPORT_TLS : TRANSPORT_TCP;
	*s = (struct stream){.server = server, .peer = {.addr = *client, .transport = transport}};
	return channel_open(&s->channel, fd, context);
}

/* Lets go of the input, which is the server's or the stream's own. */
static void forget_input(struct stream *s)
{
	if (s->in != s->server->input)
		free(s->in);
	s->in = NULL;
	s->in_room = 0;
}

void stream_close(struct stream *s)
{
	channel_close(&s->channel);
	free(s->head);
	forget_input(s);
	free(s->out);
	transfer_free(s->transfer);
}

bool stream_expect_proxy(struct stream *s)
{
	s->head = mem_try(sizeof(*s->head));
	return s->head != NULL;
}

/* False: it is not complete, and *got says what that means. */
static bool receive_head(struct stream *s, enum received *got)
{
	enum proxy_result result = proxies_receive(s->head, s->channel.fd, &s->peer);
	*got = result == PROXY_SHORT ? RECEIVED_NOTHING : RECEIVED_BROKEN;
	if (result != PROXY_SOUND)
		return false;
	free(s->head);
	s->head = NULL;
	return true;
}

enum received stream_receive(struct stream *s)
{
	enum received none;
	if (s->head != NULL && !receive_head(s, &none))
		return none;
	uint8_t *in = s->in ? s->in : s->server->input;
	size_t room = s->in ? s->in_room : STREAM_INPUT_ROOM;
	assert(stream_reads(s) && s->in_len < room);
	ssize_t got = channel_receive(&s->channel, in + s->in_len, room - s->in_len);
	if (got < 0)
		return got == CHANNEL_LATER ? RECEIVED_NOTHING : RECEIVED_BROKEN;
	s->ended = got == 0;
	s->in = in;
	s->in_room = room;
	s->in_len += (size_t)got;
	return RECEIVED_SOME;
}

/* Sends as much as the channel takes, and says how much. False: the connection is broken. */
static bool send_some(struct channel *channel, const uint8_t *octets, size_t len, size_t *sent)
{
	*sent = 0;
	while (*sent < len) {
		ssize_t n = channel_send(channel, octets + *sent, len - *sent);
		if (n < 0)
			return n == CHANNEL_LATER;
		*sent += (size_t)n;
	}
	return true;
}

/* Sends what waits. False: the connection is broken. */
static bool send_waiting(struct stream *s)
{
	size_t sent;
	if (!send_some(&s->channel, s->out + s->out_sent, s->out_len - s->out_sent, &sent))
		return false;
	s->out_sent += sent;
	if (s->out_sent < s->out_len)
		return true;
	free(s->out);
	s->out = NULL;
	s->out_len = s->out_sent = 0;
	s->steps++;
	return true;
}

/* Sends the first `len` of server->replies, and keeps what the channel doesn't take. False: it is broken, or
 * there is no memory for that. */
static bool send_replies(struct stream *s, size_t len)
{
	const uint8_t *replies = s->server->replies;
	size_t sent;
	if (!send_some(&s->channel, replies, len, &sent))
		return false;
	if (sent == len)
		return true;
	s->out = mem_try(len - sent);
	if (s->out == NULL)
		return false;
	s->out_len = len - sent;
	memcpy(s->out, replies + sent, s->out_len);
	return true;
}

/* Is there a whole message from `at` on? */
static bool message_at(const struct stream *s, size_t at)
{
	size_t left = s->in_len - at;
	return left >= FRAME && left - FRAME >= octets_get16(s->in + at);
}

/* Reads some of the whole messages from `at` on, and returns how many. */
static unsigned read_some(struct stream *s, size_t at)
{
	struct responder *r = s->server->responder;
	unsigned n = 0;
	for (; n < ARRIVALS_MAX && message_at(s, at); n++) {
		r->arrivals[n].in = (struct span){s->in + at + FRAME, octets_get16(s->in + at)};
		at += FRAME + r->arrivals[n].in.len;
	}
	responder_read(r, n);
	return n;
}

/*
 * Answers whole messages into server->replies and returns the length of that. One that is not to be answered
 * ends the stream: whoever sends it has lost the frames, or means no good.
 */
static size_t answer_batch(struct stream *s)
{
	struct server *server = s->server;
	struct responder *r = server->responder;
	size_t at = 0, len = 0;
	unsigned n = 0, i = 0;
	server_enter(server);
	while (len < STREAM_BATCH && s->transfer == NULL) {
		if (i == n) {
			n = read_some(s, at);
			i = 0;
		}
		if (n == 0)
			break;
		struct arrival *arrival = &r->arrivals[i++];
		size_t query_len = arrival->in.len;
		struct span reply = {server->replies + len + FRAME, MESSAGE_OCTETS_MAX};
		if (record_door(r, &s->peer, arrival, &reply, &s->transfer) == OUTCOME_DROP) {
			s->ended = true;
			at = s->in_len;
			break;
		}
		octets_put16(server->replies + len, (unsigned)reply.len);
		len += FRAME + reply.len;
		at += FRAME + query_len;
	}
	view_leave(server->hazard);
	s->steps++;
	s->in_len -= at;
	memmove(s->in, s->in + at, s->in_len);
	return len;
}

/* One more message of the transfer, so that others have their turn. False: the connection is to be closed. */
static bool transfer_on(struct stream *s)
{
	struct server *server = s->server;
	struct span message = {server->replies + FRAME, MESSAGE_OCTETS_MAX};
	server_enter(server);
	bool ok = transfer_next(server->responder, &s->transfer, &message);
	view_leave(server->hazard);
	if (!ok)
		return false;
	octets_put16(server->replies, (unsigned)message.len);
	s->steps++;
	return send_replies(s, FRAME + message.len);
}

/* What is left is kept, with room for the message under way and no more than that. False: there is no memory.
 */
static bool keep_input(struct stream *s)
{
	bool begins = s->in_len >= FRAME;
	s->steps += begins && !s->begun;
	s->begun = begins;
	size_t need = begins ? FRAME + (size_t)octets_get16(s->in) : 0;
	size_t room = need > STREAM_INPUT_ROOM ? INPUT_MAX : STREAM_INPUT_ROOM;
	bool own = s->in != s->server->input;
	if (s->in_len == 0)
		forget_input(s);
	if (s->in_len == 0 || (own && (room == s->in_room || s->in_len > room)))
		return true;
	uint8_t *in = mem_try(room);
	if (in == NULL)
		return false;
	memcpy(in, s->in, s->in_len);
	forget_input(s);
	s->in = in;
	s->in_room = room;
	return true;
}

bool stream_proceed(struct stream *s)
{
	bool ok = s->out == NULL || send_waiting(s);
	if (ok && s->out == NULL && s->transfer != NULL)
		ok = transfer_on(s);
	while (ok && !stream_waits(s) && message_at(s, 0)) {
		size_t len = answer_batch(s);
		ok = send_replies(s, len);
	}
	bool open = ok && !(s->ended && !stream_waits(s));
	return open && keep_input(s);
}
