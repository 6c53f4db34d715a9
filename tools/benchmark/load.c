/* SPDX-License-Identifier: ISC */
/*
 * A load generator for UDP: keeps so many queries in flight, or sends so many a second, checks each reply
 * against its query, and says what came back, how fast, as one line of JSON.
 */
#include "base/addr.h"
#include "base/memory.h"
#include "queries.h"
#include "report.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "witness.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	SOCKETS_MAX = 64,
	BATCH = 32,
	IDS = 65536,
	LOST_NS = 1000000000,
	REPLY_MAX = 4096,
	WINDOW_NS = 20000000,
	GAP_NS = 300000
};

struct options {
	struct endpoint server;
	const char *queries;
	unsigned sockets, window;
	double rate; /* a second; 0: as the window allows */
	double seconds, warm_up;
	uint64_t count; /* ends after so many queries; 0: after `seconds` */
	int watched; /* a CPU; latencies count only while this and the generator's own don't stand still; -1:
			always */
};

/* A query in flight: by its id. */
struct flight {
	uint64_t sent_ns; /* 0: none */
	uint32_t query;
};

struct lane {
	int fd;
	uint16_t next_id;
	unsigned in_flight;
	struct flight *flights;
};

struct load {
	struct options o;
	struct queries queries;
	struct lane lanes[SOCKETS_MAX];
	size_t next_query;
	bool counting;
	uint64_t sent, received, lost, wrong;
	struct histogram latencies, recent; /* of what counts; of the window of time that goes on */
	uint64_t window_ns, counted_ns;     /* since when; of all windows that counted */
	struct witness witness;
	struct mmsghdr out[BATCH], in[BATCH];
	struct iovec out_vec[BATCH], in_vec[BATCH];
	uint8_t queries_out[BATCH][QUERY_MAX], replies[BATCH][REPLY_MAX];
	_Alignas(struct cmsghdr) uint8_t stamps[BATCH][CMSG_SPACE(sizeof(struct timespec))];
};

static void send_batch(struct load *l, struct lane *lane, unsigned n)
{
	uint64_t now = report_now_ns();
	for (unsigned i = 0; i < n; i++) {
		const struct query_bytes *q = &l->queries.list[l->next_query];
		struct flight *flight = &lane->flights[lane->next_id];
		if (flight->sent_ns != 0) { /* long lost */
			l->lost += l->counting;
			lane->in_flight--;
		}
		*flight = (struct flight){now, (uint32_t)l->next_query};
		memcpy(l->queries_out[i], q->octets, q->len);
		octets_put16(l->queries_out[i], lane->next_id++);
		l->out_vec[i].iov_len = q->len;
		l->next_query = l->next_query + 1 == l->queries.n ? 0 : l->next_query + 1;
	}
	for (unsigned done = 0; done < n;) {
		int sent = sendmmsg(lane->fd, l->out + done, n - done, 0);
		if (sent > 0)
			done += (unsigned)sent;
		else if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED)
			break;
	}
	lane->in_flight += n;
	l->sent += l->counting ? n : 0;
}

/* How long the kernel has had a reply for us: that we come to read it late is not the server's doing. */
static uint64_t waited_ns(const struct msghdr *in, uint64_t wall_ns)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(in);
	struct timespec at;
	if (c == NULL || c->cmsg_type != SCM_TIMESTAMPNS)
		return 0;
	memcpy(&at, CMSG_DATA(c), sizeof(at));
	return timespec_ns(&at) < wall_ns ? wall_ns - timespec_ns(&at) : 0;
}

static unsigned receive(struct load *l, struct lane *lane)
{
	for (unsigned i = 0; i < BATCH && l->o.watched >= 0; i++) {
		l->in[i].msg_hdr.msg_control = l->stamps[i];
		l->in[i].msg_hdr.msg_controllen = sizeof(l->stamps[i]);
	}
	int got = recvmmsg(lane->fd, l->in, BATCH, MSG_DONTWAIT, NULL);
	if (got <= 0)
		return 0;
	uint64_t now = report_now_ns(), wall = l->o.watched >= 0 ? clock_read_ns(CLOCK_REALTIME) : 0;
	for (int i = 0; i < got; i++) {
		struct flight *flight = &lane->flights[octets_get16(l->replies[i])];
		if (l->in[i].msg_len < HEADER_OCTETS || flight->sent_ns == 0)
			continue;
		bool right = query_answered(&l->queries.list[flight->query], l->replies[i], l->in[i].msg_len);
		if (l->counting) {
			l->received++;
			l->wrong += !right;
			uint64_t took = now - flight->sent_ns, waited = waited_ns(&l->in[i].msg_hdr, wall);
			histogram_add(&l->recent, waited < took ? took - waited : 0);
		}
		flight->sent_ns = 0;
		lane->in_flight--;
	}
	return (unsigned)got;
}

/* Gives up on what has been in flight for too long. */
static void give_up(struct load *l, struct lane *lane)
{
	uint64_t now = report_now_ns();
	for (unsigned id = 0; id < IDS && lane->in_flight > 0; id++) {
		struct flight *flight = &lane->flights[id];
		if (flight->sent_ns == 0 || now - flight->sent_ns < LOST_NS)
			continue;
		flight->sent_ns = 0;
		lane->in_flight--;
		l->lost += l->counting;
	}
}

/* Ends a window of time: what came in during it counts, unless the machine stood still shortly before. */
static void close_window(struct load *l, uint64_t now)
{
	if (l->counting && atomic_load(&l->witness.tainted_until_ns) <= l->window_ns) {
		histogram_merge(&l->latencies, &l->recent);
		l->counted_ns += now - l->window_ns;
	}
	l->recent = (struct histogram){0};
	l->window_ns = now;
}

/* Keeps the window full. */
static void run_window(struct load *l, uint64_t end_ns)
{
	unsigned each = l->o.window / l->o.sockets ? l->o.window / l->o.sockets : 1;
	for (unsigned turn = 0; report_now_ns() < end_ns && (l->o.count == 0 || l->received < l->o.count);
	     turn++) {
		bool idle = true;
		for (unsigned i = 0; i < l->o.sockets; i++) {
			struct lane *lane = &l->lanes[i];
			while (receive(l, lane) == BATCH)
				idle = false;
			while (lane->in_flight < each) {
				unsigned n = each - lane->in_flight;
				send_batch(l, lane, n < BATCH ? n : BATCH);
				idle = false;
			}
			if ((turn & 0xfff) == 0)
				give_up(l, lane);
		}
		if (idle && turn % 64 == 0) {
			struct pollfd wait = {l->lanes[turn / 64 % l->o.sockets].fd, POLLIN, 0};
			poll(&wait, 1, 1);
		}
	}
}

/* Sends at the rate, whatever comes back. */
static void run_rate(struct load *l, uint64_t end_ns)
{
	uint64_t begin = report_now_ns(), last = begin, sent = 0;
	for (unsigned turn = 0;; turn++) {
		uint64_t now = report_now_ns();
		if (l->o.watched >= 0 && now - last > GAP_NS)
			witness_note(&l->witness, now, now - last);
		if (now - l->window_ns > WINDOW_NS)
			close_window(l, now);
		if (now >= end_ns)
			return;
		last = now;
		uint64_t due = (uint64_t)((double)(now - begin) * l->o.rate / 1e9);
		while (sent < due) {
			unsigned n = due - sent < BATCH ? (unsigned)(due - sent) : BATCH;
			send_batch(l, &l->lanes[turn++ % l->o.sockets], n);
			sent += n;
		}
		for (unsigned i = 0; i < l->o.sockets; i++)
			receive(l, &l->lanes[i]);
	}
}

static void run(struct load *l, double seconds)
{
	l->window_ns = report_now_ns();
	uint64_t end_ns = l->window_ns + (uint64_t)(seconds * 1e9);
	if (l->o.rate > 0)
		run_rate(l, end_ns);
	else
		run_window(l, end_ns);
	close_window(l, report_now_ns());
}

/* What is in flight at the end of the run comes in, or is lost. */
static void drain(struct load *l)
{
	uint64_t end_ns = report_now_ns() + LOST_NS / 2;
	unsigned left = 1;
	while (left > 0 && report_now_ns() < end_ns) {
		left = 0;
		for (unsigned i = 0; i < l->o.sockets; i++) {
			receive(l, &l->lanes[i]);
			left += l->lanes[i].in_flight;
		}
	}
	l->lost += left;
}

static bool open_lanes(struct load *l)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&l->o.server, &sa);
	static const int size = 4 << 20, on = 1;
	for (unsigned i = 0; i < l->o.sockets; i++) {
		struct lane *lane = &l->lanes[i];
		lane->fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (lane->fd < 0 || connect(lane->fd, (struct sockaddr *)&sa, len) != 0) {
			perror("load: socket");
			return false;
		}
		if (setsockopt(lane->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
			setsockopt(lane->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		if (l->o.watched >= 0)
			setsockopt(lane->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
		lane->flights = mem_alloc(IDS * sizeof(*lane->flights));
	}
	for (unsigned i = 0; i < BATCH; i++) {
		l->out_vec[i].iov_base = l->queries_out[i];
		l->in_vec[i] = (struct iovec){l->replies[i], REPLY_MAX};
		l->out[i].msg_hdr = (struct msghdr){.msg_iov = &l->out_vec[i], .msg_iovlen = 1};
		l->in[i].msg_hdr = (struct msghdr){.msg_iov = &l->in_vec[i], .msg_iovlen = 1};
	}
	return true;
}

static bool begin_watch(struct load *l)
{
	if (l->o.watched < 0 || witness_start(&l->witness, (unsigned)l->o.watched))
		return true;
	fputs("bench-load: no real-time priority, which -k takes\n", stderr);
	return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
	*o = (struct options){.sockets = 8, .window = 256, .seconds = 5, .warm_up = 0.5, .watched = -1};
	for (int c; (c = getopt(argc, argv, "s:q:c:w:r:t:u:N:k:")) != -1;) {
		switch (c) {
		case 's':
			if (!endpoint_parse(optarg, strlen(optarg), &o->server) || o->server.port == 0)
				return false;
			break;
		case 'q': o->queries = optarg; break;
		case 'c': o->sockets = (unsigned)atoi(optarg); break;
		case 'w': o->window = (unsigned)atoi(optarg); break;
		case 'r': o->rate = atof(optarg); break;
		case 't': o->seconds = atof(optarg); break;
		case 'u': o->warm_up = atof(optarg); break;
		case 'N': o->count = strtoull(optarg, NULL, 10); break;
		case 'k': o->watched = atoi(optarg); break;
		default: return false;
		}
	}
	return o->queries != NULL && o->server.port != 0 && o->sockets > 0 && o->sockets <= SOCKETS_MAX &&
	       o->window > 0 && (o->watched < 0 || o->rate > 0);
}

int main(int argc, char **argv)
{
	struct load *l = mem_alloc(sizeof(*l));
	int status = 2;
	if (!parse(argc, argv, &l->o)) {
		fputs("usage: bench-load -s ADDR:PORT -q QUERIES [-c SOCKETS] [-w WINDOW | -r RATE [-k CPU]] "
		      "[-t SECONDS | -N COUNT] [-u WARM-UP]\n",
		      stderr);
	} else if (queries_read(&l->queries, l->o.queries) && open_lanes(l) && begin_watch(l)) {
		run(l, l->o.warm_up);
		l->counting = true;
		uint64_t begin = report_now_ns();
		run(l, l->o.seconds);
		double seconds = (double)(report_now_ns() - begin) / 1e9;
		drain(l);
		if (l->o.rate == 0) /* no matter how late */
			histogram_merge(&l->latencies, &l->recent);
		if (l->o.watched >= 0)
			witness_stop(&l->witness);
		double stalled = 1 - (double)l->counted_ns / 1e9 / seconds;
		report_print(&(struct report){l->sent, l->received, l->lost, l->wrong, seconds, stalled},
			     &l->latencies);
		status = 0;
	}
	for (unsigned i = 0; i < l->o.sockets && i < SOCKETS_MAX; i++)
		free(l->lanes[i].flights);
	free(l->queries.list);
	free(l);
	return status;
}
