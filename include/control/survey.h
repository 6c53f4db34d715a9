/* SPDX-License-Identifier: ISC */
/* Sample clients of every geomap line, for drills: found out on a thread of its own, once a world. */
#ifndef CONTROL_SURVEY_H
#define CONTROL_SURVEY_H

#include "config/config.h"

struct event_base;
struct json_object;
struct survey;

struct survey *survey_new(struct event_base *base);
void survey_free(struct survey *survey);

/*
 * The clients: an array of {map, line, client, share}, to be put by the caller. NULL: not known yet; finding
 * out has begun, from the files that the configuration at `conf_path` names now.
 */
struct json_object *survey_clients(struct survey *survey, const char *conf_path);

/* There is another world: what was found out is forgotten. */
void survey_forget(struct survey *survey);

#endif
