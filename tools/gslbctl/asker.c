/* SPDX-License-Identifier: ISC */
/* A socket has one question under way: several of them reach several workers of the server. */
#include "asker.h"
#include "base/memory.h"
#include "wire/octets.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

enum { LANES = 16, TRIES = 3, TRY_US = 1000000, TCP_S = 2 };

struct lane {
	int fd;
	bool busy;
	size_t question;
	uint16_t id;
	unsigned tries;
	int64_t first_us, last_us; /* sent */
};

struct asker {
	struct endpoint server;
	asker_reply *reply;
	void *context;
	uint16_t next_id;
	const struct dns_question *questions;
	size_t n, next, answered;
	size_t unheard; /* questions without a reply since the last that had one */
	bool lost;
	struct lane lanes[LANES];
	uint8_t octets[DNS_MESSAGE_MAX];
};

static int connect_to(const struct endpoint *server, int kind)
{
	struct sockaddr_storage sa;
	const struct timeval patience = {.tv_sec = TCP_S};
	socklen_t len = endpoint_to_sockaddr(server, &sa);
	int fd = socket(sa.ss_family, kind | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sa, len) == 0)
		return fd;
	close(fd);
	return -1;
}

struct asker *asker_open(const struct endpoint *server, asker_reply *reply, void *context)
{
	struct asker *a = mem_alloc(sizeof(*a));
	a->server = *server;
	a->reply = reply;
	a->context = context;
	if (getrandom(&a->next_id, sizeof(a->next_id), 0) != (ssize_t)sizeof(a->next_id))
		abort();
	for (int i = 0; i < LANES; i++)
		a->lanes[i].fd = -1;
	for (int i = 0; i < LANES; i++) {
		a->lanes[i].fd = connect_to(server, SOCK_DGRAM | SOCK_NONBLOCK);
		if (a->lanes[i].fd < 0) {
			char address[ADDR_TEXT_MAX];
			fprintf(stderr, "gslbctl: %s: %s\n", endpoint_format(server, address),
				strerror(errno));
			asker_close(a);
			return NULL;
		}
	}
	return a;
}

void asker_close(struct asker *a)
{
	for (int i = 0; i < LANES; i++) {
		if (a->lanes[i].fd >= 0)
			close(a->lanes[i].fd);
	}
	free(a);
}

static bool read_whole(int fd, uint8_t *out, size_t len)
{
	int64_t until_us = dns_now_us() + TCP_S * 1000000; /* a peer may send octet by octet */
	for (size_t at = 0; at < len;) {
		ssize_t got = recv(fd, out + at, len - at, 0);
		if (got <= 0 || dns_now_us() > until_us)
			return false;
		at += (size_t)got;
	}
	return true;
}

/* The answer that did not fit, into *reply; false: it stays as it is. */
static bool ask_tcp(struct asker *a, const struct lane *lane, struct dns_reply *reply)
{
	uint8_t query[2 + DNS_QUERY_MAX];
	struct dns_reply whole;
	int fd = connect_to(&a->server, SOCK_STREAM);
	size_t len = dns_query_write(&a->questions[lane->question], lane->id, query + 2);
	octets_put16(query, (unsigned)len);
	bool ok = fd >= 0 && send(fd, query, len + 2, MSG_NOSIGNAL) == (ssize_t)(len + 2) &&
		  read_whole(fd, a->octets, 2);
	len = ok ? octets_get16(a->octets) : 0;
	ok = ok && read_whole(fd, a->octets, len) &&
	     dns_reply_read(a->octets, len, &a->questions[lane->question], lane->id, &whole);
	if (ok) {
		dns_reply_free(reply);
		*reply = whole;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static void lane_end(struct asker *a, struct lane *lane, struct dns_reply *reply)
{
	reply->sent_us = lane->first_us;
	reply->received_us = dns_now_us();
	lane->busy = false;
	a->answered++;
	a->lost |= !a->reply(a->context, lane->question, reply);
	dns_reply_free(reply);
}

static void lane_send(struct asker *a, struct lane *lane)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t len = dns_query_write(&a->questions[lane->question], lane->id, query);
	lane->last_us = dns_now_us();
	if (lane->tries++ == 0)
		lane->first_us = lane->last_us;
	/* What can't be sent is as what is lost. */
	ssize_t ignored = send(lane->fd, query, len, MSG_NOSIGNAL);
	(void)ignored;
}

static void lane_begin(struct asker *a, struct lane *lane)
{
	if (a->next == a->n)
		return;
	*lane = (struct lane){.fd = lane->fd, .busy = true, .question = a->next++, .id = a->next_id++};
	lane_send(a, lane);
}

static void lane_read(struct asker *a, struct lane *lane)
{
	struct dns_reply reply;
	ssize_t got;
	while (lane->busy && (got = recv(lane->fd, a->octets, sizeof(a->octets), 0)) >= 0) {
		if (!dns_reply_read(a->octets, (size_t)got, &a->questions[lane->question], lane->id, &reply))
			continue;
		a->unheard = 0;
		if (reply.truncated)
			ask_tcp(a, lane, &reply);
		lane_end(a, lane, &reply);
	}
}

static void lane_give_up(struct asker *a, struct lane *lane)
{
	size_t all = a->n < LANES ? a->n : LANES;
	a->lost |= ++a->unheard == all;
	lane_end(a, lane, &(struct dns_reply){.none = true});
}

/* Sends again what was lost, gives up what was lost too often, and begins what is next. */
static void lane_go_on(struct asker *a, struct lane *lane)
{
	if (lane->busy && dns_now_us() - lane->last_us >= TRY_US) {
		if (lane->tries < TRIES)
			lane_send(a, lane);
		else
			lane_give_up(a, lane);
	}
	if (!lane->busy)
		lane_begin(a, lane);
}

enum round asker_round(struct asker *a, const struct dns_question *questions, size_t n, int64_t until_us,
		       int stop_fd)
{
	struct pollfd fds[LANES + 1] = {[LANES] = {.fd = stop_fd, .events = POLLIN}};
	a->questions = questions;
	a->n = n;
	a->next = a->answered = 0;
	a->unheard = 0;
	a->lost = false;
	for (int i = 0; i < LANES; i++) {
		a->lanes[i].busy = false;
		fds[i] = (struct pollfd){.fd = a->lanes[i].fd, .events = POLLIN};
		lane_begin(a, &a->lanes[i]);
	}
	while (a->answered < n && !a->lost) {
		poll(fds, LANES + 1, TRY_US / 10000);
		if (fds[LANES].revents != 0)
			return ROUND_STOPPED;
		for (int i = 0; i < LANES && !a->lost; i++) {
			if (fds[i].revents != 0)
				lane_read(a, &a->lanes[i]);
			lane_go_on(a, &a->lanes[i]);
			a->lost |= dns_now_us() > until_us;
		}
	}
	return a->lost ? ROUND_LOST : ROUND_WHOLE;
}
