/* SPDX-License-Identifier: ISC */
/* The control thread's life: boot, signals, publishing, the end. */
#include "control/control.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/reload.h"
#include "control/watch.h"
#include "serve/worker.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { N_SIGNALS = 4 };

struct control {
	struct event_base *base;
	struct event *signals[N_SIGNALS];
	struct event *publish; /* active once there is something new, however many results made it so */
	struct watch *watch;
	struct reload *reload;
	struct workers *workers; /* NULL until the first round is complete */
	const struct view *view; /* the one that is published; owned */
	bool failed;
};

static void view_free(const struct view *view)
{
	if (view == NULL)
		return;
	board_free((struct board *)(uintptr_t)view->board);
	free((struct view *)(uintptr_t)view);
}

/* Publishes the serving world with a board of this moment. */
static void publish(struct control *c)
{
	const struct watched *serving = watch_serving(c->watch);
	struct view *view = mem_alloc(sizeof(*view));
	view->world = serving->world;
	view->board = board_build(serving->world->roster, &serving->vitals);
	c->view = view;
	view_free(view_publish(workers_publisher(c->workers), view));
}

static void on_publish(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct control *c = argument;
	if (c->workers != NULL)
		publish(c);
}

static void on_changed(void *context)
{
	struct control *c = context;
	event_active(c->publish, 0, 0);
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

/* Every target is known: now the sockets may open. */
static void open_workers(struct control *c)
{
	const struct config *config = watch_serving(c->watch)->world->config;
	struct faults faults = {0};
	unsigned n = worker_count(config);
	c->workers = workers_open(config->listens, config->n_listens, n, &faults);
	if (c->workers != NULL) {
		publish(c);
		if (!workers_start(c->workers, &faults))
			c->failed = true;
	}
	if (c->workers == NULL || c->failed) {
		log_faults(&faults);
		c->failed = true;
		event_base_loopbreak(c->base);
	} else {
		char address[ADDR_TEXT_MAX];
		for (size_t i = 0; i < config->n_listens; i++)
			log_info("listening on %s", endpoint_format(&config->listens[i], address));
		log_info("ready: %zu zones, %u targets, %u workers", config->n_zones,
			 watch_serving(c->watch)->world->roster->n_targets, n);
	}
	faults_free(&faults);
}

static void warn_of_restart(const struct config *before, const struct config *after)
{
	if (before->n_listens != after->n_listens ||
	    memcmp(before->listens, after->listens, after->n_listens * sizeof(*after->listens)) != 0)
		log_warn("reload: a change of listen takes effect at the next start");
	if (before->workers != after->workers)
		log_warn("reload: a change of workers takes effect at the next start");
}

/* The first round of the next world is complete. */
static void on_ready(void *context)
{
	struct control *c = context;
	struct world *before = watch_switch(c->watch);
	if (before == NULL) {
		open_workers(c);
		return;
	}
	warn_of_restart(before->config, watch_serving(c->watch)->world->config);
	publish(c);
	world_free(before);
	log_info("reload: done, %zu zones", watch_serving(c->watch)->world->config->n_zones);
}

static void on_loaded(void *context, struct world *world, const struct faults *faults)
{
	struct control *c = context;
	log_faults(faults);
	if (world == NULL)
		log_error("reload: %zu error(s); what was served before is served on", faults->errors);
	else
		watch_next(c->watch, world);
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

static void boot(struct control *c, const char *conf_path, struct world *world)
{
	static const int signals[N_SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	const struct watch_events events = {on_changed, on_ready, c};
	raise_descriptors();
	c->base = event_base_new();
	for (int i = 0; i < N_SIGNALS; i++) {
		c->signals[i] = evsignal_new(c->base, signals[i], on_signal, c);
		event_add(c->signals[i], NULL);
	}
	c->publish = event_new(c->base, -1, 0, on_publish, c);
	c->reload = reload_new(c->base, conf_path, on_loaded, c);
	c->watch = watch_new(c->base, &events);
	log_info("gslbd " GSLBD_VERSION ": checking %u targets", world->roster->n_targets);
	watch_next(c->watch, world);
}

static void halt(struct control *c)
{
	if (c->workers != NULL)
		workers_stop(c->workers);
	view_free(c->view);
	reload_free(c->reload);
	watch_free(c->watch);
	event_free(c->publish);
	for (int i = 0; i < N_SIGNALS; i++)
		event_free(c->signals[i]);
	event_base_free(c->base);
}

int control_run(const char *conf_path)
{
	struct faults faults = {0};
	struct world *world = world_load(conf_path, false, &faults);
	faults_print(&faults, stderr);
	faults_free(&faults);
	if (world == NULL)
		return 1;

	struct control c = {0};
	boot(&c, conf_path, world);
	if (!c.failed)
		event_base_dispatch(c.base);
	halt(&c);
	return c.failed ? 1 : 0;
}
