/* SPDX-License-Identifier: ISC */
/* UDP: recvmmsg, respond, sendmmsg. All that the kernel is given is laid out once; a batch changes only
 * what differs. */
#include "serve/udp.h"
#include "base/clock.h"
#include "base/memory.h"
#include "serve/proxies.h"
#include "serve/listen.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BATCH = 64,
	BATCHES_MAX = 16,  /* a wakeup, so that TCP has its turn */
	QUERY_ROOM = 2112, /* what is longer is dropped; no resolver sends anything like it */
	REPLY_ROOM = 1344, /* above what UDP_OCTETS_MAX allows */
	CONTROL_ROOM = CMSG_SPACE(sizeof(struct in6_pktinfo)),
};

/* Messages begin on different cache lines of those that a set of the cache holds: it has a power of two of
 * sets. */
_Static_assert(QUERY_ROOM / CACHE_LINE % 2 == 1 && QUERY_ROOM % CACHE_LINE == 0, "an odd number of lines");
_Static_assert(REPLY_ROOM / CACHE_LINE % 2 == 1 && REPLY_ROOM % CACHE_LINE == 0, "an odd number of lines");
_Static_assert((int)REPLY_ROOM >= (int)UDP_OCTETS_MAX, "every reply has room");

struct udp {
	struct server *server;
	struct event *event;
	int fd;
	bool wildcard;    /* replies must say which address they come from */
	bool single;      /* no two queries came at once of late */
	struct peer peer; /* of the query that is answered */
	struct endpoint local;
	struct mmsghdr in[BATCH], out[BATCH];
	struct iovec in_vec[BATCH], out_vec[BATCH];
	struct sockaddr_in6 peers[BATCH]; /* or sockaddr_in */
	_Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_ROOM];
	_Alignas(CACHE_LINE) uint8_t queries[BATCH][QUERY_ROOM];
	_Alignas(CACHE_LINE) uint8_t replies[BATCH][REPLY_ROOM];
};

static bool is_v6(int fd)
{
	int domain = AF_INET;
	socklen_t len = sizeof(domain);
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_INET6;
}

/*
 * The kernel is given the length of a peer's address, and gives back the same. What else it gives back is not
 * read by it again, but for the control messages of a wildcard.
 */
static void lay_out(struct udp *u)
{
	bool v6 = is_v6(u->fd);
	socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	u->peer.addr.family = v6 ? FAMILY_V6 : FAMILY_V4;
	u->peer.local = &u->local;
	u->local = listen_local(u->fd);
	u->local.addr.family = u->peer.addr.family; /* of a wildcard, each query says the address */
	for (size_t i = 0; i < BATCH; i++) {
		u->in_vec[i] = (struct iovec){u->queries[i], QUERY_ROOM};
		u->out_vec[i].iov_base = u->replies[i];
		u->in[i].msg_hdr = (struct msghdr){.msg_name = &u->peers[i],
						   .msg_namelen = len,
						   .msg_iov = &u->in_vec[i],
						   .msg_iovlen = 1,
						   .msg_control = u->wildcard ? u->control[i] : NULL,
						   .msg_controllen = u->wildcard ? CONTROL_ROOM : 0};
		u->out[i].msg_hdr =
			(struct msghdr){.msg_namelen = len, .msg_iov = &u->out_vec[i], .msg_iovlen = 1};
	}
}

/* The interface a query came in by must not decide where the reply goes out; only the address matters, which
 * goes into `local` too. */
static void keep_address_only(struct msghdr *m, struct addr *local)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
			info->ipi_spec_dst = info->ipi_addr;
			info->ipi_ifindex = 0;
			memcpy(local->octets, &info->ipi_addr, sizeof(info->ipi_addr));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
			if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
				info->ipi6_ifindex = 0;
			memcpy(local->octets, &info->ipi6_addr, sizeof(info->ipi6_addr));
		}
	}
}

/* Replies with the address that the query was sent to; `in` is ready for the next. */
static void answer_from(struct msghdr *in, struct msghdr *out, struct addr *local)
{
	keep_address_only(in, local);
	out->msg_control = in->msg_control;
	out->msg_controllen = in->msg_controllen;
	in->msg_controllen = CONTROL_ROOM;
}

/* Enters who asks: all queries of a socket come by one family. False: no reply can reach it. */
static bool peer_read(struct peer *peer, const struct sockaddr_in6 *from)
{
	const struct sockaddr_in *from4 = (const struct sockaddr_in *)from;
	peer->port = from->sin6_port; /* which stands where that of IPv4 does */
	if (peer->addr.family == FAMILY_V6) {
		memcpy(peer->addr.octets, &from->sin6_addr, sizeof(from->sin6_addr));
		return from->sin6_port != 0;
	}
	memcpy(peer->addr.octets, &from4->sin_addr, sizeof(from4->sin_addr));
	return from4->sin_port != 0;
}

/* Is there a sender of query `i` that can be replied to? It is then u->peer. */
static bool take(struct udp *u, unsigned i, unsigned n)
{
	if (u->wildcard)
		answer_from(&u->in[i].msg_hdr, &u->out[n].msg_hdr, &u->local.addr);
	return !(u->in[i].msg_hdr.msg_flags & MSG_TRUNC) && peer_read(&u->peer, &u->peers[i]);
}

/* Answers the query that came as number `i` into reply `n`. False: there is nothing to send. */
static bool answer(struct udp *u, const struct peer *peer, struct arrival *arrival, unsigned i, unsigned n)
{
	struct span reply = {u->replies[n], REPLY_ROOM};
	if (record_door(u->server->responder, peer, arrival, &reply, NULL) == OUTCOME_DROP)
		return false;
	u->out_vec[n].iov_len = reply.len;
	u->out[n].msg_hdr.msg_name = &u->peers[i];
	return true;
}

static unsigned answer_all(struct udp *u, unsigned got)
{
	struct responder *r = u->server->responder;
	struct arrival *arrivals = r->arrivals;
	unsigned n = 0;
	for (unsigned first = 0; first < got; first += ARRIVALS_MAX) {
		unsigned some = got - first < ARRIVALS_MAX ? got - first : ARRIVALS_MAX;
		for (unsigned i = 0; i < some; i++)
			arrivals[i].in = (struct span){u->queries[first + i], u->in[first + i].msg_len};
		responder_read(r, some);
		for (unsigned i = 0; i < some; i++)
			n += take(u, first + i, n) && answer(u, &u->peer, &arrivals[i], first + i, n);
	}
	return n;
}

/* The same where there are proxies, whose headers say who asks; the reply goes to the proxy, without one. */
static unsigned answer_proxied(struct udp *u, unsigned got)
{
	struct responder *r = u->server->responder;
	unsigned n = 0;
	for (unsigned i = 0; i < got; i++) {
		struct span query = {u->queries[i], u->in[i].msg_len};
		if (!take(u, i, n))
			continue;
		struct peer peer = u->peer;
		if (proxies_unwrap(r, &peer, &query))
			n += answer(u, &peer, responder_read_one(r, query), i, n);
	}
	return n;
}

/* Is the reply longer than the interface sends in one piece? Then it goes in fragments. */
static void send_in_fragments(struct udp *u, const struct msghdr *reply)
{
	static const int omit = IP_PMTUDISC_OMIT, probe = IP_PMTUDISC_PROBE;
	if (errno != EMSGSIZE || u->peer.addr.family == FAMILY_V6)
		return;
	setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
	sendmsg(u->fd, reply, MSG_DONTWAIT);
	setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
}

/* Returns how many of `n` replies are on their way; 0: the first is not, and errno says why. */
static unsigned send_some(int fd, struct mmsghdr *replies, unsigned n)
{
	if (n == 1)
		return sendmsg(fd, &replies->msg_hdr, MSG_DONTWAIT) >= 0;
	int sent = sendmmsg(fd, replies, n, MSG_DONTWAIT);
	return sent > 0 ? (unsigned)sent : 0;
}

/* Sends all; what the kernel refuses is lost, as a packet can be, and the rest goes on. */
static void send_all(struct udp *u, unsigned n)
{
	for (unsigned sent = 0; sent < n;) {
		unsigned done = send_some(u->fd, u->out + sent, n - sent);
		sent += done;
		if (done == 0 && errno != EINTR)
			send_in_fragments(u, &u->out[sent++].msg_hdr);
	}
}

/* Answers up to `most` queries, and returns how many there were. */
static unsigned batch(struct udp *u, unsigned most)
{
	int got = recvmmsg(u->fd, u->in, most, MSG_DONTWAIT, NULL);
	if (got <= 0)
		return 0;
	struct server *server = u->server;
	server_enter(server);
	bool proxied = server->responder->view->world->config->n_proxy_froms > 0;
	unsigned n = proxied ? answer_proxied(u, (unsigned)got) : answer_all(u, (unsigned)got);
	view_leave(server->hazard);
	send_all(u, n);
	return (unsigned)got;
}

/*
 * Where queries came one at a time of late, the first is answered before a second is looked for: a batch
 * saves time only where there is one.
 */
static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct udp *u = argument;
	unsigned got = 0, all = u->single ? batch(u, 1) : 0;
	for (int i = 0; i < BATCHES_MAX && (got = batch(u, BATCH)) == BATCH; i++)
		all += got;
	u->single = all + got <= 1;
}

struct udp *udp_new(struct server *server, int fd, bool wildcard)
{
	struct udp *u = mem_alloc_apart(sizeof(*u));
	u->server = server;
	u->fd = fd;
	u->wildcard = wildcard;
	lay_out(u);
	u->event = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, u);
	event_add(u->event, NULL);
	return u;
}

void udp_drain(struct udp *u)
{
	for (int i = 0; i < 1024 && batch(u, BATCH) == BATCH; i++)
		;
}

void udp_free(struct udp *u)
{
	event_free(u->event);
	close(u->fd);
	free(u);
}
