/* SPDX-License-Identifier: ISC */
/* A world takes the place of the one before: what that means beside its zones, and what is told of it. */
#include "answer/limiter.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/plural.h"
#include "control/descend.h"
#include "control/server.h"
#include "world/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void control_log_faults(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->list[i];
		void (*log)(const char *, ...) = f->warning ? log_warn : log_error;
		if (f->line > 0)
			log("%s:%u:%u: %s", f->file, f->line, f->column, f->text);
		else
			log("%s: %s", f->file, f->text);
	}
}

static void keep_listens(struct control *c, const struct config *config)
{
	c->opened.n_listens = config->n_listens;
	c->opened.listens = mem_alloc(config->n_listens * sizeof(*c->opened.listens));
	for (size_t i = 0; i < config->n_listens; i++)
		c->opened.listens[i] =
			(struct opened_listen){config->listens[i], config_tls(config, i) != NULL};
	size_t size = config->n_bypasses * sizeof(*config->bypasses);
	c->opened.n_bypasses = config->n_bypasses;
	c->opened.bypasses = mem_alloc(size);
	memcpy(c->opened.bypasses, config->bypasses, size);
	c->opened.tcp = config->tcp;
	c->opened.workers = config->workers;
	c->opened.n_cpus = config->cpus.n;
	size = config->cpus.n * sizeof(*config->cpus.list);
	c->opened.cpus = mem_alloc(size);
	if (size > 0)
		memcpy(c->opened.cpus, config->cpus.list, size);
}

static bool listens_equal(const struct opened *opened, const struct config *config)
{
	bool equal = opened->n_listens == config->n_listens && opened->n_bypasses == config->n_bypasses;
	for (size_t i = 0; equal && i < config->n_listens; i++)
		equal = opened->listens[i].endpoint.port == config->listens[i].port &&
			addr_equal(&opened->listens[i].endpoint.addr, &config->listens[i].addr) &&
			opened->listens[i].tls == (config_tls(config, i) != NULL);
	for (size_t i = 0; equal && i < config->n_bypasses; i++)
		equal = opened->bypasses[i].listen == config->bypasses[i].listen &&
			strcmp(opened->bypasses[i].interface, config->bypasses[i].interface) == 0;
	return equal;
}

static bool tcp_equal(const struct tcp_rule *a, const struct tcp_rule *b)
{
	return a->connections == b->connections && a->per_client == b->per_client &&
	       a->transfers == b->transfers && a->idle_ms == b->idle_ms;
}

static bool workers_equal(const struct opened *opened, const struct config *config)
{
	const struct numbers *cpus = &config->cpus;
	return opened->workers == config->workers && opened->n_cpus == cpus->n &&
	       (cpus->n == 0 || memcmp(opened->cpus, cpus->list, cpus->n * sizeof(*cpus->list)) == 0);
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void warn_of_restart(const struct opened *opened, const struct config *config)
{
	if (opened->listens != NULL && !listens_equal(opened, config))
		log_warn("reload: a change of listen takes effect at the next start");
	if (opened->listens != NULL && !tcp_equal(&opened->tcp, &config->tcp))
		log_warn("reload: a change of tcp takes effect at the next start");
	if (opened->listens != NULL && !workers_equal(opened, config))
		log_warn("reload: a change of workers takes effect at the next start");
	if (opened->admin.given != config->admin.given ||
	    !text_equal(opened->admin_path, config->admin.path) ||
	    opened->admin.endpoint.port != config->admin.endpoint.port ||
	    !addr_equal(&opened->admin.endpoint.addr, &config->admin.endpoint.addr))
		log_warn("reload: a change of admin's address takes effect at the next start");
	if (!text_equal(opened->state_dir, config->state_dir))
		log_warn("reload: a change of state takes effect at the next start");
}

/* What takes effect of a new configuration beside its world. */
static void take_config(struct control *c, const struct config *config)
{
	struct faults faults = {0};
	warn_of_restart(&c->opened, config);
	if (c->admin != NULL && config->admin.given &&
	    !http_server_token_reload(c->admin, &config->admin, &faults))
		control_log_faults(&faults);
	faults_free(&faults);
}

enum { RESULTS_KEPT = 8 };

static struct json_object *faults_json(const struct faults *faults)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; faults != NULL && i < faults->n && i < 100; i++) {
		char text[1024];
		json_object_array_add(
			list, json_object_new_string(fault_format(&faults->list[i], text, sizeof(text))));
	}
	return list;
}

static void record_reload(struct control *c, uint64_t number, const struct faults *faults)
{
	struct reload_record *r = &c->reloads;
	struct json_object *result = json_object_new_object();
	r->last_ms = clock_ms();
	r->last_ok = faults == NULL;
	*(r->last_ok ? &r->done : &r->failed) += 1;
	json_object_object_add(result, "number", json_object_new_int64((int64_t)number));
	json_object_object_add(result, "ok", json_object_new_boolean(r->last_ok));
	json_object_object_add(result, "faults", faults_json(faults));
	if (r->results == NULL)
		r->results = json_object_new_array();
	if (json_object_array_length(r->results) == RESULTS_KEPT)
		json_object_array_del_idx(r->results, 0, 1);
	json_object_array_add(r->results, result);
	if (c->workers != NULL)
		service_ready(c);
}

/* What counted for the world before goes on to count. */
static void keep_tallies(struct control *c, struct world *before, struct tally **tallies)
{
	metrics_keep(c, before, tallies, c->totals);
	for (unsigned i = 0; i < c->n_workers; i++)
		tally_free(tallies[i]);
	free(tallies);
}

void control_forget_places(struct control *c)
{
	databases_close(c->places);
	c->places = NULL;
}

/* What operators said of datacenters that are no more. */
static void tell_lost_overrides(const struct watched *before, const struct config *config)
{
	for (size_t i = 0; i < before->world->config->n_datacenters; i++) {
		const char *name = before->world->config->datacenters[i].name;
		if (before->vitals.datacenters[i].override.state != OVERRIDE_NONE &&
		    config_datacenter(config, name, strlen(name)) == CONFIG_NONE)
			log_warn("reload: datacenter %s is no more, and what %s said of it is forgotten",
				 name, before->vitals.datacenters[i].override.who);
	}
}

/* The first round of the next world is complete. */
void control_adopt(void *context)
{
	struct control *c = context;
	struct tally **tallies = c->tallies;
	struct watched *serving = watch_serving(c->watch);
	if (serving->world != NULL) {
		const struct world *next = watch_following(c->watch);
		tell_lost_overrides(serving, next->config);
		certificates_inherit(next->certificates, serving->world->certificates);
	}
	struct world *before = watch_switch(c->watch);
	const struct config *config = control_world(c)->config;
	if (before == NULL && !c->failed) {
		if (c->reloads.pending > 0)
			take_config(c, config); /* read while the first checks were under way */
		keep_listens(c, config);
		control_open(c);
		if (c->reloads.pending > 0)
			record_reload(c, c->reloads.pending, NULL);
	}
	if (before == NULL)
		return;
	take_config(c, config);
	control_tally(c);
	struct limiter *limiter = control_limit(c);
	c->recorders = recordings_take(c->recordings, config, c->n_workers);
	control_learn(c, true); /* by this world's datacenters, before it is seen */
	recordings_settle(c->recordings);
	control_tell_secondaries(c, before);
	keep_tallies(c, before, tallies);
	limiter_free(limiter);
	control_forget_places(c);
	survey_forget(c->survey, before);
	record_reload(c, c->reloads.pending, NULL);
	log_info("reload: done, %zu zone%s", config->n_zones, plural(config->n_zones));
}

static void refuse_reload(struct control *c, const struct faults *faults)
{
	record_reload(c, reload_number(c->reload), faults);
	log_error("reload: %zu error%s; %s", faults->errors, plural(faults->errors),
		  c->workers ? "what was served before is served on"
			     : "what was read at the start is to be served");
}

void control_loaded(void *context, struct world *world, const struct faults *faults)
{
	struct control *c = context;
	control_log_faults(faults);
	if (world == NULL) {
		refuse_reload(c, faults);
		return;
	}
	struct faults more = {0};
	if (!descend_allows(c->opened.programs, world->config, &more)) {
		control_log_faults(&more);
		refuse_reload(c, &more);
		faults_free(&more);
		world_free(world);
		return;
	}
	if (watch_pending(c->watch))
		log_info("reload: takes the place of the one whose first checks are under way");
	c->reloads.pending = reload_number(c->reload);
	watch_next(c->watch, world, NULL);
}
