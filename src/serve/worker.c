/* SPDX-License-Identifier: ISC */
/* Worker threads and their sockets. */
#include "serve/worker.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "process/filter.h"
#include "process/inherit.h"
#include "process/privileges.h"
#include "serve/bypass.h"
#include "serve/cpus.h"
#include "serve/drops.h"
#include "serve/limits.h"
#include "serve/listen.h"
#include "serve/loop.h"
#include "serve/stream.h"
#include "serve/tcp.h"
#include "serve/udp.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	DRAIN_MS = 2000, /* for clients to take their replies */
	DRAIN_WAIT_MS = 10,
	RETIRE_MS = 5000, /* what is known of health does not change meanwhile */
	RETIRE_LOOK_MS = 50,
	POLL_AGAIN_US = 10000,
};

enum orders { ORDER_NONE, ORDER_RETIRE, ORDER_STOP };

/* A listen's two sockets. */
struct door {
	size_t listen;
	struct udp *udp; /* NULL: retired, not opened, or there is none but TLS */
	struct tcp *tcp; /* NULL: not opened */
};

struct listen_drops {
	size_t listen;
	struct drops drops; /* of one of its UDP sockets */
};

struct worker {
	struct workers *all;
	unsigned number;
	bool running;
	pthread_t thread;
	struct server server;
	struct event *ordered, *retiring;
	int order_fd; /* an eventfd, to have it look at workers.order */
	uint64_t asked;
	_Atomic uint64_t heard; /* how often it was asked so */
	int64_t retire_until_ms;
	size_t n_doors, cap_doors;
	struct door *doors; /* one a listen, or more where there are more sockets than workers */
};

struct workers {
	struct publisher publisher;
	size_t n_listens;
	unsigned n;
	struct worker *list;
	_Atomic enum orders order;
	struct inherited *inherited;
	size_t n_sockets, cap_sockets;
	int *sockets;
	uint16_t *ports; /* by listen; 0: skipped */
	struct listen_drops *drops;
	size_t n_drops, cap_drops;
	unsigned *cpus; /* by worker; NULL: none is pinned */
	struct bypass *bypass;
	struct tcp_limits tcp_limits;
	struct filter *filter; /* of what they may call; NULL: of nothing */
	struct cookie_secret cookie_secret;
};

/* What a CPU receives goes to its worker, of both groups of sockets. */
static void steer(const struct workers *w, const struct endpoint *endpoint, int udp, int tcp)
{
	char address[ADDR_TEXT_MAX];
	if ((udp >= 0 && !cpus_steer(udp, w->cpus, w->n)) || !cpus_steer(tcp, w->cpus, w->n))
		log_warn("listen %s: queries are not handed to the worker of the CPU that receives them: %s",
			 endpoint_format(endpoint, address), strerror(errno));
}

/* A listen whose sockets are being opened. */
struct opening {
	size_t listen;
	struct endpoint endpoint;   /* with its port, once the first is open */
	const struct endpoint *tls; /* the listen's, where it is over TLS; else NULL */
};

/* Is socket number `nth` one that no lower number shares? */
static bool is_apart(const struct workers *w, const struct endpoint *endpoint, int type, unsigned nth)
{
	unsigned inherited = inherited_count(w->inherited, endpoint, type);
	return inherited == 0 || nth < inherited;
}

/* Opens socket number `nth` of an endpoint, or takes it over. */
static int socket_open(struct workers *w, const struct endpoint *endpoint, int type, unsigned nth,
		       struct faults *faults)
{
	int fd = listen_take(w->inherited, endpoint, type, nth, faults);
	w->sockets = mem_grow(w->sockets, &w->cap_sockets, w->n_sockets + 1, sizeof(*w->sockets));
	w->sockets[w->n_sockets] = fd;
	w->n_sockets += fd >= 0 && is_apart(w, endpoint, type, nth);
	return fd;
}

/* The socket for UDP of one worker; -1 with a fault. */
static int udp_open(struct workers *w, struct opening *o, unsigned nth, struct faults *faults)
{
	struct worker *worker = &w->list[nth % w->n];
	int fd = socket_open(w, &o->endpoint, SOCK_DGRAM, nth, faults);
	if (fd < 0)
		return -1;
	worker->doors[worker->n_doors - 1].udp =
		udp_new(&worker->server, fd, listen_is_wildcard(&o->endpoint.addr));
	w->drops = mem_grow(w->drops, &w->cap_drops, w->n_drops + 1, sizeof(*w->drops));
	w->drops[w->n_drops] = (struct listen_drops){o->listen, {.fd = fd}};
	w->n_drops += is_apart(w, &o->endpoint, SOCK_DGRAM, nth);
	o->endpoint.port = listen_port(fd);
	return fd;
}

/* A worker's sockets, without UDP where it is TLS. False with a fault. */
static bool door_open(struct workers *w, struct opening *o, unsigned nth, struct faults *faults)
{
	struct worker *worker = &w->list[nth % w->n];
	int udp = -1;
	worker->doors =
		mem_grow(worker->doors, &worker->cap_doors, worker->n_doors + 1, sizeof(*worker->doors));
	worker->doors[worker->n_doors++] = (struct door){.listen = o->listen};
	if (o->tls == NULL && (udp = udp_open(w, o, nth, faults)) < 0)
		return false;
	int tcp = socket_open(w, &o->endpoint, SOCK_STREAM, nth, faults);
	if (tcp < 0)
		return false;
	worker->doors[worker->n_doors - 1].tcp = tcp_new(&worker->server, tcp, &w->tcp_limits, o->tls);
	if (nth == 0 && udp >= 0)
		listen_tell_buffer(udp, &o->endpoint);
	if (nth == 0 && w->cpus != NULL)
		steer(w, &o->endpoint, udp, tcp);
	return true;
}

/* At least one a worker, and no inherited socket is closed, as connections may wait at it. */
static unsigned listen_doors(const struct workers *w, const struct endpoint *endpoint)
{
	unsigned n = w->n, udp = inherited_count(w->inherited, endpoint, SOCK_DGRAM),
		 tcp = inherited_count(w->inherited, endpoint, SOCK_STREAM);
	n = udp > n ? udp : n;
	return tcp > n ? tcp : n;
}

static bool listen_open(struct workers *w, size_t listen, const struct config *config, struct faults *faults)
{
	const struct endpoint *endpoint = &config->listens[listen];
	struct opening opening = {listen, *endpoint, config_tls(config, listen) ? endpoint : NULL};
	unsigned doors = listen_doors(w, endpoint);
	for (unsigned i = 0; i < doors; i++) {
		if (!door_open(w, &opening, i, faults))
			return false;
	}
	w->ports[listen] = opening.endpoint.port;
	return true;
}

static void skip_warn(const struct endpoint *endpoint, struct faults *faults)
{
	char name[ADDR_TEXT_MAX + 8], address[ADDR_TEXT_MAX];
	snprintf(name, sizeof(name), "listen %s", endpoint_format(endpoint, address));
	fault_warn(faults, (struct spot){.file = name}, "skipped, as this machine has no %s",
		   endpoint->addr.family == FAMILY_V6 ? "IPv6" : "IPv4");
}

/* Is nobody else there, of the types that are not inherited? */
static bool is_free(const struct workers *w, const struct endpoint *endpoint, bool tls, struct faults *faults)
{
	bool udp = tls || inherited_count(w->inherited, endpoint, SOCK_DGRAM) > 0 ||
		   listen_probe(endpoint, SOCK_DGRAM, faults);
	return udp && (inherited_count(w->inherited, endpoint, SOCK_STREAM) > 0 ||
		       listen_probe(endpoint, SOCK_STREAM, faults));
}

/* Opens all that this machine has; one that it lacks is a fault, unless nobody asked for it by name. */
static bool listens_open(struct workers *w, const struct config *config, struct faults *faults)
{
	bool ok = true, *skip = mem_alloc(config->n_listens * sizeof(*skip));
	size_t n_skipped = 0;
	for (size_t i = 0; i < config->n_listens; i++) {
		const struct endpoint *endpoint = &config->listens[i];
		skip[i] = !config->listens_given && !listen_exists(&endpoint->addr);
		n_skipped += skip[i];
		if (skip[i])
			skip_warn(endpoint, faults);
		else
			ok &= is_free(w, endpoint, config_tls(config, i) != NULL, faults);
	}
	for (size_t i = 0; ok && i < config->n_listens; i++)
		ok = skip[i] || listen_open(w, i, config, faults);
	free(skip);
	if (n_skipped == config->n_listens)
		fault_add(faults, (struct spot){.file = "listen"}, "this machine has neither IPv4 nor IPv6");
	return ok && n_skipped < config->n_listens;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Leaves the sockets; what they have received, and connections, are finished. */
static void retire(struct worker *worker)
{
	static const struct timeval look = {.tv_usec = RETIRE_LOOK_MS * 1000};
	for (struct door *d = worker->doors; d < worker->doors + worker->n_doors; d++) {
		if (d->udp != NULL) {
			udp_drain(d->udp);
			udp_free(d->udp);
			d->udp = NULL;
		}
		tcp_retire(d->tcp);
	}
	worker->retire_until_ms = now_ms() + RETIRE_MS;
	event_add(worker->retiring, &look);
}

static void on_retiring(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct worker *worker = argument;
	unsigned connections = 0;
	for (size_t i = 0; i < worker->n_doors; i++)
		connections += tcp_connections(worker->doors[i].tcp);
	if (connections == 0 || now_ms() > worker->retire_until_ms)
		event_base_loopbreak(worker->server.base);
}

static void on_ordered(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct worker *worker = argument;
	uint64_t times = 0;
	ssize_t ignored = read(fd, &times, sizeof(times));
	(void)ignored;
	worker->heard += times;
	bypass_join(worker->all->bypass, &worker->server, worker->number);
	if (worker->all->order == ORDER_STOP)
		event_base_loopbreak(worker->server.base);
	else if (worker->all->order == ORDER_RETIRE && !evtimer_pending(worker->retiring, NULL))
		retire(worker);
}

static void worker_init(struct workers *w, unsigned number)
{
	struct worker *worker = &w->list[number];
	worker->all = w;
	worker->number = number;
	worker->server.base = loop_new(w->n_listens);
	worker->server.publisher = &w->publisher;
	worker->server.hazard = &w->publisher.hazards[number];
	worker->server.responder = mem_alloc_apart(sizeof(*worker->server.responder));
	worker->server.responder->worker = number;
	worker->server.input = mem_alloc(STREAM_INPUT_ROOM);
	worker->server.replies = mem_alloc(STREAM_REPLIES_ROOM);
	picker_seed(&worker->server.responder->picker);
	worker->server.responder->cookie_secret = w->cookie_secret;
	worker->order_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	worker->ordered =
		event_new(worker->server.base, worker->order_fd, EV_READ | EV_PERSIST, on_ordered, worker);
	worker->retiring = event_new(worker->server.base, -1, EV_PERSIST, on_retiring, worker);
	event_add(worker->ordered, NULL);
}

static void worker_free(struct worker *worker)
{
	for (struct door *d = worker->doors; d < worker->doors + worker->n_doors; d++) {
		if (d->udp != NULL)
			udp_free(d->udp);
		if (d->tcp != NULL)
			tcp_free(d->tcp);
	}
	free(worker->doors);
	event_free(worker->ordered);
	event_free(worker->retiring);
	close(worker->order_fd);
	event_base_free(worker->server.base);
	free(worker->server.responder);
	free(worker->server.input);
	free(worker->server.replies);
}

struct workers *workers_open(const struct config *config, unsigned n, struct inherited *inherited,
			     struct faults *faults)
{
	struct workers *w = mem_alloc_apart(sizeof(*w));
	struct hazard *hazards = mem_alloc_apart(n * sizeof(*hazards));
	size_t errors = faults->errors;
	size_t n_listens = config->n_listens, doors = 0;
	*w = (struct workers){.publisher = {.n = n, .hazards = hazards}, .n_listens = n_listens, .n = n};
	w->inherited = inherited;
	for (size_t i = 0; i < n_listens; i++)
		doors += listen_doors(w, &config->listens[i]);
	w->tcp_limits = limits_of(&config->tcp, n, doors);
	w->bypass = bypass_new(config);
	w->list = mem_alloc(n * sizeof(*w->list));
	w->ports = mem_alloc(n_listens * sizeof(*w->ports));
	w->cpus = cpus_of(&config->cpus, faults);
	random_secret(&w->cookie_secret, sizeof(w->cookie_secret));
	for (unsigned i = 0; i < n; i++) {
		worker_init(w, i);
		w->list[i].server.responder->transfers_max = limits_share(config->tcp.transfers, n);
	}
	if (faults->errors != errors || !listens_open(w, config, faults)) {
		workers_stop(w);
		return NULL;
	}
	return w;
}

struct publisher *workers_publisher(struct workers *w)
{
	return &w->publisher;
}

uint16_t workers_port(const struct workers *w, size_t listen)
{
	return w->ports[listen];
}

uint64_t workers_dropped(struct workers *w, size_t listen)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->n_drops; i++)
		n += w->drops[i].listen == listen ? drops_read(&w->drops[i].drops) : 0;
	return n;
}

void workers_tcp(const struct workers *w, size_t listen, struct tcp_figures *out)
{
	*out = (struct tcp_figures){0};
	for (unsigned i = 0; i < w->n; i++) {
		const struct worker *worker = &w->list[i];
		for (const struct door *d = worker->doors; d < worker->doors + worker->n_doors; d++) {
			if (d->listen == listen)
				tcp_count(d->tcp, out);
		}
	}
}

uint64_t workers_lost_frames(const struct workers *w)
{
	return bypass_lost(w->bypass);
}

const int *workers_sockets(const struct workers *w, size_t *n)
{
	*n = w->n_sockets;
	return w->sockets;
}

/* Answers what has been received, and gives slow readers a moment to take their replies. */
static void drain(struct worker *worker)
{
	int64_t end = now_ms() + DRAIN_MS;
	bypass_drain(worker->all->bypass, worker->number);
	for (bool busy = true; busy && now_ms() < end;) {
		busy = false;
		for (struct door *d = worker->doors; d < worker->doors + worker->n_doors; d++) {
			if (d->udp != NULL)
				udp_drain(d->udp);
			busy |= tcp_drain(d->tcp);
		}
		if (busy)
			usleep(DRAIN_WAIT_MS * 1000);
	}
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	privileges_limit(0);
	if (worker->all->filter != NULL && !filter_apply(worker->all->filter))
		log_warn("a worker's system calls can't be filtered: %s", strerror(errno));
	while (event_base_dispatch(worker->server.base) < 0 && worker->all->order == ORDER_NONE)
		usleep(POLL_AGAIN_US); /* it had no memory for a moment, say */
	drain(worker);
	return NULL;
}

bool workers_start(struct workers *w, struct faults *faults)
{
	w->filter = filter_new(FILTER_WORKER);
	int error = 0;
	for (unsigned i = 0; i < w->n && error == 0; i++) {
		char name[16];
		error = pthread_create(&w->list[i].thread, NULL, run, &w->list[i]);
		w->list[i].running = error == 0;
		snprintf(name, sizeof(name), "gslbd/%u", i % 1000);
		if (error == 0)
			pthread_setname_np(w->list[i].thread, name);
		if (error == 0 && w->cpus != NULL && !cpus_pin(w->list[i].thread, w->cpus[i]))
			log_warn("workers: one can't stay on CPU %u", w->cpus[i]);
	}
	if (error != 0)
		fault_add(faults, (struct spot){.file = "workers"}, "can't start a thread: %s",
			  strerror(error));
	return error == 0;
}

static void have_them_look(struct workers *w)
{
	static const uint64_t one = 1;
	for (unsigned i = 0; i < w->n; i++) {
		ssize_t ignored = write(w->list[i].order_fd, &one, sizeof(one));
		(void)ignored;
		w->list[i].asked++;
	}
}

bool workers_bypass(struct workers *w, const struct config *config, struct faults *faults)
{
	bool all = bypass_open(w->bypass, config, w->n, faults);
	have_them_look(w);
	return all;
}

bool workers_alive(struct workers *w)
{
	bool alive = true;
	for (unsigned i = 0; i < w->n; i++)
		alive &= w->list[i].heard == w->list[i].asked;
	have_them_look(w);
	return alive;
}

static void give_order(struct workers *w, enum orders what)
{
	w->order = what;
	bypass_detach(w->bypass);
	have_them_look(w);
	for (unsigned i = 0; i < w->n; i++) {
		if (w->list[i].running)
			pthread_join(w->list[i].thread, NULL);
		w->list[i].running = false;
	}
}

void workers_retire(struct workers *w)
{
	give_order(w, ORDER_RETIRE);
}

void workers_stop(struct workers *w)
{
	give_order(w, ORDER_STOP);
	bypass_free(w->bypass);
	for (unsigned i = 0; i < w->n; i++)
		worker_free(&w->list[i]);
	free(w->sockets);
	filter_free(w->filter);
	clients_free(w->tcp_limits.clients);
	free(w->list);
	free(w->ports);
	free(w->drops);
	free(w->cpus);
	free(w->publisher.hazards);
	free(w);
}
