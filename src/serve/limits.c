/* SPDX-License-Identifier: ISC */
/* From limits of the server to those of each door. */
#include "serve/limits.h"

#include <sys/resource.h>

enum {
	CONNECTIONS_MIN = 10, /* a door */
	CONNECTIONS_MAX = 1000,
	DESCRIPTORS = 64,         /* for files, the log, the control thread's loop, the admin API */
	DESCRIPTORS_A_WORKER = 6, /* of its loop, and to stop it */
	DESCRIPTORS_A_DOOR = 3,   /* UDP, TCP, and the epoll of its connections */
	TCP_OCTETS = 64 << 20,    /* of memory that a worker's TCP clients may take up */
	TCP_OCTETS_MIN = 1 << 20, /* a door of them */
};

/*
 * Connections that each of `doors` may have, `most` of them: half of the descriptors are for health checks
 * (check/schedule.c), the other half are ours.
 */
static unsigned connections_max(unsigned n_workers, size_t doors, unsigned most)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return most;
	rlim_t ours = limit.rlim_cur / 2;
	rlim_t taken = DESCRIPTORS + n_workers * DESCRIPTORS_A_WORKER + DESCRIPTORS_A_DOOR * doors;
	rlim_t each = ours > taken ? (ours - taken) / doors : 0;
	each = each < CONNECTIONS_MIN ? CONNECTIONS_MIN : each;
	return each < most ? (unsigned)each : most;
}

unsigned limits_share(unsigned all, size_t n)
{
	return (unsigned)((all + n - 1) / n);
}

struct tcp_limits limits_of(const struct tcp_rule *rule, unsigned n_workers, size_t doors)
{
	size_t octets = (size_t)TCP_OCTETS * n_workers / doors;
	unsigned most = rule->connections ? limits_share(rule->connections, doors) : CONNECTIONS_MAX;
	return (struct tcp_limits){.connections = connections_max(n_workers, doors, most),
				   .octets = octets > TCP_OCTETS_MIN ? octets : TCP_OCTETS_MIN,
				   .idle_timeout_ms = rule->idle_ms,
				   .clients = clients_new(rule->per_client)};
}
