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

/* Who sent one of the queries that are read together. */
struct caller {
	struct peer peer;
	struct endpoint local;
	struct sockaddr_in6 *from; /* or sockaddr_in */
	uint8_t *control;          /* of a wildcard: what the reply takes along, and how much that is */
	size_t control_len;
};

struct udp {
	struct server *server;
	struct event *event;
	int fd;
	bool wildcard;  /* replies must say which address they come from */
	bool single;    /* no two queries came at once of late */
	bool proxied;   /* there are proxies, whose headers say who asks; the reply goes to the proxy, without
			   one */
	uint8_t family; /* of who asks, and of the address they ask */
	struct endpoint local; /* that address */
	struct caller callers[ARRIVALS_MAX];
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

/* All that peer_read() and a wildcard leave as it is. */
static void lay_out_callers(struct udp *u)
{
	for (size_t i = 0; i < ARRIVALS_MAX; i++) {
		struct caller *c = &u->callers[i];
		c->local = u->local;
		c->local.addr.family = u->family; /* of a wildcard, each query says the address */
		c->peer = (struct peer){.addr.family = u->family, .local = &c->local};
	}
}

/*
 * The kernel is given the length of a peer's address, and gives back the same. What else it gives back is not
 * read by it again, but for the control messages of a wildcard.
 */
static void lay_out(struct udp *u)
{
	bool v6 = is_v6(u->fd);
	socklen_t len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	u->family = v6 ? FAMILY_V6 : FAMILY_V4;
	u->local = listen_local(u->fd);
	lay_out_callers(u);
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
__attribute__((noinline)) static void keep_address_only(struct msghdr *m, struct addr *local)
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

/* Enters who asks: all queries of a socket come by one family. False: no reply can reach it. */
static bool peer_read(struct peer *peer, const struct sockaddr_in6 *from)
{
	const struct sockaddr_in *from4 = (const struct sockaddr_in *)from;
	peer->port = from->sin6_port; /* which stands where that of IPv4 does */
	if (peer->addr.family == FAMILY_V6)
		memcpy(peer->addr.octets, &from->sin6_addr, sizeof(from->sin6_addr));
	else
		memcpy(peer->addr.octets, &from4->sin_addr, sizeof(from4->sin_addr));
	return peer->port != 0;
}

/*
 * Is query `i` of the batch to be read, as its sender can be replied to? Then that is the caller. One whose
 * end was cut off is as good as empty, and counted as that.
 */
static inline bool take(struct udp *u, size_t i, struct caller *c, struct span *query)
{
	struct mmsghdr *in = &u->in[i];
	bool whole = !(in->msg_hdr.msg_flags & MSG_TRUNC);
	*query = (struct span){u->queries[i], whole ? in->msg_len : 0};
	c->from = &u->peers[i];
	if (u->wildcard) {
		keep_address_only(&in->msg_hdr, &c->local.addr);
		c->control = u->control[i];
		c->control_len = in->msg_hdr.msg_controllen;
		in->msg_hdr.msg_controllen = CONTROL_ROOM; /* for the next */
	}
	return peer_read(&c->peer, c->from) &&
	       (!u->proxied || proxies_unwrap(u->server->responder, &c->peer, query));
}

/* Answers into reply `n`, from the address that the query was sent to. False: there is nothing to send. */
static inline bool answer(struct udp *u, const struct caller *c, struct arrival *arrival, size_t n)
{
	struct span reply = {u->replies[n], REPLY_ROOM};
	struct msghdr *out = &u->out[n].msg_hdr;
	if (record_door(u->server->responder, &c->peer, arrival, &reply, NULL) == OUTCOME_DROP)
		return false;
	u->out_vec[n].iov_len = reply.len;
	out->msg_name = c->from;
	if (u->wildcard) {
		out->msg_control = c->control;
		out->msg_controllen = c->control_len;
	}
	return true;
}

/* Answers what the batch got, and returns how many replies there are. */
static size_t answer_all(struct udp *u, size_t got)
{
	struct responder *r = u->server->responder;
	size_t replies = 0;
	for (size_t i = 0; i < got;) {
		size_t n = 0;
		for (; i < got && n < ARRIVALS_MAX; i++)
			n += take(u, i, &u->callers[n], &r->arrivals[n].in);
		responder_read(r, (unsigned)n);
		for (size_t k = 0; k < n; k++)
			replies += answer(u, &u->callers[k], &r->arrivals[k], replies);
		if (u->proxied)
			lay_out_callers(u); /* clients of proxies have been there */
	}
	return replies;
}

/* Is the reply longer than the interface sends in one piece? Then it goes in fragments. */
static void send_in_fragments(struct udp *u, const struct msghdr *reply)
{
	static const int omit = IP_PMTUDISC_OMIT, probe = IP_PMTUDISC_PROBE;
	if (errno != EMSGSIZE || u->family == FAMILY_V6)
		return;
	setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
	sendmsg(u->fd, reply, MSG_DONTWAIT);
	setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
}

/* Returns how many of `n` replies are on their way; 0: the first is not, and errno says why. */
static size_t send_some(int fd, struct mmsghdr *replies, size_t n)
{
	if (n == 1)
		return sendmsg(fd, &replies->msg_hdr, MSG_DONTWAIT) >= 0;
	int sent = sendmmsg(fd, replies, (unsigned)n, MSG_DONTWAIT);
	return sent > 0 ? (size_t)sent : 0;
}

/* Sends all; what the kernel refuses is lost, as a packet can be, and the rest goes on. */
static void send_all(struct udp *u, size_t n)
{
	for (size_t sent = 0; sent < n;) {
		size_t done = send_some(u->fd, u->out + sent, n - sent);
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
	u->proxied = server->responder->view->world->config->n_proxy_froms > 0;
	size_t n = answer_all(u, (size_t)got);
	view_leave(server->hazard);
	send_all(u, n);
	return (unsigned)got;
}

/*
 * Where queries came one at a time of late, the first is answered before a second is looked for: a batch
 * saves time only where there is one. What comes meanwhile is looked for here: to have the loop wait for it
 * costs more.
 */
static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct udp *u = argument;
	unsigned all = u->single ? batch(u, 1) : 0;
	for (unsigned i = 0, got = 1; i < BATCHES_MAX && got > 0; i++)
		all += got = batch(u, BATCH);
	u->single = all <= 1;
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
