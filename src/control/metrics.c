/* SPDX-License-Identifier: ISC */
/* Prometheus metrics: what workers have counted, in this world and in those before, and what control knows.
 */
#include "admin/metrics.h"
#include "base/clock.h"
#include "control/server.h"
#include "wire/types.h"
#include "wire/rcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = NAME_TEXT_MAX + 128 };

/* Keys of totals are the labels' values, separated by this; the first letter says of which metric. */
#define SEPARATOR '\x1f'

struct keeping {
	const struct world *world;
	struct totals *into;
};

static const char *const transports[] = {
	[TRANSPORT_UDP] = "udp", [TRANSPORT_XDP] = "xdp", [TRANSPORT_TCP] = "tcp", [TRANSPORT_TLS] = "tls"};

static void keep_query(void *context, const struct tally_key *key, uint64_t count)
{
	const struct keeping *k = context;
	char zone[NAME_TEXT_MAX] = "", text[KEY_MAX];
	if (key->zone < k->world->zones->n)
		name_format(k->world->zones->list[key->zone]->apex->octets, zone);
	snprintf(text, sizeof(text), "q%c%s%c%s%c%s%c%s", SEPARATOR, zone, SEPARATOR,
		 tally_type_text(key->type), SEPARATOR, rcode_text(key->rcode), SEPARATOR,
		 transports[key->transport]);
	totals_add(k->into, text, count);
}

static void keep_answers(const struct keeping *k, const struct tally *tally)
{
	const struct roster *roster = k->world->roster;
	for (uint32_t i = 0; i < roster->n_sets; i++) {
		const struct roster_set *set = &roster->sets[i];
		for (uint32_t j = 0; j < set->n; j++) {
			uint64_t count = atomic_load_explicit(&tally->members[set->first_member + j],
							      memory_order_relaxed);
			int datacenter = roster->slots[set->slots[j]].datacenter;
			char text[KEY_MAX];
			if (count == 0)
				continue;
			int name_len = (int)(strrchr(set->name, ' ') - set->name);
			snprintf(text, sizeof(text), "a%c%.*s%c%s%c%s", SEPARATOR, name_len, set->name,
				 SEPARATOR, set->name + name_len + 1, SEPARATOR,
				 datacenter == CONFIG_NONE ? "*"
							   : roster->config->datacenters[datacenter].name);
			totals_add(k->into, text, count);
		}
	}
}

static const char *const counter_names[COUNTERS] = {
	[COUNTER_DROPPED] = "dropped",
	[COUNTER_TRUNCATED] = "truncated",
	[COUNTER_SUBNET] = "subnet",
	[COUNTER_ALL_DOWN] = "all_down",
	[COUNTER_TRANSFERS] = "transfers",
	[COUNTER_TRANSFERS_REFUSED] = "transfers_refused",
	[COUNTER_TRANSFERS_LIMITED] = "transfers_limited",
	[COUNTER_TSIG_REFUSED] = "tsig_refused",
	[COUNTER_PROXY_MALFORMED] = "proxy_malformed",
};

static const char *const limit_kinds[LIMIT_KINDS] = {[LIMIT_ANSWERS] = "answers",
						     [LIMIT_REFERRALS] = "referrals",
						     [LIMIT_NODATA] = "nodata",
						     [LIMIT_NXDOMAINS] = "nxdomains",
						     [LIMIT_ERRORS] = "errors"};
static const char *const limit_actions[LIMIT_ACTIONS] = {
	[LIMIT_DROPPED] = "dropped", [LIMIT_SLIPPED] = "slipped", [LIMIT_LOGGED] = "logged"};

static void keep_limited(const struct tally *tally, struct totals *into)
{
	for (unsigned i = 0; i < LIMIT_KINDS * LIMIT_ACTIONS; i++) {
		unsigned kind = i / LIMIT_ACTIONS, action = i % LIMIT_ACTIONS;
		uint64_t count = atomic_load_explicit(&tally->limited[kind][action], memory_order_relaxed);
		char text[32];
		snprintf(text, sizeof(text), "l%c%s%c%s", SEPARATOR, limit_kinds[kind], SEPARATOR,
			 limit_actions[action]);
		if (count > 0)
			totals_add(into, text, count);
	}
}

void metrics_keep(const struct control *c, const struct world *world, struct tally *const *tallies,
		  struct totals *into)
{
	struct keeping k = {world, into};
	for (unsigned i = 0; i < c->n_workers; i++) {
		tally_walk(tallies[i], keep_query, &k);
		keep_answers(&k, tallies[i]);
		keep_limited(tallies[i], into);
		for (unsigned j = 0; j < COUNTERS; j++) {
			char text[32];
			snprintf(text, sizeof(text), "c%c%s", SEPARATOR, counter_names[j]);
			totals_add(into, text,
				   atomic_load_explicit(&tallies[i]->counters[j], memory_order_relaxed));
		}
	}
}

/* A walk that writes the totals of one metric. */
struct writing {
	struct metrics metric;
	char letter;
	const char *const *labels;
	size_t n;
};

static void write_total(void *context, const char *key, uint64_t count)
{
	const struct writing *w = context;
	struct metrics_label labels[4];
	char text[KEY_MAX], *value = text + 2;
	if (key[0] != w->letter)
		return;
	snprintf(text, sizeof(text), "%s", key);
	for (size_t i = 0; i < w->n; i++) {
		char *end = strchr(value, SEPARATOR);
		labels[i] = (struct metrics_label){w->labels[i], value};
		if (end != NULL)
			*end = '\0';
		value = end ? end + 1 : value;
	}
	metrics_count(&w->metric, labels, w->n, count);
}

static void write_totals(const struct totals *totals, const struct writing *w)
{
	totals_walk(totals, write_total, (void *)(uintptr_t)w);
}

static void write_queries(struct control *c, struct metrics_text *out)
{
	static const char *const query_labels[] = {"zone", "type", "rcode", "transport"};
	static const char *const answer_labels[] = {"name", "type", "datacenter"};
	static const char *const event_labels[] = {"event"};
	static const char *const limit_labels[] = {"kind", "action"};
	struct totals *totals = totals_copy(c->totals);
	metrics_keep(c, control_world(c), c->tallies, totals);
	write_totals(totals,
		     &(struct writing){metrics_begin(out, "gslbd_queries_total", METRICS_COUNTER,
						     "Queries answered; zone is empty where none is ours."),
				       'q', query_labels, 4});
	write_totals(totals,
		     &(struct writing){metrics_begin(out, "gslbd_answers_total", METRICS_COUNTER,
						     "Steered records answered, by name and datacenter."),
				       'a', answer_labels, 3});
	write_totals(totals,
		     &(struct writing){metrics_begin(out, "gslbd_query_events_total", METRICS_COUNTER,
						     "Queries dropped, truncated, with a client subnet; "
						     "all-down decisions; transfers complete, refused, and "
						     "too many at once; "
						     "bad signatures; bad headers of proxies."),
				       'c', event_labels, 1});
	write_totals(totals,
		     &(struct writing){metrics_begin(out, "gslbd_limited_total", METRICS_COUNTER,
						     "Responses that were too many for rate-limit, by what "
						     "became of them."),
				       'l', limit_labels, 2});
	totals_free(totals);
}

static void write_drops(struct control *c, struct metrics_text *out)
{
	struct metrics head =
		metrics_begin(out, "gslbd_udp_dropped_total", METRICS_COUNTER,
			      "Packets that the kernel dropped, as the receive buffer was full.");
	for (size_t i = 0; c->workers != NULL && i < c->opened.n_listens; i++) {
		struct endpoint listen = c->opened.listens[i].endpoint;
		char address[ADDR_TEXT_MAX];
		listen.port = workers_port(c->workers, i);
		if (listen.port == 0 || c->opened.listens[i].tls) /* skipped, or no UDP */
			continue;
		metrics_count(&head, &(struct metrics_label){"listen", endpoint_format(&listen, address)}, 1,
			      workers_dropped(c->workers, i));
	}
}

static void write_records(struct control *c, struct metrics_text *out)
{
	static const char *const sinks[RECORD_SINKS] = {
		[RECORD_LOG] = "query-log", [RECORD_DNSTAP] = "dnstap"};
	struct metrics head = metrics_begin(out, "gslbd_records_total", METRICS_COUNTER,
					    "Queries that were recorded, by where to.");
	for (unsigned i = 0; i < RECORD_SINKS; i++)
		metrics_count(&head, &(struct metrics_label){"sink", sinks[i]}, 1,
			      recordings_counts(c->recordings, i).recorded);
	head = metrics_begin(out, "gslbd_records_dropped_total", METRICS_COUNTER,
			     "Queries that were not, as they are not taken so fast, or not at all.");
	for (unsigned i = 0; i < RECORD_SINKS; i++)
		metrics_count(&head, &(struct metrics_label){"sink", sinks[i]}, 1,
			      recordings_counts(c->recordings, i).dropped);
}

static void write_one(struct metrics_text *out, const char *name, enum metrics_type type, const char *help,
		      double value)
{
	struct metrics head = metrics_begin(out, name, type, help);
	metrics_number(&head, NULL, 0, value);
}

static void write_server(struct control *c, struct metrics_text *out)
{
	const struct http_counters counters = http_server_counters(c->admin), *http = &counters;
	const struct world *world = control_world(c);
	struct metrics head = metrics_begin(out, "gslbd_build_info", METRICS_GAUGE, "Always 1.");
	metrics_count(&head, &(struct metrics_label){"version", GSLBD_VERSION}, 1, 1);
	write_one(out, "gslbd_start_timestamp_seconds", METRICS_GAUGE, "When it was started.",
		  (double)c->started_wall_ms / 1000);
	write_one(out, "gslbd_zones", METRICS_GAUGE, "Zones served.", (double)world->zones->n);
	write_one(out, "gslbd_targets", METRICS_GAUGE, "Targets of checks.", world->roster->n_targets);
	write_one(out, "gslbd_isolated", METRICS_GAUGE,
		  "1 where the server has lost the network, so that health is as it was before.",
		  c->isolated);
	write_one(out, "gslbd_state_failing", METRICS_GAUGE, "1 where the files of state can't be written.",
		  c->saver != NULL && saver_failing(c->saver));
	write_one(out, "gslbd_publications_total", METRICS_COUNTER, "Boards of health that were published.",
		  (double)c->publications);
	write_one(out, "gslbd_publish_seconds", METRICS_GAUGE,
		  "How long the last board took to build and to reach the queries.",
		  (double)c->publish_ns / 1e9);
	write_one(out, "gslbd_publish_max_seconds", METRICS_GAUGE, "The longest since the start.",
		  (double)c->publish_max_ns / 1e9);
	head = metrics_begin(out, "gslbd_reloads_total", METRICS_COUNTER, "Reloads by result.");
	metrics_count(&head, &(struct metrics_label){"result", "done"}, 1, c->reloads.done);
	metrics_count(&head, &(struct metrics_label){"result", "failed"}, 1, c->reloads.failed);
	write_one(out, "gslbd_xdp_lost_total", METRICS_COUNTER,
		  "Frames lost at interfaces with xdp=, as they came faster than they were taken.",
		  (double)workers_lost_frames(c->workers));
	head = metrics_begin(out, "gslbd_admin_replies_total", METRICS_COUNTER,
			     "Replies of the admin API by status.");
	for (unsigned i = 2; i < HTTP_CLASSES; i++) {
		char class[8];
		snprintf(class, sizeof(class), "%uxx", i);
		metrics_count(&head, &(struct metrics_label){"status", class}, 1, http->replies[i]);
	}
	const struct notifier_counts notifies = notifier_counts(c->notifier);
	head = metrics_begin(out, "gslbd_notifies_total", METRICS_COUNTER,
			     "Notifies to secondaries: sent, repetitions included, and how they ended.");
	metrics_count(&head, &(struct metrics_label){"result", "sent"}, 1, notifies.sent);
	metrics_count(&head, &(struct metrics_label){"result", "accepted"}, 1, notifies.accepted);
	metrics_count(&head, &(struct metrics_label){"result", "refused"}, 1, notifies.refused);
	metrics_count(&head, &(struct metrics_label){"result", "given_up"}, 1, notifies.given_up);
	write_one(out, "gslbd_admin_refused_tokens_total", METRICS_COUNTER,
		  "Requests with a wrong token, or none.", (double)http->refused_tokens);
	write_one(out, "gslbd_admin_crowded_out_total", METRICS_COUNTER,
		  "Connections closed because others came.", (double)http->connections.crowded_out);
}

void metrics_write(struct control *c, struct evbuffer *out)
{
	struct metrics_text text = {0};
	write_server(c, &text);
	write_queries(c, &text);
	write_drops(c, &text);
	metrics_write_tcp(c, &text);
	metrics_write_expiry(c, &text);
	write_records(c, &text);
	metrics_write_targets(c, &text);
	metrics_send(&text, out);
}
