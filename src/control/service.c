/* SPDX-License-Identifier: ISC */
/* What the service manager is told. A successor is not yet its service while it gets ready: there the process
 * before speaks for it. */
#include "base/clock.h"
#include "base/log.h"
#include "control/server.h"
#include "process/notify.h"

#include <event2/event.h>

enum { US_A_SECOND = 1000000 };

static void on_watchdog(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct control *c = argument;
	if (c->workers == NULL || workers_alive(c->workers))
		notify_send("WATCHDOG=1");
	else
		log_error("a worker does not come round; the watchdog is not told that all is well");
}

void service_watch(struct control *c)
{
	uint64_t us = notify_watchdog_us() / 2;
	struct timeval half = {.tv_sec = (time_t)(us / US_A_SECOND),
			       .tv_usec = (suseconds_t)(us % US_A_SECOND)};
	if (us == 0)
		return;
	c->watchdog = event_new(c->base, -1, EV_PERSIST, on_watchdog, c);
	evtimer_add(c->watchdog, &half);
}

void service_ready(struct control *c)
{
	const struct world *world = control_world(c);
	const struct reload_record *r = &c->reloads;
	notify_send("READY=1\nSTATUS=serving, zones: %zu, targets: %u, workers: %u%s", world->config->n_zones,
		    world->roster->n_targets, c->n_workers,
		    r->last_ms && !r->last_ok ? "; the last reload failed" : "");
}

void service_reloading(const struct control *c)
{
	if (c->workers != NULL)
		notify_send("RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_ns() / 1000));
}

void service_stopping(const struct control *c)
{
	if (c->watchdog != NULL)
		evtimer_del(c->watchdog);
	if (c->upgrade.successor == 0)
		notify_send("STOPPING=1\nSTATUS=stopping");
}
