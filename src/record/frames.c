/* SPDX-License-Identifier: ISC */
/* dnstap's messages as Frame Streams to a UNIX socket: libfstrm speaks, what it says is sent here. */
#include "base/clock.h"
#include "base/memory.h"
#include "record/dnstap.h"
#include "record/sink.h"

#include <errno.h>
#include <fstrm.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOOK_MS = 50, HANDSHAKE_MS = 2000, END_MS = 1000, FRAMES_MAX = 128 };

/* Waits until the socket is ready for that. False with errno: it takes longer, or too long at the end. */
static bool await(const struct sink *s, short what, int most_ms)
{
	int64_t begin_ms = clock_ms(), ending_ms = 0;
	struct pollfd ready = {.fd = s->fd, .events = what};
	while (poll(&ready, 1, LOOK_MS) == 0) {
		int64_t now_ms = clock_ms();
		if (ending_ms == 0 && atomic_load(s->ending))
			ending_ms = now_ms;
		errno = ETIMEDOUT;
		if ((most_ms > 0 && now_ms - begin_ms > most_ms) ||
		    (ending_ms > 0 && now_ms - ending_ms > END_MS))
			return false;
	}
	return true;
}

static fstrm_res stream_open(void *object)
{
	struct sink *s = object;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, s->options->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd >= 0 && connect(s->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fstrm_res_success;
	return fstrm_res_failure;
}

static fstrm_res stream_close(void *object)
{
	struct sink *s = object;
	int error = errno;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	errno = error;
	return fstrm_res_success;
}

static fstrm_res stream_read(void *object, void *data, size_t len)
{
	struct sink *s = object;
	for (size_t at = 0; at < len;) {
		ssize_t got = recv(s->fd, (char *)data + at, len - at, 0);
		if (got == 0)
			errno = ECONNRESET;
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return fstrm_res_failure;
		if (got < 0 && !await(s, POLLIN, HANDSHAKE_MS))
			return fstrm_res_failure;
		at += got > 0 ? (size_t)got : 0;
	}
	return fstrm_res_success;
}

/* A reader that is slow is waited for: meanwhile workers drop. */
static fstrm_res stream_write(void *object, const struct iovec *from, int n)
{
	struct sink *s = object;
	for (int i = 0; i < n; i++) {
		for (size_t at = 0; at < from[i].iov_len;) {
			ssize_t sent = send(s->fd, (const char *)from[i].iov_base + at, from[i].iov_len - at,
					    MSG_NOSIGNAL | (i + 1 < n ? MSG_MORE : 0));
			if (sent < 0 && errno != EAGAIN && errno != EINTR)
				return fstrm_res_failure;
			if (sent < 0 && !await(s, POLLOUT, 0))
				return fstrm_res_failure;
			at += sent > 0 ? (size_t)sent : 0;
		}
	}
	return fstrm_res_success;
}

static void writer_free(struct sink *s)
{
	struct fstrm_writer *writer = s->writer;
	int error = errno;
	if (writer != NULL)
		fstrm_writer_destroy(&writer);
	stream_close(s);
	s->writer = NULL;
	errno = error;
}

static bool frames_open(struct sink *s)
{
	struct fstrm_rdwr *stream = fstrm_rdwr_init(s);
	struct fstrm_writer_options *options = fstrm_writer_options_init();
	fstrm_rdwr_set_open(stream, stream_open);
	fstrm_rdwr_set_close(stream, stream_close);
	fstrm_rdwr_set_read(stream, stream_read);
	fstrm_rdwr_set_write(stream, stream_write);
	fstrm_writer_options_add_content_type(options, DNSTAP_CONTENT_TYPE, strlen(DNSTAP_CONTENT_TYPE));
	s->writer = fstrm_writer_init(options, &stream);
	fstrm_writer_options_destroy(&options);
	errno = EPROTO; /* the reader doesn't take dnstap */
	if (fstrm_writer_open(s->writer) == fstrm_res_success)
		return true;
	writer_free(s);
	return false;
}

static void put_message(struct sink *s, const struct record *r, enum dnstap_message type)
{
	s->octets = mem_grow(s->octets, &s->cap, s->len + dnstap_most(s->options, r), 1);
	s->len += dnstap_write(s->options, r, type, s->octets + s->len);
	s->ends = mem_grow(s->ends, &s->cap_ends, s->n_ends + 1, sizeof(*s->ends));
	s->ends[s->n_ends++] = s->len;
}

static void frames_put(struct sink *s, const struct record *r)
{
	if (s->options->messages != RECORD_RESPONSES)
		put_message(s, r, DNSTAP_AUTH_QUERY);
	if (s->options->messages != RECORD_QUERIES && r->reply_len > 0)
		put_message(s, r, DNSTAP_AUTH_RESPONSE);
}

/* What a reader got only in part can't go on elsewhere. */
static void forget(struct sink *s)
{
	s->len = s->n_ends = 0;
}

static bool frames_flush(struct sink *s)
{
	struct iovec frames[FRAMES_MAX];
	size_t at = 0;
	bool ok = true;
	for (size_t i = 0; ok && i < s->n_ends;) {
		int n = 0;
		for (; n < FRAMES_MAX && i < s->n_ends; at = s->ends[i++])
			frames[n++] = (struct iovec){s->octets + at, s->ends[i] - at};
		ok = fstrm_writer_writev(s->writer, frames, n) == fstrm_res_success;
	}
	if (!ok)
		writer_free(s);
	forget(s);
	return ok;
}

static void frames_close(struct sink *s)
{
	writer_free(s);
	forget(s);
}

const struct sink_kind dnstap_sink = {"dnstap", frames_open, frames_put, frames_flush, frames_close};
