/* SPDX-License-Identifier: ISC */
/* Worker threads and their sockets. */
#include "serve/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "process/filter.h"
#include "process/privileges.h"
#include "serve/bypass.h"
#include "serve/cpus.h"
#include "serve/doors.h"
#include "serve/limits.h"
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
#include <unistd.h>

enum {
	DRAIN_MS = 2000, /* for clients to take their replies */
	DRAIN_WAIT_MS = 10,
	RETIRE_MS = 5000, /* what is known of health does not change meanwhile */
	RETIRE_LOOK_MS = 50,
	POLL_AGAIN_US = 10000,
};

enum orders { ORDER_NONE, ORDER_RETIRE, ORDER_STOP };

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
};

struct workers {
	struct publisher publisher;
	unsigned n;
	struct worker *list;
	_Atomic enum orders order;
	unsigned *cpus; /* by worker; NULL: none is pinned */
	struct doors doors;
	struct bypass *bypass;
	struct filter *filter; /* of what they may call; NULL: of nothing */
};

/* The worker's door behind that one, or its first; NULL: there is none. */
static struct door *next_door(const struct worker *worker, const struct door *before)
{
	const struct doors *doors = &worker->all->doors;
	for (size_t i = before ? (size_t)(before - doors->list) + 1 : 0; i < doors->n; i++) {
		if (doors->list[i].worker == worker->number)
			return &doors->list[i];
	}
	return NULL;
}

/* Leaves the sockets; what they have received, and connections, are finished. */
static void retire(struct worker *worker)
{
	static const struct timeval look = {.tv_usec = RETIRE_LOOK_MS * 1000};
	for (struct door *d = NULL; (d = next_door(worker, d)) != NULL;) {
		if (d->udp != NULL) {
			udp_drain(d->udp);
			udp_free(d->udp);
			d->udp = NULL;
		}
		tcp_retire(d->tcp);
	}
	worker->retire_until_ms = clock_ms() + RETIRE_MS;
	event_add(worker->retiring, &look);
}

static void on_retiring(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct worker *worker = argument;
	unsigned connections = 0;
	for (const struct door *d = NULL; (d = next_door(worker, d)) != NULL;)
		connections += tcp_connections(d->tcp);
	if (connections == 0 || clock_ms() > worker->retire_until_ms)
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

static void worker_init(struct workers *w, unsigned number, const struct config *config)
{
	struct worker *worker = &w->list[number];
	worker->all = w;
	worker->number = number;
	worker->server.base = loop_new(config->n_listens);
	worker->server.publisher = &w->publisher;
	worker->server.hazard = &w->publisher.hazards[number];
	worker->server.responder = mem_alloc_apart(sizeof(*worker->server.responder));
	worker->server.responder->worker = number;
	worker->server.input = mem_alloc(STREAM_INPUT_ROOM);
	worker->server.replies = mem_alloc(STREAM_REPLIES_ROOM);
	worker->server.responder->transfers_max = limits_share(config->tcp.transfers, w->n);
	picker_seed(&worker->server.responder->picker);
	worker->order_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	worker->ordered =
		event_new(worker->server.base, worker->order_fd, EV_READ | EV_PERSIST, on_ordered, worker);
	worker->retiring = event_new(worker->server.base, -1, EV_PERSIST, on_retiring, worker);
	event_add(worker->ordered, NULL);
}

static void worker_free(struct worker *worker)
{
	doors_close(&worker->all->doors, worker->number);
	event_free(worker->ordered);
	event_free(worker->retiring);
	close(worker->order_fd);
	event_base_free(worker->server.base);
	free(worker->server.responder);
	free(worker->server.input);
	free(worker->server.replies);
}

struct workers *workers_open(const struct config *config, unsigned n, struct inherited *inherited,
			     const struct cookie_secret *secret, struct faults *faults)
{
	struct workers *w = mem_alloc_apart(sizeof(*w));
	struct hazard *hazards = mem_alloc_apart(n * sizeof(*hazards));
	size_t errors = faults->errors;
	*w = (struct workers){.publisher = {.n = n, .hazards = hazards}, .n = n};
	w->bypass = bypass_new(config);
	w->list = mem_alloc(n * sizeof(*w->list));
	w->cpus = cpus_of(&config->cpus, faults);
	struct server **servers = mem_alloc(n * sizeof(struct server *));
	for (unsigned i = 0; i < n; i++) {
		worker_init(w, i, config);
		w->list[i].server.responder->cookie_secret = *secret;
		servers[i] = &w->list[i].server;
	}
	const struct doors_setup setup = {config, inherited, n, servers, w->cpus};
	bool ok = faults->errors == errors && doors_open(&w->doors, &setup, faults);
	free(servers);
	if (!ok) {
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
	return w->doors.ports[listen];
}

uint64_t workers_dropped(struct workers *w, size_t listen)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->doors.n_drops; i++) {
		struct listen_drops *drops = &w->doors.drops[i];
		if (drops->listen != listen)
			continue;
		n += w->order == ORDER_NONE ? drops_read(&drops->drops)
					    : drops->drops.n; /* who retires closes it */
	}
	return n;
}

void workers_tcp(const struct workers *w, size_t listen, struct tcp_figures *out)
{
	*out = (struct tcp_figures){0};
	for (const struct door *d = w->doors.list; d < w->doors.list + w->doors.n; d++) {
		if (d->listen == listen)
			tcp_count(d->tcp, out);
	}
}

uint64_t workers_lost_frames(const struct workers *w)
{
	return bypass_lost(w->bypass);
}

const int *workers_sockets(const struct workers *w, size_t *n)
{
	*n = w->doors.n_sockets;
	return w->doors.sockets;
}

/* Answers what has been received, and gives slow readers a moment to take their replies. */
static void drain(struct worker *worker)
{
	int64_t end = clock_ms() + DRAIN_MS;
	bypass_drain(worker->all->bypass, worker->number);
	for (bool busy = true; busy && clock_ms() < end;) {
		busy = false;
		for (const struct door *d = NULL; (d = next_door(worker, d)) != NULL;) {
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
}

static void join(struct workers *w)
{
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
	if (w->order == ORDER_RETIRE)
		join(w);
	give_order(w, ORDER_STOP);
	join(w);
	bypass_free(w->bypass);
	for (unsigned i = 0; i < w->n; i++)
		worker_free(&w->list[i]);
	filter_free(w->filter);
	free(w->list);
	doors_free(&w->doors);
	free(w->cpus);
	free(w->publisher.hazards);
	free(w);
}
