/* SPDX-License-Identifier: ISC */
/* UDP: recvmmsg, respond, sendmmsg. All that the kernel is given is laid out once; a batch changes only
 * lengths. */
#include "serve/udp.h"
#include "base/memory.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 64,
	BATCHES_MAX = 16, /* a wakeup, so that TCP has its turn */
	QUERY_ROOM = 4096,
	REPLY_ROOM = 2048, /* above what UDP_OCTETS_MAX allows */
	CONTROL_ROOM = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

struct udp {
	struct server *server;
	struct event *event;
	int fd;
	bool wildcard; /* replies must say which address they come from */
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_vec[BATCH], out_vec[BATCH];
	struct sockaddr_storage peers[BATCH];
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_ROOM];
	uint8_t queries[BATCH][QUERY_ROOM];
	uint8_t replies[BATCH][REPLY_ROOM];
};

static void lay_out(struct udp *u)
{
	for (size_t i = 0; i < BATCH; i++) {
		u->in_vec[i] = (struct iovec){u->queries[i], QUERY_ROOM};
		u->in[i].msg_hdr = (struct msghdr){.msg_name = &u->peers[i],
						   .msg_namelen = sizeof(u->peers[i]),
						   .msg_iov = &u->in_vec[i],
						   .msg_iovlen = 1};
		u->out[i].msg_hdr = (struct msghdr){.msg_iov = &u->out_vec[i], .msg_iovlen = 1};
	}
}

/* The room for what the kernel writes back is used up by each batch. */
static void restore(struct udp *u, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		u->in[i].msg_hdr.msg_namelen = sizeof(u->peers[i]);
		if (u->wildcard) {
			u->in[i].msg_hdr.msg_control = u->control[i];
			u->in[i].msg_hdr.msg_controllen = CONTROL_ROOM;
		}
	}
}

/* The interface a query came in by must not decide where the reply goes out; only the address matters. */
static void keep_address_only(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
			info->ipi_spec_dst = info->ipi_addr;
			info->ipi_ifindex = 0;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
			if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				info->ipi6_ifindex = 0;
		}
	}
}

/* Answers query `i` into reply `n`. False: there is nothing to send. */
static bool answer(struct udp *u, unsigned i, unsigned n)
{
	struct msghdr *in = &u->in[i].msg_hdr, *out = &u->out[n].msg_hdr;
	struct span query = {u->queries[i], u->in[i].msg_len}, reply = {u->replies[n], REPLY_ROOM};
	struct endpoint from;
	endpoint_from_sockaddr((struct sockaddr *)&u->peers[i], &from);
	if ((in->msg_flags & MSG_TRUNC) || from.port == 0)
		return false;
	struct peer peer = {.addr = from.addr};
	if (respond(u->server->responder, &peer, query, &reply) == OUTCOME_DROP)
		return false;
	u->out_vec[n] = (struct iovec){reply.octets, reply.len};
	out->msg_name = in->msg_name;
	out->msg_namelen = in->msg_namelen;
	if (u->wildcard) {
		keep_address_only(in);
		out->msg_control = in->msg_control;
		out->msg_controllen = in->msg_controllen;
	}
	return true;
}

/* Sends all; what the kernel refuses is lost, as a packet can be, and the rest goes on. */
static void send_all(struct udp *u, unsigned n)
{
	for (unsigned sent = 0; sent < n;) {
		int done = sendmmsg(u->fd, u->out + sent, n - sent, MSG_DONTWAIT);
		if (done > 0)
			sent += (unsigned)done;
		else if (errno != EINTR)
			sent++;
	}
}

/* Returns whether the batch was full, so that there may be more. */
static bool batch(struct udp *u)
{
	int got = recvmmsg(u->fd, u->in, BATCH, MSG_DONTWAIT, NULL);
	if (got <= 0)
		return false;
	unsigned n = 0;
	struct server *server = u->server;
	server->responder->view = view_enter(server->publisher, server->hazard);
	for (unsigned i = 0; i < (unsigned)got; i++)
		n += answer(u, i, n);
	view_leave(server->hazard);
	send_all(u, n);
	restore(u, (unsigned)got);
	return got == BATCH;
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct udp *u = argument;
	for (int i = 0; i < BATCHES_MAX && batch(u); i++)
		;
}

struct udp *udp_new(struct server *server, int fd, bool wildcard)
{
	struct udp *u = mem_alloc(sizeof(*u));
	u->server = server;
	u->fd = fd;
	u->wildcard = wildcard;
	lay_out(u);
	restore(u, BATCH);
	u->event = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, u);
	event_add(u->event, NULL);
	return u;
}

void udp_drain(struct udp *u)
{
	for (int i = 0; i < 1024 && batch(u); i++)
		;
}

void udp_free(struct udp *u)
{
	event_free(u->event);
	close(u->fd);
	free(u);
}
