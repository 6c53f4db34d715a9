/* SPDX-License-Identifier: ISC */
/* From what the control thread knows to what the workers see. */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"
#include "control/state.h"

#include <event2/event.h>
#include <stdlib.h>

enum { FIGURES_MS = 100, DUE_MAX_MS = 3600000 };

static void view_free(struct view *view)
{
	if (view == NULL)
		return;
	board_free((struct board *)(uintptr_t)view->board);
	free(view);
}

static void arm(struct event *event, int64_t ms)
{
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(event, &wait);
}

/* When the board must be built again though nothing happens. */
static void arm_due(struct control *c, int64_t next_ms, int64_t now_ms)
{
	evtimer_del(c->due);
	if (next_ms == INT64_MAX)
		return;
	int64_t wait_ms = next_ms - now_ms;
	arm(c->due, wait_ms < 1 ? 1 : wait_ms > DUE_MAX_MS ? DUE_MAX_MS : wait_ms);
}

static void tell_isolation(struct control *c, bool isolated)
{
	if (isolated && !c->isolated)
		log_warn("isolated: no target at all gives a sign of life, so this server has lost the "
			 "network; answers go on by the health that was known before");
	else if (!isolated && c->isolated)
		log_info("no longer isolated: health counts again as it is");
	c->isolated = isolated;
}

/* Tells of overrides that are about to end by themselves. */
static void tell_expiry(const struct watched *w, int64_t now_ms)
{
	for (size_t i = 0; i < w->world->config->n_datacenters; i++) {
		const struct override *o = &w->vitals.datacenters[i].override;
		if (o->state != OVERRIDE_NONE && o->until_ms <= now_ms)
			log_info("datacenter %s: what %s said of it has ended",
				 w->world->config->datacenters[i].name, o->who);
	}
}

/* Tells of datacenters that have waited long enough since the board before. */
static void tell_returns(const struct watched *w, int64_t before_ms, int64_t now_ms)
{
	const struct roster *roster = w->world->roster;
	for (uint32_t i = 0; i < roster->config->n_datacenters; i++) {
		struct comeback_case comeback = datacenter_case(roster, &w->vitals, i);
		uint32_t target = roster->datacenter_targets[i];
		int64_t until_ms;
		bool waited = target != ROSTER_NONE && w->vitals.targets[target].health.state == HEALTH_UP &&
			      comeback_held(&comeback, before_ms, &until_ms);
		if (waited && !comeback_held(&comeback, now_ms, &until_ms))
			log_info("datacenter %s: return=after: has ended, it is answered with again",
				 roster->config->datacenters[i].name);
	}
}

void control_publish(struct control *c)
{
	struct watched *serving = watch_serving(c->watch);
	const struct roster *roster = serving->world->roster;
	uint64_t begin_ns = clock_ns();
	int64_t now_ms = clock_ms();
	tell_expiry(serving, now_ms);
	int64_t expiry_ms = vitals_expire(&serving->vitals, roster, now_ms);
	struct board *board = board_build(roster, &serving->vitals, now_ms);
	struct view *view = mem_alloc(sizeof(*view)), *before = c->view;
	board->learned = c->learned;
	*view = (struct view){
		.world = serving->world,
		.board = board,
		.tallies = c->tallies,
		.recorders = c->recorders,
		.limiter = c->limiter,
	};
	c->view = view;
	view_publish(workers_publisher(c->workers), view);
	c->publish_ns = clock_ns() - begin_ns;
	c->publish_max_ns = c->publish_ns > c->publish_max_ns ? c->publish_ns : c->publish_max_ns;
	view_free(before);
	evtimer_del(c->publish);
	tell_isolation(c, board->isolated);
	if (c->published_ms > 0)
		tell_returns(serving, c->published_ms, now_ms);
	arm_due(c, board->next_ms < expiry_ms ? board->next_ms : expiry_ms, now_ms);
	c->published_ms = now_ms;
	c->publications++;
}

void control_changed(struct control *c, enum change change)
{
	int64_t since_ms = clock_ms() - c->published_ms;
	c->unsaved |= change == CHANGE_STATE;
	if (change >= CHANGE_PACE)
		event_active(c->publish, 0, 0);
	else if (!evtimer_pending(c->publish, NULL))
		arm(c->publish, since_ms < FIGURES_MS ? FIGURES_MS - since_ms : 0);
}

void control_tally(struct control *c)
{
	struct tally **tallies = mem_alloc(c->n_workers * sizeof(*tallies));
	for (unsigned i = 0; i < c->n_workers; i++)
		tallies[i] = tally_new(control_world(c));
	c->tallies = tallies;
}

/* The more there is to copy, the seldomer: a snapshot holds up the control thread. */
static bool learns_now(const struct control *c)
{
	return measured_changed(c->measured) &&
	       c->seconds % (1 + measured_prefixes(c->measured) / 10000) == 0;
}

void control_learn(struct control *c, bool force)
{
	const struct config *config = control_world(c)->config;
	if (c->measured == NULL && force)
		control_publish(c);
	if (c->measured == NULL || !(force || learns_now(c)))
		return;
	const char **names = mem_alloc(config->n_datacenters * sizeof(*names));
	for (size_t i = 0; i < config->n_datacenters; i++)
		names[i] = config->datacenters[i].name;
	struct measurements *before = c->learned;
	c->learned = measurements_snapshot(c->measured, names, config->n_datacenters);
	control_publish(c);
	measurements_free(before);
	free(names);
}

void control_save(struct control *c)
{
	struct watched *serving = watch_serving(c->watch);
	size_t len;
	if (c->saver == NULL || upgrade_keeps(c))
		return;
	c->unsaved = false;
	char *text = state_write(serving->world->roster, &serving->vitals, &len);
	saver_put_state(c->saver, text, len);
}
