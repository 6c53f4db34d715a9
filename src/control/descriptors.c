/* SPDX-License-Identifier: ISC */
/* How many descriptors there are, and for what. */
#include "control/descriptors.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/plural.h"
#include "check/schedule.h"
#include "serve/limits.h"

#include <inttypes.h>

enum { CONNECTIONS_FEW = 100 }; /* a door, where no number was asked for */

/* Each check and each TCP connection takes one; the soft limit is low for the sake of old programs only. */
rlim_t descriptors_raise(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return RLIM_INFINITY;
	rlim_t before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return before;
}

static rlim_t limit_now(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

bool descriptors_suffice(unsigned workers, size_t listens, struct faults *faults)
{
	rlim_t limit = limit_now(), need = limits_descriptors(workers, workers * listens);
	if (limit >= need)
		return true;
	fault_add(faults, (struct spot){.file = "open files"},
		  "the limit is %" PRIu64 ", but %u worker%s on %zu listen%s need%s %" PRIu64
		  ": raise it (LimitNOFILE= of the unit, or ulimit -n)%s",
		  (uint64_t)limit, workers, plural(workers), listens, plural(listens),
		  workers == 1 ? "s" : "", (uint64_t)need, workers > 1 ? ", or have fewer workers" : "");
	return false;
}

void descriptors_tell(const struct config *config, unsigned workers, unsigned targets)
{
	size_t doors = workers * config->n_listens, asked = config->tcp.connections;
	size_t wanted = asked ? asked : CONNECTIONS_FEW * doors;
	size_t connections = doors * limits_connections(&config->tcp, workers, doors);
	size_t checks = targets < SCHEDULE_AT_ONCE ? targets : SCHEDULE_AT_ONCE;
	size_t at_once = schedule_at_once(), most = limits_descriptors(workers, doors) + wanted;
	if (connections >= wanted && at_once >= checks)
		return;
	most = most > checks + DESCRIPTORS_KEPT ? most : checks + DESCRIPTORS_KEPT;
	log_warn("open files: the limit of %" PRIu64 " leaves room for %zu TCP connection%s and %zu check%s "
		 "at once; LimitNOFILE=%zu (ulimit -n) would do for %zu and %zu",
		 (uint64_t)limit_now(), connections, plural(connections), at_once, plural(at_once), 2 * most,
		 wanted, checks);
}
