/* SPDX-License-Identifier: ISC */
/* Which of the kernel's ways to wait suits a worker. */
#include "serve/loop.h"

#include <event2/event.h>

enum { POLLED_MAX = 16 }; /* listens */

/*
 * The kernel tells epoll of every packet that a socket gets and of every reply that has left it, busy or not:
 * 3 % of a query's time. poll() is told only while it waits, but looks at each socket then.
 */
struct event_base *loop_new(size_t n_listens)
{
	struct event_config *config = event_config_new();
	if (n_listens <= POLLED_MAX)
		event_config_avoid_method(config, "epoll");
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}
