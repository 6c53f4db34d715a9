/* SPDX-License-Identifier: ISC */
/* Worker threads and their sockets. */
#include "serve/worker.h"
#include "base/memory.h"
#include "serve/tcp.h"
#include "serve/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 4 * 1024 * 1024, BACKLOG = 1024, DRAIN_ROUNDS = 100, DRAIN_WAIT_MS = 10 };

static const struct tcp_limits tcp_limits = {.connections = 1000, .idle_timeout_ms = 10000};

struct worker {
	struct workers *all;
	unsigned number;
	bool running;
	pthread_t thread;
	struct server server;
	struct event *stop;
	int stop_fd;
	struct udp **udps; /* by listen */
	struct tcp **tcps;
};

struct workers {
	struct publisher publisher;
	size_t n_listens;
	unsigned n;
	struct worker *list;
	uint16_t *ports; /* by listen */
};

static bool is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[16];
	return memcmp(addr->octets, zero, sizeof(zero)) == 0;
}

/* Larger than the system's limit where we may, as large as it allows where not. */
static void ask_for_buffer(int fd)
{
	static const int size = SOCKET_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void set_options(int fd, int type, const struct addr *addr)
{
	static const int on = 1, omit = IP_PMTUDISC_OMIT;
	bool v6 = addr->family == FAMILY_V6;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (type != SOCK_DGRAM)
		return;
	ask_for_buffer(fd);
	if (!v6) /* a forged "fragmentation needed" must not make us send fragments */
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof(omit));
	if (is_wildcard(addr))
		setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
			   sizeof(on));
}

static void bind_fault(const struct endpoint *endpoint, int error, struct faults *faults)
{
	char name[ADDR_TEXT_MAX + 8], address[ADDR_TEXT_MAX];
	snprintf(name, sizeof(name), "listen %s", endpoint_format(endpoint, address));
	struct spot at = {.file = name};
	if (error == EACCES)
		fault_add(faults, at,
			  "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE");
	else if (error == EADDRINUSE)
		fault_add(faults, at, "another program listens there already");
	else if (error == EADDRNOTAVAIL)
		fault_add(faults, at, "this machine does not have that address");
	else
		fault_add(faults, at, "%s", strerror(error));
}

/* A bound socket, or -1 with a fault added. */
static int socket_open(const struct endpoint *endpoint, int type, struct faults *faults)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(endpoint, &sa);
	int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		set_options(fd, type, &endpoint->addr);
		if (bind(fd, (struct sockaddr *)&sa, len) == 0 &&
		    (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0))
			return fd;
	}
	bind_fault(endpoint, errno, faults);
	if (fd >= 0)
		close(fd);
	return -1;
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct endpoint endpoint = {0};
	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		endpoint_from_sockaddr((struct sockaddr *)&sa, &endpoint);
	return endpoint.port;
}

/* SO_REUSEPORT lets another program of the same user in; a plain bind first finds out whether one is there.
 */
static bool probe(const struct endpoint *endpoint, int type, struct faults *faults)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(endpoint, &sa);
	static const int on = 1;
	int fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0), error = 0;
	if (fd < 0)
		return true; /* socket_open() says why */
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (endpoint->addr.family == FAMILY_V6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, len) != 0)
		error = errno;
	close(fd);
	if (error == EADDRINUSE)
		bind_fault(endpoint, error, faults);
	return error != EADDRINUSE;
}

static bool listen_open(struct workers *w, size_t listen, struct endpoint endpoint, struct faults *faults)
{
	bool wildcard = is_wildcard(&endpoint.addr);
	if (endpoint.port != 0 &&
	    !(probe(&endpoint, SOCK_DGRAM, faults) && probe(&endpoint, SOCK_STREAM, faults)))
		return false;
	for (unsigned i = 0; i < w->n; i++) {
		struct worker *worker = &w->list[i];
		int udp = socket_open(&endpoint, SOCK_DGRAM, faults);
		if (udp < 0)
			return false;
		worker->udps[listen] = udp_new(&worker->server, udp, wildcard);
		endpoint.port = bound_port(udp);
		int tcp = socket_open(&endpoint, SOCK_STREAM, faults);
		if (tcp < 0)
			return false;
		worker->tcps[listen] = tcp_new(&worker->server, tcp, &tcp_limits);
	}
	w->ports[listen] = endpoint.port;
	return true;
}

static void on_stop(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(((struct worker *)argument)->server.base);
}

static void worker_init(struct workers *w, unsigned number)
{
	struct worker *worker = &w->list[number];
	worker->all = w;
	worker->number = number;
	worker->server.base = event_base_new();
	worker->server.publisher = &w->publisher;
	worker->server.hazard = &w->publisher.hazards[number];
	worker->server.responder = mem_alloc(sizeof(*worker->server.responder));
	picker_seed(&worker->server.responder->picker);
	worker->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	worker->stop = event_new(worker->server.base, worker->stop_fd, EV_READ, on_stop, worker);
	event_add(worker->stop, NULL);
	worker->udps = mem_alloc(w->n_listens * sizeof(struct udp *));
	worker->tcps = mem_alloc(w->n_listens * sizeof(struct tcp *));
}

static void worker_free(struct worker *worker)
{
	for (size_t i = 0; i < worker->all->n_listens; i++) {
		if (worker->udps[i] != NULL)
			udp_free(worker->udps[i]);
		if (worker->tcps[i] != NULL)
			tcp_free(worker->tcps[i]);
	}
	free(worker->udps);
	free(worker->tcps);
	event_free(worker->stop);
	close(worker->stop_fd);
	event_base_free(worker->server.base);
	free(worker->server.responder);
}

struct workers *workers_open(const struct endpoint *listens, size_t n_listens, unsigned n,
			     struct faults *faults)
{
	struct workers *w = aligned_alloc(64, (sizeof(*w) + 63) & ~(size_t)63);
	struct hazard *hazards = aligned_alloc(64, n * sizeof(*hazards));
	if (w == NULL || hazards == NULL)
		abort();
	memset(hazards, 0, n * sizeof(*hazards));
	*w = (struct workers){.publisher = {.n = n, .hazards = hazards}, .n_listens = n_listens, .n = n};
	w->list = mem_alloc(n * sizeof(*w->list));
	w->ports = mem_alloc(n_listens * sizeof(*w->ports));
	for (unsigned i = 0; i < n; i++)
		worker_init(w, i);
	bool ok = true;
	for (size_t i = 0; i < n_listens; i++)
		ok &= listen_open(w, i, listens[i], faults);
	if (ok)
		return w;
	workers_stop(w);
	return NULL;
}

struct publisher *workers_publisher(struct workers *w)
{
	return &w->publisher;
}

uint16_t workers_port(const struct workers *w, size_t listen)
{
	return w->ports[listen];
}

/* Answers what has been received, and gives slow readers a moment to take their replies. */
static void drain(struct worker *worker)
{
	bool waiting = true;
	for (int round = 0; waiting && round < DRAIN_ROUNDS; round++) {
		waiting = false;
		for (size_t i = 0; i < worker->all->n_listens; i++) {
			udp_drain(worker->udps[i]);
			waiting |= tcp_drain(worker->tcps[i]);
		}
		if (waiting)
			usleep(DRAIN_WAIT_MS * 1000);
	}
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	event_base_dispatch(worker->server.base);
	drain(worker);
	return NULL;
}

bool workers_start(struct workers *w, struct faults *faults)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = 0;
	for (unsigned i = 0; i < w->n && error == 0; i++) {
		char name[16];
		error = pthread_create(&w->list[i].thread, NULL, run, &w->list[i]);
		w->list[i].running = error == 0;
		snprintf(name, sizeof(name), "gslbd/%u", i % 1000);
		if (error == 0)
			pthread_setname_np(w->list[i].thread, name);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		fault_add(faults, (struct spot){.file = "workers"}, "can't start a thread: %s",
			  strerror(error));
	return error == 0;
}

void workers_stop(struct workers *w)
{
	static const uint64_t one = 1;
	for (unsigned i = 0; i < w->n; i++) {
		ssize_t ignored = write(w->list[i].stop_fd, &one, sizeof(one));
		(void)ignored;
	}
	for (unsigned i = 0; i < w->n; i++) {
		if (w->list[i].running)
			pthread_join(w->list[i].thread, NULL);
		worker_free(&w->list[i]);
	}
	free(w->list);
	free(w->ports);
	free(w->publisher.hazards);
	free(w);
}
