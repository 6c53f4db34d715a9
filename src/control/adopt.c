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

/* What a reload does not change. */
static void warn_of_restart(const struct opened *opened, const struct config *config, struct faults *faults)
{
	const struct endpoint *admin = &opened->admin.endpoint;
	bool open = opened->listens != NULL;
	const struct {
		const char *what;
		bool differs;
	} rows[] = {
		{"listen", open && !listens_equal(opened, config)},
		{"tcp", open && !tcp_equal(&opened->tcp, &config->tcp)},
		{"workers", open && !workers_equal(opened, config)},
		{"admin's address", opened->admin.given != config->admin.given ||
					    !text_equal(opened->admin_path, config->admin.path) ||
					    admin->port != config->admin.endpoint.port ||
					    !addr_equal(&admin->addr, &config->admin.endpoint.addr)},
		{"state", !text_equal(opened->state_dir, config->state_dir)},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].differs)
			fault_warn(faults, control_reload_spot,
				   "a change of %s takes effect at the next start", rows[i].what);
	}
}

/* What takes effect of a new world beside what queries see. */
static void take_config(struct control *c, const struct world *world, struct faults *faults)
{
	warn_of_restart(&c->opened, world->config, faults);
	if (c->admin != NULL && world->config->admin.given)
		http_server_bearer_set(c->admin, world->bearer);
}

enum { RESULTS_KEPT = 8, FAULTS_TOLD = 100 };

/* Adds to a list of texts, which is made where it is NULL. */
static struct json_object *faults_json(struct json_object *list, const struct faults *faults)
{
	if (list == NULL)
		list = json_object_new_array();
	for (size_t i = 0; i < faults->n && json_object_array_length(list) < FAULTS_TOLD; i++) {
		char text[1024];
		json_object_array_add(
			list, json_object_new_string(fault_format(&faults->list[i], text, sizeof(text))));
	}
	return list;
}

/* `faults` is taken over. */
static void record_reload(struct control *c, uint64_t number, bool ok, struct json_object *faults)
{
	struct reload_record *r = &c->reloads;
	struct json_object *result = json_object_new_object();
	r->last_ms = clock_ms();
	r->last_ok = ok;
	*(ok ? &r->done : &r->failed) += 1;
	json_object_object_add(result, "number", json_object_new_int64((int64_t)number));
	json_object_object_add(result, "ok", json_object_new_boolean(ok));
	json_object_object_add(result, "faults", faults);
	if (r->results == NULL)
		r->results = json_object_new_array();
	if (json_object_array_length(r->results) == RESULTS_KEPT)
		json_object_array_del_idx(r->results, 0, 1);
	json_object_array_add(r->results, result);
	if (c->workers != NULL)
		service_ready(c);
}

/* The one whose world serves now: `more` is to be said of it, beside the warnings of its files. */
static void conclude(struct control *c, const struct faults *more)
{
	struct reload_record *r = &c->reloads;
	control_log_faults(more);
	record_reload(c, r->pending, true, faults_json(r->warnings, more));
	r->warnings = NULL;
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
static void tell_lost_overrides(const struct watched *before, const struct config *config,
				struct faults *faults)
{
	for (size_t i = 0; i < before->world->config->n_datacenters; i++) {
		const char *name = before->world->config->datacenters[i].name;
		if (before->vitals.datacenters[i].override.state != OVERRIDE_NONE &&
		    config_datacenter(config, name, strlen(name)) == CONFIG_NONE)
			fault_warn(faults, control_reload_spot,
				   "datacenter %s is no more, and what %s said of it is forgotten", name,
				   before->vitals.datacenters[i].override.who);
	}
}

/* The first of all. A reload may have taken the place of what was read at the start. */
static void adopt_first(struct control *c)
{
	const struct world *world = control_world(c);
	struct faults faults = {0};
	bool reloaded = c->reloads.pending > 0;
	if (reloaded)
		take_config(c, world, &faults);
	keep_listens(c, world->config);
	control_open(c);
	if (reloaded)
		conclude(c, &faults);
	faults_free(&faults);
}

/* The next world is the watch's already. */
static void adopt_next(struct control *c, struct world *before, struct faults *faults)
{
	const struct config *config = control_world(c)->config;
	struct tally **tallies = c->tallies;
	take_config(c, control_world(c), faults);
	control_tally(c);
	struct limiter *limiter = control_limit(c);
	c->recorders = recordings_take(c->recordings, config, c->n_workers);
	control_learn(c, true); /* by this world's datacenters, before it is seen */
	recordings_settle(c->recordings);
	control_tell_secondaries(c, before, faults);
	keep_tallies(c, before, tallies);
	limiter_free(limiter);
	control_forget_places(c);
	survey_forget(c->survey, before);
	conclude(c, faults);
	log_info("reload: done, %zu zone%s", config->n_zones, plural(config->n_zones));
}

/* The first round of the next world is complete. */
void control_adopt(void *context)
{
	struct control *c = context;
	struct faults faults = {0};
	struct watched *serving = watch_serving(c->watch);
	if (serving->world != NULL) {
		const struct world *next = watch_following(c->watch);
		tell_lost_overrides(serving, next->config, &faults);
		certificates_inherit(next->certificates, serving->world->certificates);
	}
	struct world *before = watch_switch(c->watch);
	if (before != NULL)
		adopt_next(c, before, &faults);
	else if (!c->failed)
		adopt_first(c);
	faults_free(&faults);
}

static void refuse_reload(struct control *c, const struct faults *faults)
{
	record_reload(c, reload_number(c->reload), false, faults_json(NULL, faults));
	log_error("reload: %zu error%s; %s", faults->errors, plural(faults->errors),
		  c->workers ? "what was served before is served on"
			     : "what was read at the start is to be served");
}

/* A file that was cut short reads well, and would end the service. */
static bool keeps_service(struct control *c, const struct world *next, struct faults *faults)
{
	const struct world *serving = control_world(c);
	if (!config_is_blank(next->config) || serving == NULL || config_is_blank(serving->config))
		return true;
	fault_add(faults, (struct spot){.file = c->conf_path},
		  "there is neither a zone nor a listen left; to end the service, stop it");
	return false;
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
	if (!descend_allows(c->opened.programs, world->config, &more) || !keeps_service(c, world, &more)) {
		control_log_faults(&more);
		refuse_reload(c, &more);
		faults_free(&more);
		reload_discard(c->reload, world);
		return;
	}
	if (watch_pending(c->watch))
		log_info("reload: takes the place of the one whose first checks are under way");
	c->reloads.pending = reload_number(c->reload);
	json_object_put(c->reloads.warnings);
	c->reloads.warnings = faults_json(NULL, faults);
	struct world *replaced = watch_next(c->watch, world, NULL);
	if (replaced != NULL)
		reload_discard(c->reload, replaced);
}
