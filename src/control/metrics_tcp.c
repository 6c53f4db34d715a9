/* SPDX-License-Identifier: ISC */
/* Metrics of connections. */
#include "admin/metrics.h"
#include "control/server.h"

static const char *const closings[CLOSINGS] = {
	[CLOSING_DONE] = "done",         [CLOSING_BROKEN] = "broken",   [CLOSING_IDLE] = "idle",
	[CLOSING_SLOW] = "slow",         [CLOSING_CROWDED] = "crowded", [CLOSING_MEMORY] = "memory",
	[CLOSING_CLIENT] = "per_client", [CLOSING_END] = "end",
};

static void add(struct tcp_figures *to, const struct tcp_figures *more)
{
	to->open += more->open;
	to->opened += more->opened;
	for (unsigned why = 0; why < CLOSINGS; why++)
		to->closed[why] += more->closed[why];
}

void metrics_write_tcp(const struct control *c, struct metrics_text *out)
{
	static const char *const transports[] = {"tcp", "tls"};
	struct tcp_figures sums[2] = {0};
	for (size_t i = 0; c->workers != NULL && i < c->opened.n_listens; i++) {
		struct tcp_figures figures;
		workers_tcp(c->workers, i, &figures);
		add(&sums[c->opened.listens[i].tls], &figures);
	}
	struct metrics head = metrics_begin(out, "gslbd_connections", METRICS_GAUGE,
					    "Connections of clients that are open.");
	for (unsigned tls = 0; tls < 2; tls++)
		metrics_count(&head, &(struct metrics_label){"transport", transports[tls]}, 1,
			      sums[tls].open);
	head = metrics_begin(out, "gslbd_connections_opened_total", METRICS_COUNTER,
			     "Connections that were accepted.");
	for (unsigned tls = 0; tls < 2; tls++)
		metrics_count(&head, &(struct metrics_label){"transport", transports[tls]}, 1,
			      sums[tls].opened);
	head = metrics_begin(out, "gslbd_connections_closed_total", METRICS_COUNTER,
			     "Connections that were closed, by the reason.");
	for (unsigned i = 0; i < 2 * CLOSINGS; i++) {
		const struct metrics_label labels[] = {{"transport", transports[i / CLOSINGS]},
						       {"reason", closings[i % CLOSINGS]}};
		metrics_count(&head, labels, 2, sums[i / CLOSINGS].closed[i % CLOSINGS]);
	}
}
