/* SPDX-License-Identifier: ISC */
/*
 * One socket and one event: it waits until the socket can be written to as long as there is something to send
 * or no connection, until it can be read otherwise, and always for the moment by which that must have been.
 */
#include "check/talk.h"
#include "base/clock.h"
#include "check/transfer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READ_MAX = 4096 };

static uint32_t since_begin(const struct talk *talk)
{
	uint64_t us = clock_us() - talk->begin_us;
	return us == 0 ? 1 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static const char *left_to_send(const struct transfer *transfer)
{
	const char *send = transfer->check->send;
	return send != NULL ? send + transfer->talk.sent : "";
}

static void end(struct transfer *transfer, CURLcode code, int error)
{
	struct talk *talk = &transfer->talk;
	transfer->socket_errno = error;
	talk_stop(transfer);
	talk->ended(talk->context, transfer, code);
}

/* 0 once the time is over. */
static uint64_t left_us(const struct transfer *transfer)
{
	const struct check *check = transfer->check;
	uint64_t ms = check->timeout_ms, spent_us = since_begin(&transfer->talk);
	if (transfer->talk.connected_us == 0 && check->connect_timeout_ms != 0 &&
	    check->connect_timeout_ms < ms)
		ms = check->connect_timeout_ms;
	return ms * 1000 > spent_us ? ms * 1000 - spent_us : 0;
}

static void on_ready(evutil_socket_t fd, short what, void *context);

static void wait_for(struct transfer *transfer)
{
	const struct talk *talk = &transfer->talk;
	uint64_t us = left_us(transfer);
	struct timeval wait = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};
	short events = 0;
	if (talk->connected_us == 0 || left_to_send(transfer)[0] != '\0')
		events |= EV_WRITE;
	if (talk->connected_us != 0 && body_wanted(transfer->check))
		events |= EV_READ;
	event_assign(talk->event, event_get_base(talk->event), talk->fd, events, on_ready, transfer);
	event_add(talk->event, &wait);
}

static bool transient(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* False where it has ended. */
static bool read_some(struct transfer *transfer)
{
	char piece[READ_MAX];
	struct talk *talk = &transfer->talk;
	ssize_t n = recv(talk->fd, piece, sizeof(piece), 0);
	if (n < 0 && transient(errno))
		return true;
	if (n < 0) {
		end(transfer, CURLE_RECV_ERROR, errno);
		return false;
	}
	if (n == 0) {
		end(transfer, talk->first_us == 0 ? CURLE_GOT_NOTHING : CURLE_OK, 0);
		return false;
	}
	if (talk->first_us == 0)
		talk->first_us = since_begin(talk);
	if (body_take(&transfer->reply.body, transfer->check, piece, (size_t)n))
		return true;
	end(transfer, CURLE_OK, 0);
	return false;
}

/* False where it has ended. */
static bool send_some(struct transfer *transfer)
{
	const char *left = left_to_send(transfer);
	if (left[0] == '\0')
		return true;
	ssize_t n = send(transfer->talk.fd, left, strlen(left), MSG_NOSIGNAL);
	if (n > 0)
		transfer->talk.sent += (size_t)n;
	if (n >= 0 || transient(errno))
		return true;
	end(transfer, CURLE_SEND_ERROR, errno);
	return false;
}

/* False where it has ended. */
static bool connected(struct transfer *transfer, short what)
{
	struct talk *talk = &transfer->talk;
	int error = transfer->socket_errno;
	socklen_t len = sizeof(error);
	if (what & EV_WRITE)
		getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0) {
		talk->connected_us = since_begin(talk);
		return true;
	}
	end(transfer, CURLE_COULDNT_CONNECT, error);
	return false;
}

static void on_ready(evutil_socket_t fd, short what, void *context)
{
	struct transfer *transfer = context;
	bool hears = body_wanted(transfer->check);
	(void)fd;
	if (transfer->socket_errno == 0 && left_us(transfer) == 0) {
		end(transfer, CURLE_OPERATION_TIMEDOUT, 0);
		return;
	}
	if (what == EV_TIMEOUT && transfer->socket_errno == 0) { /* the loop's clock is ahead of ours */
		wait_for(transfer);
		return;
	}
	if (transfer->talk.connected_us == 0 && !connected(transfer, what))
		return;
	if ((what & EV_READ) && !read_some(transfer)) /* before more is said to who may have hung up */
		return;
	if (!send_some(transfer))
		return;
	if (!hears && left_to_send(transfer)[0] == '\0')
		end(transfer, CURLE_OK, 0);
	else
		wait_for(transfer);
}

void talk_start(struct transfer *transfer, struct event_base *base, talk_ended *ended, void *context)
{
	struct talk *talk = &transfer->talk;
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&transfer->address, &sa);
	*talk = (struct talk){.wanted = true, .begin_us = clock_us(), .ended = ended, .context = context};
	talk->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (talk->fd < 0 || (connect(talk->fd, (struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS))
		transfer->socket_errno = errno;
	talk->event = event_new(base, -1, 0, on_ready, transfer);
	if (talk->event == NULL)
		abort();
	if (transfer->socket_errno == 0)
		wait_for(transfer);
	else
		event_active(talk->event, EV_TIMEOUT, 1);
}

void talk_stop(struct transfer *transfer)
{
	struct talk *talk = &transfer->talk;
	event_free(talk->event);
	talk->event = NULL;
	if (talk->fd >= 0)
		close(talk->fd);
	talk->fd = -1;
}
