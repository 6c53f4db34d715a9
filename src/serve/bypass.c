/* SPDX-License-Identifier: ISC */
/* Which interfaces and queues there are, and which worker has them. */
#include "serve/bypass.h"
#include "base/log.h"
#include "base/memory.h"
#include "serve/listen.h"
#include "serve/xdp.h"
#include "xdp/filter.h"
#include "xdp/xsk.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One queue of an interface, on cache lines of its own: its worker writes there for each frame. */
struct queue {
	_Alignas(128) struct xsk xsk;
	unsigned worker;
	struct xdp *xdp; /* NULL until the worker has joined */
};

struct tap {
	_Atomic bool open; /* all below is for the workers to read */
	struct interface interface;
	struct filter filter;
	unsigned n; /* queues that are open */
	struct queue *queues;
};

struct bypass {
	size_t n;
	struct tap *taps; /* by the config's bypasses; of those that share an interface, the first has it */
};

static bool add_endpoint(const struct tap *tap, const struct endpoint *endpoint, char *why)
{
	if (filter_add_endpoint(&tap->filter, endpoint))
		return true;
	snprintf(why, XDP_WHY_MAX, "adding an address: %s", strerror(errno));
	return false;
}

/* The addresses that the interface has now: those of others may be reached by a way that is not straight
 * back. */
static bool add_own(const struct tap *tap, const struct endpoint *wildcard, char *why)
{
	struct ifaddrs *list;
	bool ok = true;
	if (getifaddrs(&list) != 0) {
		snprintf(why, XDP_WHY_MAX, "its addresses: %s", strerror(errno));
		return false;
	}
	for (const struct ifaddrs *a = list; a != NULL && ok; a = a->ifa_next) {
		struct endpoint endpoint = {0};
		if (a->ifa_addr == NULL || strcmp(a->ifa_name, tap->interface.name) != 0)
			continue;
		endpoint_from_sockaddr(a->ifa_addr, &endpoint);
		endpoint.port = wildcard->port;
		if (endpoint.addr.family == wildcard->addr.family)
			ok = add_endpoint(tap, &endpoint, why);
	}
	freeifaddrs(list);
	return ok;
}

static bool add_endpoints(const struct tap *tap, const struct config *config, char *why)
{
	bool ok = true;
	for (size_t i = 0; i < config->n_bypasses && ok; i++) {
		const struct endpoint *endpoint = &config->listens[config->bypasses[i].listen];
		if (strcmp(config->bypasses[i].interface, tap->interface.name) != 0)
			continue;
		ok = listen_is_wildcard(&endpoint->addr) ? add_own(tap, endpoint, why)
							 : add_endpoint(tap, endpoint, why);
	}
	return ok;
}

static bool add_queues(struct tap *tap, char *why)
{
	tap->queues = mem_alloc_apart(tap->interface.queues * sizeof(*tap->queues));
	for (unsigned i = 0; i < tap->interface.queues; i++) {
		struct xsk *xsk = &tap->queues[i].xsk;
		if (!xsk_open(xsk, &tap->interface, i, tap->filter.generic, why))
			return false;
		tap->n++;
		if (!filter_add_socket(&tap->filter, i, xsk->fd)) {
			snprintf(why, XDP_WHY_MAX, "socket of queue %u: %s", i, strerror(errno));
			return false;
		}
	}
	return true;
}

static void tap_close(struct tap *tap)
{
	filter_close(&tap->filter);
	for (unsigned i = 0; i < tap->n; i++) {
		if (tap->queues[i].xdp != NULL)
			xdp_free(tap->queues[i].xdp);
		xsk_close(&tap->queues[i].xsk);
	}
	free(tap->queues);
	tap->queues = NULL;
	tap->n = 0;
}

static bool tap_open(struct tap *tap, const char *interface, const struct config *config,
		     struct faults *faults)
{
	char why[XDP_WHY_MAX] = "", name[sizeof("xdp=") + sizeof(tap->interface.name)];
	const struct spot at = {.file = name};
	snprintf(name, sizeof(name), "xdp=%s", interface);
	bool ok = interface_read(interface, &tap->interface, why) &&
		  filter_load(&tap->filter, tap->interface.mac, tap->interface.queues, why) &&
		  filter_attach(&tap->filter, tap->interface.index, why);
	if (ok && tap->filter.generic)
		fault_warn(faults, at, "%s: in generic mode, which is slower", why);
	if (!ok || !add_queues(tap, why) || !add_endpoints(tap, config, why)) {
		fault_add(faults, at, "%s: its packets go through ordinary sockets", why);
		tap_close(tap);
		return false;
	}
	log_info("%s: %u queue%s, %s, %s", name, tap->n, tap->n == 1 ? "" : "s",
		 tap->filter.generic ? "generic mode" : "in the driver",
		 tap->queues[0].xsk.zero_copy ? "without copies" : "copied");
	return true;
}

/* Has a listen before that one the same interface? */
static bool named_before(const struct config *config, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (strcmp(config->bypasses[j].interface, config->bypasses[i].interface) == 0)
			return true;
	}
	return false;
}

struct bypass *bypass_new(const struct config *config)
{
	struct bypass *bypass = mem_alloc(sizeof(*bypass));
	bypass->n = config->n_bypasses;
	bypass->taps = mem_alloc(bypass->n * sizeof(*bypass->taps));
	for (size_t i = 0; i < bypass->n; i++)
		bypass->taps[i].filter = FILTER_NONE;
	return bypass;
}

/* Spreads the queues of all interfaces over the workers. */
static void spread(struct tap *tap, unsigned *number, unsigned n_workers)
{
	for (unsigned i = 0; i < tap->n; i++)
		tap->queues[i].worker = (*number)++ % n_workers;
}

bool bypass_open(struct bypass *bypass, const struct config *config, unsigned n_workers,
		 struct faults *faults)
{
	unsigned number = 0;
	bool all = true;
	for (size_t i = 0; i < bypass->n; i++) {
		struct tap *tap = &bypass->taps[i];
		if (named_before(config, i))
			continue;
		if (!tap->open && tap_open(tap, config->bypasses[i].interface, config, faults)) {
			spread(tap, &number, n_workers);
			tap->open = true;
		} else {
			number += tap->n;
		}
		all &= tap->open;
	}
	return all;
}

void bypass_join(struct bypass *bypass, struct server *server, unsigned worker)
{
	for (size_t i = 0; i < bypass->n; i++) {
		struct tap *tap = &bypass->taps[i];
		for (unsigned j = 0; tap->open && j < tap->n; j++) {
			struct queue *queue = &tap->queues[j];
			if (queue->worker == worker && queue->xdp == NULL)
				queue->xdp = xdp_new(server, &queue->xsk, tap->interface.mtu);
		}
	}
}

void bypass_detach(struct bypass *bypass)
{
	for (size_t i = 0; i < bypass->n; i++)
		filter_detach(&bypass->taps[i].filter);
}

void bypass_drain(struct bypass *bypass, unsigned worker)
{
	for (size_t i = 0; i < bypass->n; i++) {
		struct tap *tap = &bypass->taps[i];
		for (unsigned j = 0; tap->open && j < tap->n; j++) {
			if (tap->queues[j].worker == worker && tap->queues[j].xdp != NULL)
				xdp_drain(tap->queues[j].xdp);
		}
	}
}

void bypass_free(struct bypass *bypass)
{
	for (size_t i = 0; i < bypass->n; i++)
		tap_close(&bypass->taps[i]);
	free(bypass->taps);
	free(bypass);
}

uint64_t bypass_lost(const struct bypass *bypass)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < bypass->n; i++) {
		for (unsigned j = 0; j < bypass->taps[i].n; j++)
			lost += xsk_lost(&bypass->taps[i].queues[j].xsk);
	}
	return lost;
}
