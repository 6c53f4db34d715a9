/* SPDX-License-Identifier: ISC */
/* The control thread's life until it ends: boot, and what each second brings. */
#include "control/control.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/plural.h"
#include "base/thread.h"
#include "control/descend.h"
#include "control/descriptors.h"
#include "control/server.h"
#include "control/state.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	SAVE_EACH_S = 10,
	MEASURED_EACH_S = 60,
	SWEEP_EACH_S = 3600,
	FORGET_S = 60,
	INTERFACE_TRIES = 60, /* one a second */
};

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

static void fail(struct control *c, const struct faults *faults)
{
	control_log_faults(faults);
	upgrade_refuse(c, faults);
	c->failed = true;
	event_base_loopbreak(c->base);
}

static char *text_copy(const char *text)
{
	return text ? mem_copy_text(text, strlen(text)) : NULL;
}

static void keep_admin(struct control *c, const struct config *config)
{
	c->opened.admin = config->admin;
	c->opened.admin_path = text_copy(config->admin.path);
	c->opened.state_dir = text_copy(config->state_dir);
	c->opened.programs = descend_programs(config);
}

/* A successor's API is there when it serves: until then the process before answers on the same socket. */
static bool open_admin(struct control *c, const struct world *world, struct faults *faults)
{
	const struct http_api api = {control_routes,  n_control_routes, c,
				     upgrade_permits, c->inherited,     world->bearer};
	const struct admin_listen *listen = &world->config->admin;
	if (listen->given)
		c->admin = http_server_new(c->base, listen, &api, NULL, faults);
	return !listen->given || c->admin != NULL;
}

static bool is_successor(const struct control *c)
{
	return c->upgrade.predecessor.ready >= 0;
}

/* What is told of it, and whom. */
static void tell_open(struct control *c, const struct world *world)
{
	const struct config *config = world->config;
	char address[ADDR_TEXT_MAX];
	for (size_t i = 0; i < config->n_listens; i++)
		log_info("listening on %s%s", endpoint_format(&config->listens[i], address),
			 config_tls(config, i) ? ", TLS" : "");
	unsigned targets = world->roster->n_targets;
	log_info("ready: %zu zone%s, %u target%s, %u worker%s", config->n_zones, plural(config->n_zones),
		 targets, plural(targets), c->n_workers, plural(c->n_workers));
}

/* Now that it serves, whoever waits for that is told. A verdict before that is the predecessor's death. */
static void announce(struct control *c)
{
	if (!is_successor(c))
		service_ready(c);
	else if (c->upgrade.judged == NULL)
		upgrade_inherit(c);
	succession_ready(&c->upgrade.predecessor);
}

/* Interfaces with xdp=, and then what that took is given up. A predecessor still has those of a successor. */
static void open_interfaces(struct control *c, const struct config *config, struct faults *faults)
{
	c->upgrade.tries = is_successor(c) && config->n_bypasses > 0 ? INTERFACE_TRIES : 0;
	if (c->upgrade.tries > 0)
		return;
	workers_bypass(c->workers, config, faults);
	descend_last(config);
}

/* Every target is known: now the sockets may open. */
void control_open(struct control *c)
{
	const struct world *world = control_world(c);
	const struct config *config = world->config;
	struct faults faults = {0};
	c->n_workers = worker_count(config);
	struct workers *workers = NULL;
	if (!is_successor(c) || open_admin(c, world, &faults))
		workers = workers_open(config, c->n_workers, c->inherited, &c->cookie_secret, &faults);
	if (workers == NULL) {
		fail(c, &faults);
		faults_free(&faults);
		return;
	}
	inherited_tell(c->inherited);
	inherited_free(c->inherited);
	c->inherited = NULL;
	c->workers = workers;
	open_interfaces(c, config, &faults);
	control_tally(c);
	c->recorders = recordings_take(c->recordings, config, c->n_workers);
	control_limit(c);
	control_learn(c, true);
	bool started = workers_start(c->workers, &faults);
	thread_take_short_turns(); /* checks hold queries up but briefly, where they share a CPU */
	if (!started) {
		fail(c, &faults);
	} else {
		announce(c);
		control_log_faults(&faults);
		tell_open(c, world);
		descriptors_tell(config, c->n_workers, world->roster->n_targets);
		control_tell_secondaries(c, NULL, NULL);
	}
	faults_free(&faults);
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
	control_forget_places(argument);
}

void control_save_measured(struct control *c)
{
	if (c->saver != NULL && c->measured != NULL && !upgrade_keeps(c))
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
	control_tell_drops(c);
	control_tell_limits(c);
	upgrade_take_interfaces(c);
	recordings_look(c->recordings);
	uint64_t each_s =
		1 + control_world(c)->roster->n_targets / 2000; /* writing many holds this thread up */
	if ((c->unsaved && c->seconds % each_s == 0) || c->seconds % SAVE_EACH_S == 0)
		control_save(c);
	if (c->seconds % MEASURED_EACH_S == 0)
		control_save_measured(c);
	if (c->measured != NULL && c->seconds % SWEEP_EACH_S == 0)
		measured_sweep(c->measured, (uint64_t)clock_ms());
}

/* What the first world needs to be read, and signals meanwhile, which wait until it is. */
static void boot(struct control *c, const char *conf_path, rlim_t descriptors)
{
	const struct watch_events events = {on_changed, control_adopt, c};
	c->conf_path = conf_path;
	c->inherited = inherited_new();
	upgrade_take_secret(c);
	c->started_ms = clock_ms();
	c->started_wall_ms = clock_wall_ms();
	c->base = event_base_new();
	control_hold_signals(c);
	c->publish = evtimer_new(c->base, on_publish, c);
	c->due = evtimer_new(c->base, on_publish, c);
	c->forget = evtimer_new(c->base, on_forget, c);
	c->each_second = event_new(c->base, -1, EV_PERSIST, on_second, c);
	c->totals = totals_new();
	c->recordings = recordings_new();
	c->notifier = notifier_new(c->base);
	c->reload = reload_new(c->base, conf_path, control_loaded, c);
	c->survey = survey_new(c->base, c->reload);
	c->watch = watch_new(c->base, &events, descriptors);
	service_watch(c);
	upgrade_await_verdict(c);
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

/* Who answers by what a process before knew is told so. */
static void tell_known(const struct roster *roster, const struct vitals *vitals)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < roster->n_targets; i++)
		n += vitals->targets[i].health.state != HEALTH_UNKNOWN;
	if (n > 0)
		log_info("state: the health of %u target%s is as it was saved, until checks say "
			 "otherwise",
			 n, plural(n));
}

/* Begins with the first world: its admin API, its state, its first round. False: it can't. */
static bool begin(struct control *c, struct world *world)
{
	static const struct timeval second = {.tv_sec = 1};
	const struct config *config = world->config;
	struct faults faults = {0};
	struct vitals vitals;
	vitals_init(&vitals, world->roster);
	if (config->state_dir != NULL)
		c->saver = saver_new(config->state_dir);
	if (!upgrade_take_state(c, config, world->roster, &vitals, &faults) && config->state_dir != NULL)
		state_read(config->state_dir, config->state_fresh_ms, world->roster, &vitals, &faults);
	if (config->admin.given)
		open_measured(c, config, &faults);
	if (!is_successor(c))
		open_admin(c, world, &faults);
	keep_admin(c, config);
	control_log_faults(&faults);
	upgrade_refuse(c, &faults);
	c->failed = faults.errors > 0;
	faults_free(&faults);
	if (c->failed) {
		vitals_free(&vitals);
		world_free(world);
		return false;
	}
	evtimer_add(c->each_second, &second);
	log_info("gslbd " GSLBD_VERSION ": checking %u target%s", world->roster->n_targets,
		 plural(world->roster->n_targets));
	tell_known(world->roster, &vitals);
	watch_next(c->watch, world, &vitals);
	return !c->failed;
}

/* A file that was cut short reads well. */
static void look_whether_blank(const struct config *config, bool successor, struct faults *faults)
{
	struct spot spot = {.file = config->path};
	if (config_is_blank(config) && successor)
		fault_add(faults, spot, "there is neither a zone nor a listen; to end the service, stop it");
	else if (config_is_blank(config))
		fault_warn(faults, spot, "there is neither a zone nor a listen: every query is refused");
}

/* Reads the files. NULL: errors in `faults`. */
static struct world *first_world(struct control *c, char *const *argv, rlim_t descriptors,
				 struct faults *faults)
{
	struct config *config = descend(c->conf_path, false, faults);
	if (config == NULL)
		return NULL;
	if (faults->errors == 0 && !descriptors_suffice(worker_count(config), config->n_listens, faults)) {
		config_free(config);
		return NULL;
	}
	if (faults->errors == 0) {
		look_whether_blank(config, is_successor(c), faults);
		upgrade_prepare(c, argv, config, descriptors);
		descend_filter(config);
	}
	return world_build(config, false, faults); /* even after errors: all of a run are told */
}

struct world *control_check(const char *conf_path, struct faults *faults)
{
	struct config *config = descend(conf_path, true, faults);
	if (config != NULL && faults->errors == 0)
		look_whether_blank(config, false, faults);
	return config ? world_build(config, false, faults) : NULL;
}

/* What is wrong at the start, which nobody sees of a successor: that is for those who read the log. */
static void tell_start(struct control *c, struct faults *faults)
{
	if (is_successor(c))
		control_log_faults(faults);
	else
		faults_print(faults, stderr);
	upgrade_refuse(c, faults);
	faults_free(faults);
}

int control_run(const char *conf_path, char *const *argv)
{
	struct control c = {.upgrade = {.verdict = -1, .predecessor = succession_take()}};
	struct faults faults = {0};
	rlim_t descriptors = descriptors_raise();
	if (!descriptors_suffice(1, 1, &faults)) { /* not even to read the files */
		tell_start(&c, &faults);
		return 1;
	}
	boot(&c, conf_path, descriptors);
	struct world *world = first_world(&c, argv, descriptors, &faults);
	tell_start(&c, &faults);
	c.failed = world == NULL || !begin(&c, world);
	if (!c.failed)
		event_base_dispatch(c.base);
	control_halt(&c);
	return c.failed ? 1 : 0;
}
