/* SPDX-License-Identifier: ISC */
/* Metrics of datacenters and of what is checked. */
#include "admin/metrics.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"
#include "control/server.h"

#include <stdlib.h>

enum { TURN = 64 }; /* lines of text */

/* One figure of each target. */
struct target_metric {
	const char *name, *help;
	enum metrics_type type;
	bool (*read)(const struct vital *v, int64_t now_ms, double *out); /* false: there is none */
};

static bool read_up(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = v->health.state == HEALTH_UP;
	return v->health.state != HEALTH_UNKNOWN;
}

static bool read_latency(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = (double)v->latency_us / 1e6;
	return v->latency_us > 0;
}

static bool read_age(const struct vital *v, int64_t now_ms, double *out)
{
	*out = (double)(now_ms - v->result_ms) / 1000;
	return v->result_ms > 0;
}

static bool read_transitions(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = v->transitions;
	return true;
}

static bool read_passed(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = (double)v->passed;
	return true;
}

static bool read_failed(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = (double)v->failed;
	return true;
}

static bool read_connections(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = v->connections;
	return v->has_connections;
}

static bool read_certificate(const struct vital *v, int64_t now_ms, double *out)
{
	(void)now_ms;
	*out = (double)v->certificate_end_s;
	return v->certificate_end_s != 0;
}

static const struct target_metric target_metrics[] = {
	{"gslbd_check_up", "1 where the target is up, 0 where it is down.", METRICS_GAUGE, read_up},
	{"gslbd_check_latency_seconds", "Average of the time to the reply's first octet.", METRICS_GAUGE,
	 read_latency},
	{"gslbd_check_age_seconds", "Since the last check ended.", METRICS_GAUGE, read_age},
	{"gslbd_check_transitions_total", "Times it went down or came up.", METRICS_COUNTER,
	 read_transitions},
	{"gslbd_check_passed_total", "Checks that passed.", METRICS_COUNTER, read_passed},
	{"gslbd_check_failed_total", "Checks that failed.", METRICS_COUNTER, read_failed},
	{"gslbd_check_connections", "Connections that the target says it has.", METRICS_GAUGE,
	 read_connections},
	{"gslbd_check_certificate_expiry_timestamp_seconds", "When the target's certificate expires.",
	 METRICS_GAUGE, read_certificate},
};

/* The labels of all targets, each up to its end. */
struct target_labels {
	struct metrics_text text;
	size_t *ends;
};

static void label_targets(const struct roster *roster, struct target_labels *out)
{
	out->text = (struct metrics_text){0};
	out->ends = mem_alloc((roster->n_targets + 1) * sizeof(*out->ends));
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		const struct roster_target *t = &roster->targets[i];
		char address[ADDR_TEXT_MAX];
		const struct metrics_label labels[2] = {{"check", t->check->name},
							{"target", endpoint_format(&t->address, address)}};
		metrics_labels(&out->text, labels, 2);
		out->ends[i] = out->text.len;
		if (i % TURN == 0)
			thread_turn_may_end();
	}
}

static void write_targets(struct control *c, struct metrics_text *out)
{
	struct watched *w = watch_serving(c->watch);
	const struct roster *roster = w->world->roster;
	int64_t now_ms = clock_ms();
	struct target_labels labels;
	label_targets(roster, &labels);
	for (size_t m = 0; m < sizeof(target_metrics) / sizeof(target_metrics[0]); m++) {
		const struct target_metric *metric = &target_metrics[m];
		struct metrics head = metrics_begin(out, metric->name, metric->type, metric->help);
		size_t at = 0;
		for (uint32_t i = 0; i < roster->n_targets; at = labels.ends[i++]) {
			double value;
			if (metric->read(&w->vitals.targets[i], now_ms, &value))
				metrics_number_of(&head, labels.text.octets + at, labels.ends[i] - at, value);
			if (i % TURN == 0)
				thread_turn_may_end();
		}
	}
	free(labels.text.octets);
	free(labels.ends);
}

static void write_datacenters(struct control *c, struct metrics_text *out)
{
	const struct config *config = control_world(c)->config;
	struct metrics head = metrics_begin(out, "gslbd_datacenter_state", METRICS_GAUGE,
					    "1 for the state that the datacenter is in.");
	for (uint32_t i = 0; i < config->n_datacenters; i++) {
		struct json_object *o = status_datacenter_json(c, i);
		const struct metrics_label labels[2] = {
			{"datacenter", config->datacenters[i].name},
			{"state", json_object_get_string(json_object_object_get(o, "state"))}};
		metrics_count(&head, labels, 2, 1);
		json_object_put(o);
	}
}

void metrics_write_targets(struct control *c, struct metrics_text *out)
{
	write_datacenters(c, out);
	write_targets(c, out);
}
