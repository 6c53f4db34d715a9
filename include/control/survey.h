/* SPDX-License-Identifier: ISC */
/* Sample clients of every geomap line, for drills: found out on a thread of its own, once a world. */
#ifndef CONTROL_SURVEY_H
#define CONTROL_SURVEY_H

#include "world/world.h"

#include <stdbool.h>

struct event_base;
struct reload;
struct json_object;
struct survey;

/* `reload` is borrowed, and has worlds freed. */
struct survey *survey_new(struct event_base *base, struct reload *reload);

/* Frees all once the thread has ended, which is waited for. False: it has not; then nothing is freed, as it
 * goes on. */
bool survey_free(struct survey *survey, unsigned wait_ms);

/*
 * The clients by the geomaps of the world that serves: an array of {map, line, client, share}, to be put by
 * the caller. NULL: not known yet; finding out has begun, from the databases' files as they are now. Where
 * that failed *why is the reason, to be freed by the caller, once; who asks again has it tried again.
 */
struct json_object *survey_clients(struct survey *survey, const struct world *world, char **why);

/* There is another world: what was found out is forgotten. `before` is taken over, and discarded when
 * nothing is found out of it any more. */
void survey_forget(struct survey *survey, struct world *before);

#endif
