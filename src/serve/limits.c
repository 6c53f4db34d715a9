/* SPDX-License-Identifier: ISC */
/* From limits of the server to those of each door. */
#include "serve/limits.h"
#include "base/descriptors.h"
#include "base/room.h"

#include <sys/resource.h>

enum {
	CONNECTIONS_MAX = 1000,   /* a door */
	DESCRIPTORS_A_WORKER = 5, /* of its loop, and to stop it */
	DESCRIPTORS_A_DOOR = 3,   /* UDP, TCP, and the epoll of its connections */
	TCP_OCTETS = 64 << 20,    /* of memory that a worker's TCP clients may take up */
	TCP_OCTETS_MIN = 1 << 20, /* a door of them */
	ROOM_SHARE = 4,           /* the part of the memory that is left at the start, where that is less */
};

rlim_t limits_descriptors(unsigned n_workers, size_t doors)
{
	return DESCRIPTORS_KEPT + n_workers * DESCRIPTORS_A_WORKER + DESCRIPTORS_A_DOOR * doors;
}

/* Half of the descriptors are for health checks (check/schedule.c), the other half are ours. */
unsigned limits_connections(const struct tcp_rule *rule, unsigned n_workers, size_t doors)
{
	unsigned most = rule->connections ? limits_share(rule->connections, doors) : CONNECTIONS_MAX;
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return most;
	rlim_t ours = limit.rlim_cur / 2, taken = limits_descriptors(n_workers, doors) - DESCRIPTORS_KEPT / 2;
	rlim_t each = ours > taken ? (ours - taken) / doors : 0;
	each = each == 0 ? 1 : each;
	return each < most ? (unsigned)each : most;
}

unsigned limits_share(unsigned all, size_t n)
{
	return (unsigned)((all + n - 1) / n);
}

struct tcp_limits limits_of(const struct tcp_rule *rule, unsigned n_workers, size_t doors)
{
	uint64_t left = room_left().octets / ROOM_SHARE, all = (uint64_t)TCP_OCTETS * n_workers;
	size_t octets = (size_t)(all < left ? all : left) / doors;
	return (struct tcp_limits){.connections = limits_connections(rule, n_workers, doors),
				   .octets = octets > TCP_OCTETS_MIN ? octets : TCP_OCTETS_MIN,
				   .idle_timeout_ms = rule->idle_ms,
				   .clients = clients_new(rule->per_client)};
}
