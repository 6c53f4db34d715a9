/* SPDX-License-Identifier: ISC */
/* The control thread's life: boot, signals, reloads, the end. */
#include "control/control.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"
#include "control/state.h"

#include <event2/event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SAVE_EACH_S = 10, MEASURED_EACH_S = 60, SWEEP_EACH_S = 3600, FORGET_S = 60, RELOAD_WAIT_MS = 2000 };

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
enum { N_SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void on_publish(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct control *c = argument;
	if (c->workers != NULL)
		control_publish(c);
}

static void on_changed(void *context, enum change change)
{
	control_changed(context, change);
}

static unsigned worker_count(const struct config *config)
{
	if (config->workers > 0)
		return config->workers;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus > 0 ? (unsigned)cpus : 1;
}

static void log_faults(const struct faults *faults)
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

static void fail(struct control *c, const struct faults *faults)
{
	log_faults(faults);
	c->failed = true;
	event_base_loopbreak(c->base);
}

static void keep_opened(struct control *c, const struct config *config)
{
	size_t size = config->n_listens * sizeof(*config->listens);
	c->opened.n_listens = config->n_listens;
	c->opened.listens = mem_alloc(size);
	memcpy(c->opened.listens, config->listens, size);
	c->opened.workers = config->workers;
	c->opened.admin = config->admin;
	if (config->state_dir != NULL)
		c->opened.state_dir = mem_copy_text(config->state_dir, strlen(config->state_dir));
}

/* Where this thread shares a CPU with a worker, a check that ends must not push a query aside. */
static void yield_to_workers(void)
{
	const struct sched_param none = {0};
	sched_setscheduler(0, SCHED_BATCH, &none);
}

/* Every target is known: now the sockets may open. */
static void open_workers(struct control *c)
{
	const struct world *world = control_world(c);
	const struct config *config = world->config;
	struct faults faults = {0};
	c->n_workers = worker_count(config);
	struct workers *workers = workers_open(config, c->n_workers, &faults);
	if (workers == NULL) {
		fail(c, &faults);
		faults_free(&faults);
		return;
	}
	c->workers = workers;
	control_tally(c);
	control_publish(c);
	control_learn(c, true);
	bool started = workers_start(c->workers, &faults);
	yield_to_workers();
	if (!started) {
		fail(c, &faults);
	} else {
		char address[ADDR_TEXT_MAX];
		log_faults(&faults);
		for (size_t i = 0; i < config->n_listens; i++)
			log_info("listening on %s", endpoint_format(&config->listens[i], address));
		log_info("ready: %zu zones, %u targets, %u workers", config->n_zones,
			 world->roster->n_targets, c->n_workers);
	}
	faults_free(&faults);
}

static bool listens_equal(const struct opened *opened, const struct config *config)
{
	bool equal = opened->n_listens == config->n_listens;
	for (size_t i = 0; equal && i < config->n_listens; i++)
		equal = opened->listens[i].port == config->listens[i].port &&
			addr_equal(&opened->listens[i].addr, &config->listens[i].addr);
	return equal;
}

static void warn_of_restart(const struct opened *opened, const struct config *config)
{
	bool had = opened->state_dir != NULL, has = config->state_dir != NULL;
	if (!listens_equal(opened, config))
		log_warn("reload: a change of listen takes effect at the next start");
	if (opened->workers != config->workers)
		log_warn("reload: a change of workers takes effect at the next start");
	if (opened->admin.given != config->admin.given ||
	    opened->admin.endpoint.port != config->admin.endpoint.port ||
	    !addr_equal(&opened->admin.endpoint.addr, &config->admin.endpoint.addr))
		log_warn("reload: a change of admin's address takes effect at the next start");
	if (had != has || (had && strcmp(opened->state_dir, config->state_dir) != 0))
		log_warn("reload: a change of state takes effect at the next start");
}

static void forget_places(struct control *c)
{
	databases_close(c->places);
	c->places = NULL;
}

static void record_reload(struct control *c, bool ok, const struct faults *faults)
{
	c->reloads.last_ms = clock_ms();
	c->reloads.last_ok = ok;
	*(ok ? &c->reloads.done : &c->reloads.failed) += 1;
	if (faults == NULL)
		return;
	json_object_put(c->reloads.faults);
	c->reloads.faults = json_object_new_array();
	for (size_t i = 0; i < faults->n && i < 100; i++) {
		const struct fault *f = &faults->list[i];
		char text[1024];
		const char *kind = f->warning ? "warning: " : "";
		if (f->line > 0)
			snprintf(text, sizeof(text), "%s:%u:%u: %s%s", f->file, f->line, f->column, kind,
				 f->text);
		else
			snprintf(text, sizeof(text), "%s: %s%s", f->file, kind, f->text);
		json_object_array_add(c->reloads.faults, json_object_new_string(text));
	}
}

/* What counted for the world before goes on to count. */
static void keep_tallies(struct control *c, struct world *before, struct tally **tallies)
{
	metrics_keep(c, before, tallies, c->totals);
	for (unsigned i = 0; i < c->n_workers; i++)
		tally_free(tallies[i]);
	free(tallies);
}

/* The first round of the next world is complete. */
static void on_ready(void *context)
{
	struct control *c = context;
	struct tally **tallies = c->tallies;
	struct faults faults = {0};
	struct world *before = watch_switch(c->watch);
	const struct config *config = control_world(c)->config;
	if (before == NULL) {
		keep_opened(c, config);
		open_workers(c);
		return;
	}
	warn_of_restart(&c->opened, config);
	control_tally(c);
	control_publish(c);
	control_learn(c, true);
	keep_tallies(c, before, tallies);
	forget_places(c);
	survey_forget(c->survey);
	if (c->admin != NULL && config->admin.given &&
	    !http_server_token_reload(c->admin, &config->admin, &faults))
		log_faults(&faults);
	faults_free(&faults);
	world_free(before);
	record_reload(c, true, NULL);
	log_info("reload: done, %zu zones", config->n_zones);
}

static void on_loaded(void *context, struct world *world, const struct faults *faults)
{
	struct control *c = context;
	log_faults(faults);
	if (world == NULL) {
		record_reload(c, false, faults);
		log_error("reload: %zu error(s); %s", faults->errors,
			  c->workers ? "what was served before is served on"
				     : "what was read at the start is to be served");
		return;
	}
	if (watch_pending(c->watch))
		log_info("reload: takes the place of the one whose first checks are under way");
	json_object_put(c->reloads.faults);
	c->reloads.faults = NULL;
	watch_next(c->watch, world, NULL);
}

const struct databases *control_places(struct control *c)
{
	static const struct timeval later = {.tv_sec = FORGET_S};
	const struct config *config = control_world(c)->config;
	if (c->places == NULL)
		c->places = databases_peek(config->geoips, config->n_geoips);
	evtimer_add(c->forget, &later);
	return c->places;
}

static void on_forget(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	forget_places(argument);
}

static void save_measured(struct control *c)
{
	if (c->saver != NULL && c->measured != NULL)
		saver_put_measured(c->saver, measured_copy(c->measured));
}

static void on_second(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct control *c = argument;
	if (c->workers == NULL)
		return;
	c->seconds++;
	control_learn(c, false);
	if (c->unsaved || c->seconds % SAVE_EACH_S == 0)
		control_save(c);
	if (c->seconds % MEASURED_EACH_S == 0)
		save_measured(c);
	if (c->measured != NULL && c->seconds % SWEEP_EACH_S == 0)
		measured_sweep(c->measured, (uint64_t)clock_ms());
}

static void on_signal(evutil_socket_t number, short what, void *argument)
{
	(void)what;
	struct control *c = argument;
	if (number == SIGHUP) {
		log_info("reload: reading the files again");
		reload_start(c->reload);
	} else if (number == SIGTERM || number == SIGINT) {
		log_info("stopping");
		event_base_loopbreak(c->base);
	}
}

/* Each check and each TCP connection takes a descriptor; the soft limit is low for the sake of old programs
 * only. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* What the first world needs to be read, and signals meanwhile, which wait until it is. */
static void boot(struct control *c, const char *conf_path)
{
	const struct watch_events events = {on_changed, on_ready, c};
	raise_descriptors();
	c->conf_path = conf_path;
	c->started_ms = clock_ms();
	c->started_wall_ms = clock_wall_ms();
	c->base = event_base_new();
	for (int i = 0; i < N_SIGNALS; i++) {
		c->signals[i] = evsignal_new(c->base, signals[i], on_signal, c);
		event_add(c->signals[i], NULL);
	}
	c->publish = evtimer_new(c->base, on_publish, c);
	c->due = evtimer_new(c->base, on_publish, c);
	c->forget = evtimer_new(c->base, on_forget, c);
	c->each_second = event_new(c->base, -1, EV_PERSIST, on_second, c);
	c->totals = totals_new();
	c->survey = survey_new(c->base);
	c->reload = reload_new(c->base, conf_path, on_loaded, c);
	c->watch = watch_new(c->base, &events);
}

/* The store of measurements, with what it knew at the last end. */
static void open_measured(struct control *c, const struct config *config, struct faults *faults)
{
	static const struct measured_limits limits = {0};
	struct measured_time at = {(uint64_t)clock_ms(), (uint64_t)clock_wall_ms()};
	char path[4096];
	c->measured = measured_new(&limits);
	if (config->state_dir == NULL)
		return;
	struct faults found = {0};
	snprintf(path, sizeof(path), "%s/latency", config->state_dir);
	if (!measured_load(c->measured, path, at, &found)) {
		for (size_t i = 0; i < found.n; i++)
			fault_warn(
				faults,
				(struct spot){found.list[i].file, found.list[i].line, found.list[i].column},
				"%s; nothing is taken from it", found.list[i].text);
	}
	faults_free(&found);
}

/* Begins with the first world: its admin API, its state, its first round. False: it can't. */
static bool begin(struct control *c, struct world *world)
{
	static const struct timeval second = {.tv_sec = 1};
	const struct config *config = world->config;
	const struct http_api api = {control_routes, n_control_routes, c};
	struct faults faults = {0};
	struct vitals vitals;
	vitals_init(&vitals, world->roster);
	if (config->state_dir != NULL) {
		c->saver = saver_new(config->state_dir);
		state_read(config->state_dir, config->state_fresh_ms, world->roster, &vitals, &faults);
	}
	if (config->admin.given) {
		open_measured(c, config, &faults);
		c->admin = http_server_new(c->base, &config->admin, &api, NULL, &faults);
	}
	log_faults(&faults);
	c->failed = faults.errors > 0;
	faults_free(&faults);
	if (c->failed) {
		vitals_free(&vitals);
		world_free(world);
		return false;
	}
	evtimer_add(c->each_second, &second);
	log_info("gslbd " GSLBD_VERSION ": checking %u targets", world->roster->n_targets);
	watch_next(c->watch, world, &vitals);
	return !c->failed;
}

static void halt(struct control *c)
{
	if (c->admin != NULL)
		http_server_free(c->admin);
	if (c->workers != NULL) {
		workers_stop(c->workers);
		control_save(c);
		save_measured(c);
	}
	saver_free(c->saver);
	if (!reload_free(c->reload, RELOAD_WAIT_MS))
		_exit(c->failed ? 1 : 0);
	if (c->view != NULL)
		board_free((struct board *)(uintptr_t)c->view->board);
	free(c->view);
	for (unsigned i = 0; c->tallies != NULL && i < c->n_workers; i++)
		tally_free(c->tallies[i]);
	free(c->tallies);
	measurements_free(c->learned);
	measured_free(c->measured);
	forget_places(c);
	json_object_put(c->reloads.faults);
	totals_free(c->totals);
	survey_free(c->survey);
	watch_free(c->watch);
	free(c->opened.listens);
	free(c->opened.state_dir);
	event_free(c->publish);
	event_free(c->due);
	event_free(c->forget);
	event_free(c->each_second);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(c->signals[i]);
	event_base_free(c->base);
}

int control_run(const char *conf_path)
{
	struct control c = {0};
	struct faults faults = {0};
	boot(&c, conf_path);
	struct world *world = world_load(conf_path, false, &faults);
	faults_print(&faults, stderr);
	faults_free(&faults);
	c.failed = world == NULL || !begin(&c, world);
	if (!c.failed)
		event_base_dispatch(c.base);
	halt(&c);
	return c.failed ? 1 : 0;
}
