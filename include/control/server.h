/* SPDX-License-Identifier: ISC */
/* What the parts of the control thread share. Private to control/; all of it is used on that thread alone. */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include "admin/http.h"
#include "answer/tally.h"
#include "control/recordings.h"
#include "control/reload.h"
#include "control/saver.h"
#include "control/survey.h"
#include "control/totals.h"
#include "control/watch.h"
#include "geo/place.h"
#include "health/board.h"
#include "health/measured.h"
#include "process/inherit.h"
#include "process/starter.h"
#include "serve/worker.h"
#include "transfer/notify.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* What came of reloads. */
struct reload_record {
	uint64_t done, failed;
	int64_t last_ms; /* 0: none yet */
	bool last_ok;
	uint64_t pending;             /* number of the one whose world waits for its first checks */
	struct json_object *warnings; /* of its files; owned, NULL where none waits */
	struct json_object *results;  /* of the latest: {number, ok, faults}; owned, NULL before the first */
};

/* What has been said of a listen's drops. */
struct drops_told {
	uint64_t n;      /* drops until then */
	uint64_t second; /* of control's, when something was said; 0: never */
};

struct opened_listen {
	struct endpoint endpoint;
	bool tls;
};

/* What was in force when it was opened, and stays so until the next start. */
struct opened {
	size_t n_listens;
	struct opened_listen *listens; /* owned */
	size_t n_bypasses;
	struct bypass_listen *bypasses; /* owned */
	struct tcp_rule tcp;
	uint16_t workers;
	size_t n_cpus;
	struct number_range *cpus; /* owned */
	struct admin_listen admin; /* without its texts */
	char *admin_path;          /* owned; NULL: a port */
	char *state_dir;           /* owned; NULL: none */
	bool programs;             /* may be started by checks */
};

/* Handing over to a successor. */
struct upgrade {
	struct starter *starter; /* NULL: none can be started */
	struct event *ended;     /* a start has */
	struct event *late;      /* it has not for too long */
	int verdict;             /* the successor's, to be written; -1: none, or it is */
	bool under_way; /* what is to survive is handed over already: nothing of it may change, for good once
			   there is a successor */
	bool reload_after;             /* SIGHUP came meanwhile */
	pid_t successor;               /* that serves now, and this process is to end; 0: none */
	char *why;                     /* the last start failed; owned; NULL: it has not */
	struct succession predecessor; /* whom this process follows */
	struct event *judged; /* it has said who stays; NULL: it has, or has died, or there was none */
	unsigned tries;       /* left, to have the interfaces with xdp= that it may still hold */
};

struct limits_told;

struct control {
	const char *conf_path;
	struct event_base *base;
	int signals_fd; /* where they wait */
	struct event *signals;
	struct event *publish; /* a board is to be published: at once, or soon */
	struct event *due;     /* the board is out of date by itself then */
	struct watch *watch;
	struct reload *reload;
	struct workers *workers; /* NULL until the first round is complete */
	unsigned n_workers;
	struct tally **tallies; /* of the serving world, by worker; owned */
	struct recordings *recordings;
	struct recorder *const *recorders; /* that are to be published; NULL: none */
	struct view *view;                 /* the one that is published; owned */
	struct http_server *admin;
	struct limiter *limiter;    /* of the serving world; owned; NULL: there is no limit */
	struct limits_told *limits; /* what has been told of it; owned, NULL before the first second */
	struct totals *totals;      /* of worlds that served before */
	struct opened opened;
	struct reload_record reloads;
	int64_t started_ms; /* clock_ms() */
	int64_t started_wall_ms;
	int64_t published_ms;
	uint64_t publications;
	uint64_t publish_ns,
		publish_max_ns; /* from the wish to what queries see: the last time, and the longest */
	struct survey *survey;
	struct notifier *notifier;
	struct saver *saver; /* NULL: no state is kept */
	struct event *each_second;
	uint64_t seconds;             /* ticks */
	bool unsaved;                 /* something of the state has changed since it was saved */
	struct databases *places;     /* to say where a client is; opened when first asked for, NULL else */
	struct event *forget;         /* closes them, some time after */
	struct measured *measured;    /* what clients measured */
	struct measurements *learned; /* the part of it that queries see; owned */
	struct drops_told *drops;     /* by listen; owned, NULL before the first second */
	struct inherited
		*inherited; /* sockets that this process was started with; NULL once its own are open */
	struct cookie_secret cookie_secret; /* where the configuration has none */
	struct upgrade upgrade;
	struct event *watchdog; /* of the service manager; NULL: there is none */
	bool isolated;
	bool ending; /* control_end() was called */
	bool failed;
};

static inline struct world *control_world(struct control *c)
{
	return watch_serving(c->watch)->world;
}

/* The first round of the next world is complete: it serves from now on. For watch_events. */
void control_adopt(void *context);

/* A load has ended. For reload_new(). */
void control_loaded(void *context, struct world *world, const struct faults *faults);

/* Opens the sockets, once everything is known that the first answer needs. */
void control_open(struct control *c);

/*
 * Begins the end: replies of the admin API that are under way are finished first, for a limited time, and so
 * are the workers' connections where a successor answers already. The loop ends after. Again: nothing more.
 */
void control_end(struct control *c);

/* After the loop, or where it never began: closes, saves and frees all. */
void control_halt(struct control *c);

void control_log_faults(const struct faults *faults);
void control_forget_places(struct control *c);

/* The board is out of date: publishes a new one, at once for a state, within a moment for a figure. */
void control_changed(struct control *c, enum change change);

/* Publishes the serving world with a board of this moment. */
void control_publish(struct control *c);

/* signals: no thread is ever interrupted. They wait, from before the first thread on, until the loop reads
 * them. */
void control_hold_signals(struct control *c);

/* The service manager hears of what begins and ends, and that all threads are alive. */
void service_watch(struct control *c);
void service_ready(struct control *c);
void service_reloading(const struct control *c);
void service_stopping(const struct control *c);

/* Whom to start once SIGUSR2 or POST /v1/upgrade ask for it. Called before system calls are filtered. */
void upgrade_prepare(struct control *c, char *const *argv, const struct config *config, rlim_t descriptors);

/* This process does not come up: tells the one before, where there is one, the first error. */
void upgrade_refuse(struct control *c, const struct faults *faults);

/* Starts the successor. False: why not. */
bool upgrade_begin(struct control *c, const char **why);

/* A change now would be lost, to the successor or for good: false, with the reply's error. For struct
 * http_api. */
bool upgrade_permits(void *context, struct http_reply *reply);

/* The secret of cookies where the configuration has none: its predecessor's, so that clients' stay valid. */
void upgrade_take_secret(struct control *c);

/* What is known of targets, from this process's predecessor. False: there is none. */
bool upgrade_take_state(struct control *c, const struct config *config, const struct roster *roster,
			struct vitals *vitals, struct faults *faults);

/* A successor serves until its predecessor says that it is to end, which is that of a failed upgrade. */
void upgrade_await_verdict(struct control *c);
void upgrade_drop_verdict(struct control *c);

/* Another process has, or may have, what is to survive: this one neither changes nor saves it. */
bool upgrade_keeps(const struct control *c);

/* This process serves in place of its predecessor, which has died: the service manager hears of it. */
void upgrade_inherit(struct control *c);

/* Each second: a successor takes the interfaces with xdp= over once its predecessor has gone. */
void upgrade_take_interfaces(struct control *c);
void upgrade_free(struct control *c);

/* GET and POST /v1/upgrade */
void get_upgrade(void *context, const struct http_request *request, struct http_reply *reply);
void post_upgrade(void *context, const struct http_request *request, struct http_reply *reply);

/* Its tallies are from now on those of the serving world, where that is another than before. */
void control_tally(struct control *c);

/* Takes what clients measured since into what queries see. `force`: also where nothing has changed. */
void control_learn(struct control *c, bool force);

/* Each second: says where the kernel has begun to drop queries. */
void control_tell_drops(struct control *c);

/* Its limiter is from now on by the rules of the serving world. Returns the one before, which queries may see
 * until the next publication; to be freed. */
struct limiter *control_limit(struct control *c);

/* Each second: says which clients begin and cease to be limited. */
void control_tell_limits(struct control *c);

/* Hands the state, or the measurements, to the saver, where they are kept and a successor does not do so. */
void control_save(struct control *c);
void control_save_measured(struct control *c);

/* Where a warning is from that is of a reload, and of no line of its files. */
static const struct spot control_reload_spot = {.file = "reload"};

/*
 * Tells the secondaries of every zone whose serial has risen from one world to the next; those that have
 * changed without are warnings. `before` is NULL at the start: all are told.
 */
void control_tell_secondaries(struct control *c, const struct world *before, struct faults *faults);

/* POST /v1/latency */
void post_measurements(void *context, const struct http_request *request, struct http_reply *reply);

/* Each is false, with the reply's error: nothing is known before the first round of checks; the body has
 * other members than these. */
bool api_ready(const struct control *c, struct http_reply *reply);
bool body_known(const struct http_request *request, const char *const *keys, size_t n,
		struct http_reply *reply);

/* The datacenter of a name; CONFIG_NONE, with the reply's error, where there is none. */
int datacenter_named(struct control *c, const char *name, struct http_reply *reply);

/* The routes of the admin API. */
extern const struct http_route control_routes[];
extern const size_t n_control_routes;

/* GET /v1/status */
struct json_object *status_json(struct control *c);

/* GET /v1/names: every name and type that is steered, or those of one name. */
struct json_object *names_json(struct control *c, const struct name *only);

/* What has come of reloads; part of it. */
struct json_object *reload_json(const struct control *c);

/* One datacenter of it. */
struct json_object *status_datacenter_json(struct control *c, uint32_t datacenter);

/* The databases of the serving world, to say where a client is; NULL where there are none that can be read.
 */
const struct databases *control_places(struct control *c);

/* Folds the counts of a world's tallies into totals. */
void metrics_keep(const struct control *c, const struct world *world, struct tally *const *tallies,
		  struct totals *into);

/* Of connections, a part of GET /metrics. */
struct metrics_text;
void metrics_write_tcp(const struct control *c, struct metrics_text *out);

/* When the certificates of listens expire: for the status, [{listen, expires}], and the metrics. */
struct json_object *expiry_json(struct control *c);
void metrics_write_expiry(struct control *c, struct metrics_text *out);

/* Of datacenters and targets. */
void metrics_write_targets(struct control *c, struct metrics_text *out);

/* GET /metrics */
void metrics_write(struct control *c, struct evbuffer *out);

/* A moment of clock_wall_ms() as people write it (RFC 3339, UTC), into `out` of 32 characters. */
char *wall_text(int64_t ms, char *out);

/*
 * Sets or ends an operator's say over a datacenter. Where it would leave a name without anything usable that
 * has something now, and `force` is not set, nothing is changed and some of the names are returned (of
 * `n_names`), an array that the caller owns; else NULL.
 */
struct json_object *override_apply(struct control *c, uint32_t datacenter, const struct override *override,
				   bool force, size_t *n_names);

#endif
