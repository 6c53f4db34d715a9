/* SPDX-License-Identifier: ISC */
/* The control thread's end: what clients have begun is finished, what is to survive saved, all freed. */
#include "answer/limiter.h"
#include "control/server.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

/* For replies of the admin API that are under way; each is as long as workers have for their connections. */
enum { FINISH_MS = 2000, FINISH_RETIRED_MS = 5000 };

/* For threads to end. */
enum { SAVER_WAIT_MS = 2000, RECORDINGS_WAIT_MS = 5000, THREAD_WAIT_MS = 1000 };

static void on_finished(void *context)
{
	struct control *c = context;
	event_base_loopbreak(c->base);
}

void control_end(struct control *c)
{
	bool handed_over = c->upgrade.successor != 0;
	if (c->ending)
		return;
	c->ending = true;
	service_stopping(c);
	upgrade_free(c);
	event_del(c->each_second);
	if (handed_over)
		workers_retire(c->workers);
	if (c->workers != NULL && c->admin != NULL)
		http_server_finish(c->admin, handed_over ? FINISH_RETIRED_MS : FINISH_MS, on_finished, c);
	else
		on_finished(c);
}

/* The sockets, and what is to survive; with a successor that is no more this process's. */
static void close_service(struct control *c)
{
	bool handed_over = c->upgrade.successor != 0;
	if (c->admin != NULL && handed_over)
		http_server_leave(c->admin);
	if (c->admin != NULL)
		http_server_free(c->admin);
	if (c->workers == NULL)
		return;
	workers_stop(c->workers);
	if (handed_over || c->failed) /* who never served knows nothing that is not saved */
		return;
	control_save(c);
	control_save_measured(c);
}

void control_halt(struct control *c)
{
	upgrade_free(c);
	close_service(c);
	upgrade_drop_verdict(c);
	inherited_free(c->inherited);
	bool saved = saver_free(c->saver, SAVER_WAIT_MS), surveyed = survey_free(c->survey, THREAD_WAIT_MS);
	bool loaded = reload_free(c->reload, THREAD_WAIT_MS); /* survey_free() may have it discard a world */
	bool recorded = recordings_free(c->recordings, RECORDINGS_WAIT_MS);
	if (!surveyed || !loaded || !saved || !recorded)
		_exit(c->failed ? 1 : 0); /* what hangs uses what would be freed */
	if (c->view != NULL)
		board_free((struct board *)(uintptr_t)c->view->board);
	free(c->view);
	for (unsigned i = 0; c->tallies != NULL && i < c->n_workers; i++)
		tally_free(c->tallies[i]);
	free(c->tallies);
	measurements_free(c->learned);
	measured_free(c->measured);
	control_forget_places(c);
	json_object_put(c->reloads.results);
	json_object_put(c->reloads.warnings);
	totals_free(c->totals);
	watch_free(c->watch);
	notifier_free(c->notifier);
	free(c->opened.listens);
	free(c->opened.cpus);
	free(c->drops);
	free(c->limits);
	limiter_free(c->limiter);
	free(c->opened.bypasses);
	free(c->opened.state_dir);
	free(c->opened.admin_path);
	event_free(c->publish);
	event_free(c->due);
	event_free(c->forget);
	event_free(c->each_second);
	if (c->watchdog != NULL)
		event_free(c->watchdog);
	event_free(c->signals);
	close(c->signals_fd);
	event_base_free(c->base);
}
