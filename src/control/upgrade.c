/* SPDX-License-Identifier: ISC */
/*
 * An upgrade, seen from the process that is to go and from the one that comes:
 *
 *   goes   serves ── starts it, with sockets and state ───────────────────── agrees, leaves the sockets, ends
 *   comes             reads files, checks what is not known ── serves ── says so
 *
 * As the sockets are the same ones, whatever arrives is answered by one or the other. Of the two the first
 * decides which one stays; where it dies before, the other does.
 */
#include "base/log.h"
#include "base/memory.h"
#include "base/plural.h"
#include "base/random.h"
#include "control/descend.h"
#include "control/server.h"
#include "control/state.h"
#include "process/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WAIT_MS = 120000, END_MS = 10000, FRESH_MS = 60000, LATE_S = (WAIT_MS + 4 * END_MS) / 1000 };

/* False: no successor is there to hear it. SIGPIPE is held back. */
static bool pronounce(struct upgrade *u, enum succession_verdict verdict)
{
	char said = (char)verdict;
	if (u->verdict < 0)
		return false;
	bool heard = write(u->verdict, &said, 1) == 1;
	close(u->verdict);
	u->verdict = -1;
	return heard;
}

static void on_failed(struct control *c, const char *why)
{
	struct upgrade *u = &c->upgrade;
	pronounce(u, VERDICT_END);
	free(u->why);
	u->why = mem_copy_text(why, strlen(why));
	log_error("upgrade: failed, and this process serves on: %s", why);
	control_save(c);
	if (u->reload_after)
		reload_start(c->reload);
	u->reload_after = false;
}

static void drop_starter(struct upgrade *u)
{
	if (u->ended != NULL) /* before its descriptor is closed, which a worker may have next */
		event_free(u->ended);
	if (u->late != NULL)
		event_free(u->late);
	starter_free(u->starter);
	u->ended = u->late = NULL;
	u->starter = NULL;
}

static void on_ended(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct control *c = argument;
	struct upgrade *u = &c->upgrade;
	const char *why;
	pid_t pid = starter_take(u->starter, &why);
	bool under_way = u->under_way;
	evtimer_del(u->late);
	if (pid > 0 && !pronounce(u, VERDICT_SERVE)) {
		pid = 0;
		why = "the new process was ready, and has ended since; its log says why";
	}
	u->successor = pid > 0 ? pid : 0;
	u->under_way = pid > 0;
	if (pid <= 0 && under_way)
		on_failed(c, why);
	else if (pid < 0)
		log_error("upgrade: %s: there can be none until the next start", why);
	if (pid < 0)
		drop_starter(u);
	if (pid <= 0)
		return;
	notify_send("MAINPID=%d\nREADY=1\nSTATUS=serving, after an upgrade", u->successor);
	if (u->reload_after)
		kill(u->successor, SIGHUP);
	log_info("upgrade: process %d serves now; this one finishes what it has", u->successor);
	control_end(c);
}

/* What it starts may be on a disk that hangs, and the starter with it. */
static void on_late(evutil_socket_t fd, short what, void *argument)
{
	struct upgrade *u = argument;
	(void)fd;
	(void)what;
	log_error("upgrade: the process that starts another does not answer, and is killed");
	starter_kill(u->starter);
}

void upgrade_prepare(struct control *c, char *const *argv, const struct config *config, rlim_t descriptors)
{
	const struct starter_program program = {.argv = argv,
						.keep = descend_inherited(config),
						.descriptors = descriptors,
						.wait_ms = WAIT_MS,
						.end_ms = END_MS};
	struct upgrade *u = &c->upgrade;
	if (getpid() == 1)
		return;
	u->starter = starter_new(&program);
	if (u->starter == NULL) {
		log_warn("upgrade: there can be none, as there is no process to start it: %s",
			 strerror(errno));
		return;
	}
	u->ended = event_new(c->base, starter_fd(u->starter), EV_READ | EV_PERSIST, on_ended, c);
	event_add(u->ended, NULL);
	u->late = evtimer_new(c->base, on_late, u);
}

/* A file that has no name; -1: there is no memory for it. */
static int memory_file(const char *label, const void *octets, size_t len)
{
	int fd = memfd_create(label, MFD_CLOEXEC);
	if (fd >= 0 && write(fd, octets, len) != (ssize_t)len) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void files_close(struct starter_files *files)
{
	if (files->state >= 0)
		close(files->state);
	if (files->secret >= 0)
		close(files->secret);
	if (files->verdict >= 0)
		close(files->verdict);
	*files = (struct starter_files){-1, -1, -1};
}

/* Returns the end that is read from, or -1. */
static int verdict_open(struct upgrade *u)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	u->verdict = ends[1];
	return ends[0];
}

/* False: there is no memory for them, or no descriptor. */
static bool files_make(struct control *c, struct starter_files *files)
{
	const struct watched *w = watch_serving(c->watch);
	size_t len;
	char *text = state_write(w->world->roster, &w->vitals, &len);
	files->state = memory_file("state", text, len);
	files->secret = memory_file("secret", &c->cookie_secret, sizeof(c->cookie_secret));
	files->verdict = verdict_open(&c->upgrade);
	free(text);
	bool ok = files->state >= 0 && files->secret >= 0 && files->verdict >= 0;
	if (!ok) {
		pronounce(&c->upgrade, VERDICT_END);
		files_close(files);
	}
	return ok;
}

bool upgrade_keeps(const struct control *c)
{
	return c->upgrade.under_way || c->upgrade.judged != NULL;
}

bool upgrade_begin(struct control *c, const char **why)
{
	struct upgrade *u = &c->upgrade;
	if (c->ending)
		*why = "this process is about to end";
	else if (c->workers == NULL)
		*why = "not ready: the first round of checks is under way";
	else if (upgrade_keeps(c))
		*why = "one is under way";
	else if (getpid() == 1)
		*why = "process 1 can't hand over: a container ends with it";
	else if (u->starter == NULL)
		*why = "there is no process to start it any more, as the log says; a restart brings one";
	else
		*why = NULL;
	struct starter_files files;
	if (*why == NULL && !files_make(c, &files))
		*why = "no memory or descriptors for what is handed over";
	if (*why != NULL)
		return false;
	size_t n;
	const int *sockets = workers_sockets(c->workers, &n);
	int *all = mem_alloc((n + 1) * sizeof(*all));
	memcpy(all, sockets, n * sizeof(*all));
	if (c->admin != NULL)
		all[n++] = http_server_socket(c->admin);
	control_save(c);
	control_save_measured(c);
	free(u->why);
	u->why = NULL;
	u->under_way = true; /* from here on nothing is saved: that is the successor's to do */
	log_info("upgrade: starting the successor, with %zu socket%s", n, plural(n));
	evtimer_add(u->late, &(struct timeval){.tv_sec = LATE_S});
	if (!starter_begin(u->starter, all, n, &files)) {
		u->under_way = false;
		on_failed(c, "the process that starts another does not take the sockets");
		drop_starter(u);
	}
	files_close(&files);
	free(all);
	return true;
}

void upgrade_refuse(struct control *c, const struct faults *faults)
{
	char text[1280];
	const struct fault *first = faults->list;
	if (faults->errors == 0)
		return;
	while (first->warning)
		first++;
	fault_format(first, text, 1024);
	size_t len = strlen(text), more = faults->errors - 1;
	if (more > 0)
		snprintf(text + len, sizeof(text) - len, "; and %zu more error%s, which the log has", more,
			 plural(more));
	succession_failed(&c->upgrade.predecessor, text);
}

bool upgrade_permits(void *context, struct http_reply *reply)
{
	const struct control *c = context;
	bool under_way = upgrade_keeps(c);
	if (under_way || c->ending)
		http_error(reply, 503, "%s, which would lose this; try again",
			   under_way ? "an upgrade is under way" : "this process is about to end");
	return !under_way && !c->ending;
}

bool upgrade_take_state(struct control *c, const struct config *config, const struct roster *roster,
			struct vitals *vitals, struct faults *faults)
{
	struct succession *from = &c->upgrade.predecessor;
	uint32_t fresh_ms = config->state_fresh_ms > FRESH_MS ? config->state_fresh_ms : FRESH_MS;
	char path[64];
	if (from->files.state < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", from->files.state);
	state_read_file(path, fresh_ms, roster, vitals, faults);
	close(from->files.state);
	from->files.state = -1;
	return true;
}

void upgrade_take_secret(struct control *c)
{
	struct starter_files *files = &c->upgrade.predecessor.files;
	const ssize_t size = (ssize_t)sizeof(c->cookie_secret);
	if (files->secret < 0 || pread(files->secret, &c->cookie_secret, (size_t)size, 0) != size)
		random_secret(&c->cookie_secret, (size_t)size);
	if (files->secret >= 0)
		close(files->secret);
	files->secret = -1;
}

void upgrade_drop_verdict(struct control *c)
{
	struct upgrade *u = &c->upgrade;
	if (u->judged == NULL)
		return;
	int fd = event_get_fd(u->judged);
	event_free(u->judged);
	close(fd);
	u->judged = NULL;
}

static void on_verdict(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct control *c = argument;
	char verdict = 0;
	ssize_t got = read(fd, &verdict, 1);
	upgrade_drop_verdict(c);
	if (got == 1 && verdict == VERDICT_SERVE)
		return;
	if (got == 1) {
		log_error("upgrade: the process before this one serves on, and this one ends");
		c->failed = true;
		event_base_loopbreak(c->base);
		return;
	}
	log_warn("upgrade: the process before has died; this one serves in its place");
	if (c->workers != NULL)
		upgrade_inherit(c);
}

void upgrade_inherit(struct control *c)
{
	notify_send("MAINPID=%d", getpid());
	service_ready(c);
}

void upgrade_await_verdict(struct control *c)
{
	int *fd = &c->upgrade.predecessor.files.verdict;
	if (*fd < 0)
		return;
	c->upgrade.judged = event_new(c->base, *fd, EV_READ, on_verdict, c);
	event_add(c->upgrade.judged, NULL);
	*fd = -1;
}

void upgrade_take_interfaces(struct control *c)
{
	const struct opened *o = &c->opened;
	struct faults faults = {0};
	if (c->upgrade.tries == 0)
		return;
	c->upgrade.tries--;
	struct endpoint *listens = mem_alloc(o->n_listens * sizeof(*listens));
	for (size_t i = 0; i < o->n_listens; i++)
		listens[i] = o->listens[i].endpoint;
	const struct config config = {.listens = listens,
				      .n_listens = o->n_listens,
				      .bypasses = o->bypasses,
				      .n_bypasses = o->n_bypasses};
	if (workers_bypass(c->workers, &config, &faults))
		c->upgrade.tries = 0;
	if (c->upgrade.tries == 0) {
		control_log_faults(&faults);
		descend_last(control_world(c)->config);
	}
	free(listens);
	faults_free(&faults);
}

void upgrade_free(struct control *c)
{
	struct upgrade *u = &c->upgrade;
	pronounce(u, VERDICT_END);
	drop_starter(u);
	free(u->why);
	u->why = NULL;
	u->under_way = u->successor != 0;
}

static struct json_object *upgrade_json(const struct control *c)
{
	const struct upgrade *u = &c->upgrade;
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "pid", json_object_new_int(getpid()));
	json_object_object_add(o, "version", json_object_new_string(GSLBD_VERSION));
	json_object_object_add(o, "running", json_object_new_boolean(upgrade_keeps(c)));
	json_object_object_add(o, "failed", u->why ? json_object_new_string(u->why) : NULL);
	return o;
}

void get_upgrade(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)request;
	if (api_ready(context, reply))
		reply->json = upgrade_json(context);
}

void post_upgrade(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct control *c = context;
	const char *why;
	(void)request;
	if (!upgrade_begin(c, &why)) {
		http_error(reply, 503, "%s", why);
		return;
	}
	reply->status = 202;
	reply->json = upgrade_json(c);
}
