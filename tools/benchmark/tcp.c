/* SPDX-License-Identifier: ISC */
/*
 * A load generator for TCP, or with -T for TLS: connections that stay, with so many queries in flight on
 * each, or with -1 a connection a query. Checks each reply against its query, and says what came back as one
 * line of JSON.
 */
#include "base/addr.h"
#include "base/memory.h"
#include "queries.h"
#include "report.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES_MAX = 256, WINDOW_MAX = 64, ROOM = 65536, SOURCES = 64, PREFIX = 2 };

struct options {
	struct endpoint server;
	const char *queries;
	unsigned lines, window;
	bool once; /* a connection a query */
	bool tls;
	double seconds, warm_up;
	uint64_t count; /* ends after so many replies; 0: after `seconds` */
};

/* A connection. Replies come in any order, so queries in flight are found by their id, which is their place.
 */
struct line {
	int fd;
	SSL *tls; /* NULL: plain */
	unsigned in_flight;
	size_t have;
	struct {
		uint64_t sent_ns; /* 0: free */
		uint32_t query;
	} flights[WINDOW_MAX];
	uint8_t room[ROOM];
};

struct load {
	struct options o;
	struct queries queries;
	size_t next_query;
	unsigned next_source;
	int epoll;
	SSL_CTX *context;     /* without -T NULL */
	SSL_SESSION *session; /* to resume, with -1 */
	bool counting;
	struct report report;
	struct histogram latencies;
	struct line *lines[LINES_MAX];
};

/* The handshake; the socket still waits, so this does. A session is resumed where there is one: a whole
 * handshake in its place would be another measurement. */
static bool line_secure(struct load *l, struct line *line)
{
	if (!l->o.tls)
		return true;
	line->tls = SSL_new(l->context);
	if (line->tls == NULL || SSL_set_fd(line->tls, line->fd) != 1 ||
	    (l->session != NULL && SSL_set_session(line->tls, l->session) != 1) ||
	    SSL_connect(line->tls) != 1) {
		fputs("bench-tcp: no TLS\n", stderr);
		return false;
	}
	if (l->session != NULL && !SSL_session_reused(line->tls)) {
		fputs("bench-tcp: the session was not resumed\n", stderr);
		return false;
	}
	return true;
}

/* Connects from one of many loopback addresses: connections that are over hold their ports for a minute. */
static bool line_open(struct load *l, struct line *line)
{
	static const int on = 1;
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&l->o.server, &sa);
	struct sockaddr_in source = {.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(0x7f000101 + l->next_source++ % SOURCES)};
	line->have = line->in_flight = 0;
	memset(line->flights, 0, sizeof(line->flights));
	line->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(line->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
	if (line->fd < 0 || bind(line->fd, (struct sockaddr *)&source, sizeof(source)) != 0 ||
	    connect(line->fd, (struct sockaddr *)&sa, len) != 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, line->fd, &event) != 0) {
		perror("bench-tcp: connect");
		return false;
	}
	return line_secure(l, line);
}

static ssize_t line_send(struct line *line, const uint8_t *octets, size_t len)
{
	if (line->tls != NULL)
		return SSL_write(line->tls, octets, (int)len);
	return send(line->fd, octets, len, MSG_NOSIGNAL);
}

/* Without waiting, but for the rest of a record of TLS. */
static ssize_t line_receive(struct line *line)
{
	if (line->tls != NULL)
		return SSL_read(line->tls, line->room + line->have, (int)(ROOM - line->have));
	return recv(line->fd, line->room + line->have, ROOM - line->have, MSG_DONTWAIT);
}

/* Fills the window in one write. A window is far smaller than the socket's buffer, so that takes all of it.
 */
static bool line_fill(struct load *l, struct line *line)
{
	uint8_t out[WINDOW_MAX * (QUERY_MAX + PREFIX)];
	size_t n = 0;
	uint64_t now = report_now_ns();
	unsigned window = l->o.once ? 1 : l->o.window;
	for (unsigned id = 0; id < window; id++) {
		if (line->flights[id].sent_ns != 0)
			continue;
		const struct query_bytes *q = &l->queries.list[l->next_query];
		line->flights[id].sent_ns = now;
		line->flights[id].query = (uint32_t)l->next_query;
		octets_put16(out + n, q->len);
		memcpy(out + n + PREFIX, q->octets, q->len);
		octets_put16(out + n + PREFIX, id);
		n += PREFIX + (size_t)q->len;
		line->in_flight++;
		l->report.sent += l->counting;
		l->next_query = l->next_query + 1 == l->queries.n ? 0 : l->next_query + 1;
	}
	return n == 0 || line_send(line, out, n) == (ssize_t)n;
}

static void take_reply(struct load *l, struct line *line, const uint8_t *reply, size_t len)
{
	unsigned id = len < HEADER_OCTETS ? WINDOW_MAX : octets_get16(reply);
	if (id >= WINDOW_MAX || line->flights[id].sent_ns == 0) {
		l->report.wrong++;
		return;
	}
	if (l->counting) {
		l->report.received++;
		l->report.wrong += !query_answered(&l->queries.list[line->flights[id].query], reply, len);
		histogram_add(&l->latencies, report_now_ns() - line->flights[id].sent_ns);
	}
	line->flights[id].sent_ns = 0;
	line->in_flight--;
}

/* False: the server has closed the connection. */
static bool line_read(struct load *l, struct line *line)
{
	ssize_t got = line_receive(line);
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	line->have += (size_t)got;
	size_t at = 0;
	while (line->have - at >= PREFIX) {
		size_t len = octets_get16(line->room + at);
		if (line->have - at < PREFIX + len)
			break;
		take_reply(l, line, line->room + at + PREFIX, len);
		at += PREFIX + len;
	}
	line->have -= at;
	memmove(line->room, line->room + at, line->have);
	return true;
}

/* What the server closed under us, it has closed with these many queries unanswered; we come again. */
static bool line_renew(struct load *l, struct line *line)
{
	l->report.lost += l->counting ? line->in_flight : 0;
	if (line->tls != NULL && l->session == NULL)
		l->session = SSL_get1_session(line->tls);
	if (line->tls != NULL)
		SSL_shutdown(line->tls); /* without, the session is not to be resumed */
	SSL_free(line->tls);
	line->tls = NULL;
	close(line->fd);
	return line_open(l, line) && line_fill(l, line);
}

static bool serve_line(struct load *l, struct line *line)
{
	if (!line_read(l, line))
		return line_renew(l, line);
	if (l->o.once)
		return line->in_flight > 0 || line_renew(l, line);
	return line_fill(l, line) || line_renew(l, line);
}

static bool run(struct load *l, double seconds)
{
	struct epoll_event events[LINES_MAX];
	uint64_t end_ns = report_now_ns() + (uint64_t)(seconds * 1e9);
	while (report_now_ns() < end_ns && (l->o.count == 0 || l->report.received < l->o.count)) {
		int n = epoll_wait(l->epoll, events, LINES_MAX, 10);
		for (int i = 0; i < n; i++)
			if (!serve_line(l, events[i].data.ptr))
				return false;
	}
	return true;
}

/* What was in flight as counting began, and still is, is lost: the server forgot that connection. */
static void count_stuck(struct load *l, uint64_t begin_ns)
{
	for (unsigned i = 0; i < l->o.lines; i++) {
		for (unsigned id = 0; id < WINDOW_MAX; id++) {
			uint64_t sent_ns = l->lines[i]->flights[id].sent_ns;
			l->report.lost += sent_ns != 0 && sent_ns < begin_ns;
		}
	}
}

static bool open_lines(struct load *l)
{
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->context = l->o.tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	for (unsigned i = 0; i < l->o.lines; i++) {
		l->lines[i] = mem_alloc(sizeof(**l->lines));
		if (!line_open(l, l->lines[i]) || !line_fill(l, l->lines[i]))
			return false;
	}
	return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
	*o = (struct options){.lines = 16, .window = 16, .seconds = 5, .warm_up = 0.5};
	for (int c; (c = getopt(argc, argv, "s:q:c:w:1Tt:u:N:")) != -1;) {
		switch (c) {
		case 's':
			if (!endpoint_parse(optarg, strlen(optarg), &o->server))
				return false;
			break;
		case 'q': o->queries = optarg; break;
		case 'c': o->lines = (unsigned)atoi(optarg); break;
		case 'w': o->window = (unsigned)atoi(optarg); break;
		case '1': o->once = true; break;
		case 'T': o->tls = true; break;
		case 't': o->seconds = atof(optarg); break;
		case 'u': o->warm_up = atof(optarg); break;
		case 'N': o->count = strtoull(optarg, NULL, 10); break;
		default: return false;
		}
	}
	return o->queries != NULL && o->server.addr.family == FAMILY_V4 && o->server.port != 0 &&
	       o->lines > 0 && o->lines <= LINES_MAX && o->window > 0 && o->window <= WINDOW_MAX;
}

int main(int argc, char **argv)
{
	struct load *l = mem_alloc(sizeof(*l));
	int status = 2;
	if (!parse(argc, argv, &l->o)) {
		fputs("usage: bench-tcp -s ADDR:PORT -q QUERIES [-T] [-c CONNECTIONS] [-w WINDOW | -1] "
		      "[-t SECONDS | -N COUNT] [-u WARM-UP]\n",
		      stderr);
	} else if (queries_read(&l->queries, l->o.queries) && open_lines(l) && run(l, l->o.warm_up)) {
		l->counting = true;
		uint64_t begin = report_now_ns();
		if (run(l, l->o.seconds)) {
			l->report.seconds = (double)(report_now_ns() - begin) / 1e9;
			count_stuck(l, begin);
			report_print(&l->report, &l->latencies);
			status = 0;
		}
	}
	for (unsigned i = 0; i < l->o.lines && i < LINES_MAX; i++)
		free(l->lines[i]);
	SSL_SESSION_free(l->session);
	SSL_CTX_free(l->context);
	free(l->queries.list);
	free(l);
	return status;
}
