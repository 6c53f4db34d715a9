/* SPDX-License-Identifier: ISC */
/* Opening the sockets of listens. */
#include "serve/doors.h"
#include "base/log.h"
#include "base/memory.h"
#include "process/inherit.h"
#include "serve/clients.h"
#include "serve/cpus.h"
#include "serve/limits.h"
#include "serve/listen.h"
#include "serve/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a CPU receives goes to its worker, of both groups of sockets. */
static void steer(const struct doors_setup *setup, const struct endpoint *endpoint, int udp, int tcp)
{
	char address[ADDR_TEXT_MAX];
	if ((udp >= 0 && !cpus_steer(udp, setup->cpus, setup->n_workers)) ||
	    !cpus_steer(tcp, setup->cpus, setup->n_workers))
		log_warn("listen %s: queries are not handed to the worker of the CPU that receives them: %s",
			 endpoint_format(endpoint, address), strerror(errno));
}

/* A listen whose sockets are being opened. */
struct opening {
	const struct doors_setup *setup;
	size_t listen;
	struct endpoint endpoint;   /* with its port, once the first is open */
	const struct endpoint *tls; /* the listen's, where it is over TLS; else NULL */
};

/* Is socket number `nth` one that no lower number shares? */
static bool is_apart(const struct opening *o, int type, unsigned nth)
{
	unsigned inherited = inherited_count(o->setup->inherited, &o->endpoint, type);
	return inherited == 0 || nth < inherited;
}

/* Opens socket number `nth`, or takes it over. */
static int socket_open(struct doors *d, const struct opening *o, int type, unsigned nth,
		       struct faults *faults)
{
	int fd = listen_take(o->setup->inherited, &o->endpoint, type, nth, faults);
	d->sockets = mem_grow(d->sockets, &d->cap_sockets, d->n_sockets + 1, sizeof(*d->sockets));
	d->sockets[d->n_sockets] = fd;
	d->n_sockets += fd >= 0 && is_apart(o, type, nth);
	return fd;
}

/* The socket for UDP of one door; -1 with a fault. */
static int udp_open(struct doors *d, struct opening *o, unsigned nth, struct faults *faults)
{
	struct door *door = &d->list[d->n - 1];
	int fd = socket_open(d, o, SOCK_DGRAM, nth, faults);
	if (fd < 0)
		return -1;
	door->udp = udp_new(o->setup->servers[door->worker], fd, listen_is_wildcard(&o->endpoint.addr));
	d->drops = mem_grow(d->drops, &d->cap_drops, d->n_drops + 1, sizeof(*d->drops));
	d->drops[d->n_drops] = (struct listen_drops){o->listen, {.fd = fd}};
	d->n_drops += is_apart(o, SOCK_DGRAM, nth);
	o->endpoint.port = listen_port(fd);
	return fd;
}

/* Number `nth` of a listen, without UDP where it is TLS. False with a fault. */
static bool door_open(struct doors *d, struct opening *o, unsigned nth, struct faults *faults)
{
	unsigned worker = nth % o->setup->n_workers;
	int udp = -1;
	d->list = mem_grow(d->list, &d->cap, d->n + 1, sizeof(*d->list));
	d->list[d->n++] = (struct door){.listen = o->listen, .worker = worker};
	if (o->tls == NULL && (udp = udp_open(d, o, nth, faults)) < 0)
		return false;
	int tcp = socket_open(d, o, SOCK_STREAM, nth, faults);
	if (tcp < 0)
		return false;
	d->list[d->n - 1].tcp = tcp_new(o->setup->servers[worker], tcp, &d->limits, o->tls);
	if (nth == 0 && udp >= 0)
		listen_tell_buffer(udp, &o->endpoint);
	if (nth == 0 && o->setup->cpus != NULL)
		steer(o->setup, &o->endpoint, udp, tcp);
	return true;
}

static unsigned doors_of(const struct doors_setup *setup, const struct endpoint *endpoint)
{
	unsigned n = setup->n_workers, udp = inherited_count(setup->inherited, endpoint, SOCK_DGRAM),
		 tcp = inherited_count(setup->inherited, endpoint, SOCK_STREAM);
	n = udp > n ? udp : n;
	return tcp > n ? tcp : n;
}

static bool listen_open(struct doors *d, const struct doors_setup *setup, size_t listen,
			struct faults *faults)
{
	const struct endpoint *endpoint = &setup->config->listens[listen];
	struct opening opening = {setup, listen, *endpoint,
				  config_tls(setup->config, listen) ? endpoint : NULL};
	unsigned doors = doors_of(setup, endpoint);
	for (unsigned i = 0; i < doors; i++) {
		if (!door_open(d, &opening, i, faults))
			return false;
	}
	d->ports[listen] = opening.endpoint.port;
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
static bool is_free(const struct inherited *inherited, const struct endpoint *endpoint, bool tls,
		    struct faults *faults)
{
	bool udp = tls || inherited_count(inherited, endpoint, SOCK_DGRAM) > 0 ||
		   listen_probe(endpoint, SOCK_DGRAM, faults);
	return udp && (inherited_count(inherited, endpoint, SOCK_STREAM) > 0 ||
		       listen_probe(endpoint, SOCK_STREAM, faults));
}

static struct tcp_limits limits_for(const struct doors_setup *setup)
{
	size_t doors = 0;
	for (size_t i = 0; i < setup->config->n_listens; i++)
		doors += doors_of(setup, &setup->config->listens[i]);
	return limits_of(&setup->config->tcp, setup->n_workers, doors);
}

bool doors_open(struct doors *d, const struct doors_setup *setup, struct faults *faults)
{
	const struct config *config = setup->config;
	bool ok = true, *skip = mem_alloc(config->n_listens * sizeof(*skip));
	size_t n_skipped = 0;
	*d = (struct doors){.limits = limits_for(setup)};
	d->ports = mem_alloc(config->n_listens * sizeof(*d->ports));
	for (size_t i = 0; i < config->n_listens; i++) {
		const struct endpoint *endpoint = &config->listens[i];
		skip[i] = !config->listens_given && !listen_exists(&endpoint->addr);
		n_skipped += skip[i];
		if (skip[i])
			skip_warn(endpoint, faults);
		else
			ok &= is_free(setup->inherited, endpoint, config_tls(config, i) != NULL, faults);
	}
	for (size_t i = 0; ok && i < config->n_listens; i++)
		ok = skip[i] || listen_open(d, setup, i, faults);
	free(skip);
	if (n_skipped == config->n_listens)
		fault_add(faults, (struct spot){.file = "listen"}, "this machine has neither IPv4 nor IPv6");
	return ok && n_skipped < config->n_listens;
}

void doors_close(struct doors *d, unsigned worker)
{
	for (size_t i = 0; i < d->n; i++) {
		struct door *door = &d->list[i];
		if (door->worker != worker)
			continue;
		if (door->udp != NULL)
			udp_free(door->udp);
		if (door->tcp != NULL)
			tcp_free(door->tcp);
	}
}

void doors_free(struct doors *d)
{
	clients_free(d->limits.clients);
	free(d->list);
	free(d->sockets);
	free(d->drops);
	free(d->ports);
}
