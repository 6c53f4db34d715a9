/* SPDX-License-Identifier: ISC */
/* What operators say of datacenters, and what they may not take away by mistake. */
#include "base/clock.h"
#include "base/log.h"
#include "control/server.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 20 };

/* The names that have something usable on `before` and nothing on `after`. NULL: none. */
static struct json_object *emptied(const struct roster *roster, const struct board *before,
				   const struct board *after, size_t *n)
{
	struct json_object *names = NULL;
	*n = 0;
	for (uint32_t i = 0; i < roster->n_sets; i++) {
		uint64_t answerable = roster->sets[i].answerable;
		if ((before->sets[i].usable & answerable) == 0 || (after->sets[i].usable & answerable) != 0)
			continue;
		if (names == NULL)
			names = json_object_new_array();
		(*n)++;
		if (json_object_array_length(names) < NAMES_MAX)
			json_object_array_add(names, json_object_new_string(roster->sets[i].name));
	}
	return names;
}

static void apply(struct vitals *vitals, uint32_t datacenter, const struct override *override)
{
	if (override->state == OVERRIDE_NONE)
		vitals_clear(vitals, datacenter, clock_ms());
	else
		vitals_override(vitals, datacenter, override);
}

/* The board as if no other datacenter were forced up against its check: what is dead does not stand in. */
static struct board *sober_board(const struct roster *roster, struct vitals *vitals, uint32_t datacenter)
{
	for (uint32_t i = 0; i < roster->config->n_datacenters; i++) {
		struct override *o = &vitals->datacenters[i].override;
		uint32_t target = roster->datacenter_targets[i];
		if (i != datacenter && o->state == OVERRIDE_UP && target != ROSTER_NONE &&
		    vitals->targets[target].health.state == HEALTH_DOWN)
			o->state = OVERRIDE_NONE;
	}
	return board_build(roster, vitals, clock_ms());
}

/* What would be if it were applied. */
static struct json_object *trial(struct control *c, uint32_t datacenter, const struct override *override,
				 size_t *n_names)
{
	struct watched *w = watch_serving(c->watch);
	struct vitals vitals = w->vitals;
	size_t n = w->world->config->n_datacenters;
	struct datacenter_vital *list = malloc(n * sizeof(*list));
	if (list == NULL)
		abort();
	memcpy(list, vitals.datacenters, n * sizeof(*list));
	vitals.datacenters = list;
	struct board *before = sober_board(w->world->roster, &vitals, datacenter);
	apply(&vitals, datacenter, override);
	struct board *after = sober_board(w->world->roster, &vitals, datacenter);
	struct json_object *names = emptied(w->world->roster, before, after, n_names);
	board_free(before);
	board_free(after);
	free(list);
	return names;
}

/* Is there anything to clear: an override, or a return that is held back? */
static bool clears(const struct control *c, const struct watched *w, uint32_t datacenter)
{
	const struct roster *roster = w->world->roster;
	struct comeback_case comeback = datacenter_case(roster, &w->vitals, datacenter);
	int64_t until_ms;
	bool found = w->vitals.datacenters[datacenter].override.state != OVERRIDE_NONE ||
		     comeback_held(&comeback, clock_ms(), &until_ms);
	for (uint32_t i = 0; i < roster->n_slots && !found; i++)
		found = roster->slots[i].datacenter == (int)datacenter &&
			c->view->board->standings[i] == STANDING_RECORD_HELD;
	return found;
}

static void tell(const char *datacenter, const struct override *o)
{
	static const char *const words[] = {[OVERRIDE_NONE] = "cleared",
					    [OVERRIDE_UP] = "forced up",
					    [OVERRIDE_DRAIN] = "drained",
					    [OVERRIDE_DOWN] = "forced down"};
	if (o->state == OVERRIDE_NONE)
		log_info("datacenter %s: %s by %s", datacenter, words[o->state], o->who);
	else if (o->until_ms == INT64_MAX)
		log_warn("datacenter %s: %s by %s%s%s", datacenter, words[o->state], o->who,
			 o->why[0] ? ": " : "", o->why);
	else
		log_warn("datacenter %s: %s for %ld s by %s%s%s", datacenter, words[o->state],
			 (long)((o->until_ms - o->since_ms) / 1000), o->who, o->why[0] ? ": " : "", o->why);
}

struct json_object *override_apply(struct control *c, uint32_t datacenter, const struct override *override,
				   bool force, size_t *n_names)
{
	struct watched *w = watch_serving(c->watch);
	enum override_state now = w->vitals.datacenters[datacenter].override.state;
	bool takes = override->state == OVERRIDE_DRAIN || override->state == OVERRIDE_DOWN ||
		     now == OVERRIDE_UP; /* which may keep alive what its check says is down */
	struct json_object *names = takes && !force ? trial(c, datacenter, override, n_names) : NULL;
	if (names != NULL)
		return names;
	if (override->state == OVERRIDE_NONE && !clears(c, w, datacenter))
		return NULL; /* else a slow start would begin again */
	apply(&w->vitals, datacenter, override);
	tell(w->world->config->datacenters[datacenter].name, override);
	control_changed(c, CHANGE_STATE);
	control_save(c);
	return NULL;
}
