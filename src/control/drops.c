/* SPDX-License-Identifier: ISC */
/* Tells where queries come faster than they are answered. */
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"

enum { QUIET_S = 60 }; /* after something was said of a listen */

static void tell(const struct control *c, size_t i, uint64_t n)
{
	struct endpoint listen = c->opened.listens[i].endpoint;
	char address[ADDR_TEXT_MAX];
	listen.port = workers_port(c->workers, i);
	log_warn("listen %s: the kernel has dropped %llu %s that came faster than they were answered; "
		 "gslbd_udp_dropped_total counts on",
		 endpoint_format(&listen, address), (unsigned long long)n, n == 1 ? "query" : "queries");
}

void control_tell_drops(struct control *c)
{
	if (c->drops == NULL)
		c->drops = mem_alloc(c->opened.n_listens * sizeof(*c->drops));
	for (size_t i = 0; i < c->opened.n_listens; i++) {
		struct drops_told *told = &c->drops[i];
		uint64_t n = workers_dropped(c->workers, i);
		if (n == told->n || (told->second > 0 && c->seconds - told->second < QUIET_S))
			continue;
		tell(c, i, n - told->n);
		*told = (struct drops_told){n, c->seconds};
	}
}
