/* SPDX-License-Identifier: ISC */
/* The survey thread. */
#include "control/survey.h"
#include "base/memory.h"
#include "base/room.h"
#include "base/thread.h"
#include "control/reload.h"
#include "geo/databases.h"
#include "geo/survey.h"
#include "process/privileges.h"

#include <event2/event.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct survey {
	struct reload *reload;
	int finished_fd; /* an eventfd that the thread writes to last */
	struct event *finished;
	bool running;
	pthread_t thread;
	const struct world *world;   /* that it looks at */
	struct world *left;          /* the same, once it serves no more; owned */
	_Atomic bool unwanted;       /* it may end early */
	struct json_object *found;   /* its result, read after it was joined; NULL: it failed */
	struct faults faults;        /* likewise */
	struct json_object *clients; /* NULL: not known */
	char *failure;               /* NULL: none that is not told yet */
};

/* False: there is too little memory. */
static bool add_map(const struct geomap *map, const struct databases *databases, struct json_object *out)
{
	struct line_clients *lines = mem_alloc(map->n * sizeof(*lines));
	bool ok = geomap_survey(map, databases, lines);
	for (size_t i = 0; ok && i < map->n; i++) {
		char line[ADDR_TEXT_MAX], client[ADDR_TEXT_MAX];
		if (!lines[i].found)
			continue;
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "map", json_object_new_string(map->name));
		json_object_object_add(o, "line",
				       json_object_new_string(place_key_format(&map->lines[i], line)));
		json_object_object_add(o, "client",
				       json_object_new_string(prefix_format(&lines[i].network, client)));
		json_object_object_add(o, "share", json_object_new_double(lines[i].share));
		json_object_array_add(out, o);
	}
	free(lines);
	return ok;
}

/* By all geomaps. NULL: a fault says why not. */
static struct json_object *find_all(const struct survey *survey, struct databases *databases,
				    struct faults *faults)
{
	const struct config *config = survey->world->config;
	struct json_object *found = json_object_new_array();
	struct room_watch room = {.last = room_left()};
	bool ok = true;
	databases_watch(databases, &room);
	for (size_t i = 0; i < config->n_geomaps && ok && !survey->unwanted; i++)
		ok = add_map(&config->geomaps[i], databases, found);
	if (ok)
		return found;
	fault_add(faults, (struct spot){.file = "geomap"},
		  "there is too little memory: %" PRIu64 " MiB are left by %s", room.last.octets >> 20,
		  room.last.by);
	json_object_put(found);
	return NULL;
}

static void *find_out(void *argument)
{
	struct survey *survey = argument;
	const struct config *config = survey->world->config;
	uint64_t one = 1;
	privileges_leave();
	thread_make_way();
	struct databases *databases = databases_open(config->geoips, NULL, config->n_geoips, &survey->faults);
	survey->found = databases ? find_all(survey, databases, &survey->faults) : NULL;
	databases_close(databases);
	ssize_t ignored = write(survey->finished_fd, &one, sizeof(one));
	(void)ignored;
	return NULL;
}

static const char NO_THREAD[] = "no thread for it can be started";

static char *failure_text(const struct faults *faults)
{
	char *text = NULL;
	const struct fault *first = faults->n > 0 ? &faults->list[0] : NULL;
	if (asprintf(&text, "%s: %s", first ? first->file : "geoip", first ? first->text : "unknown reason") <
	    0)
		abort();
	return text;
}

/* The thread was joined. */
static void conclude(struct survey *survey)
{
	survey->running = false;
	if (!survey->unwanted && survey->found != NULL)
		survey->clients = json_object_get(survey->found);
	if (!survey->unwanted && survey->found == NULL)
		survey->failure = failure_text(&survey->faults);
	json_object_put(survey->found);
	survey->found = NULL;
	faults_free(&survey->faults);
	if (survey->left != NULL)
		reload_discard(survey->reload, survey->left);
	survey->left = NULL;
}

static void on_finished(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct survey *survey = argument;
	uint64_t count;
	if (read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	pthread_join(survey->thread, NULL);
	conclude(survey);
}

struct survey *survey_new(struct event_base *base, struct reload *reload)
{
	struct survey *survey = mem_alloc(sizeof(*survey));
	survey->reload = reload;
	survey->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	survey->finished = event_new(base, survey->finished_fd, EV_READ | EV_PERSIST, on_finished, survey);
	event_add(survey->finished, NULL);
	return survey;
}

bool survey_free(struct survey *survey, unsigned wait_ms)
{
	survey->unwanted = true;
	if (survey->running && !thread_join(survey->thread, wait_ms))
		return false;
	if (survey->running)
		conclude(survey);
	json_object_put(survey->clients);
	event_free(survey->finished);
	close(survey->finished_fd);
	free(survey->failure);
	free(survey);
	return true;
}

static void begin(struct survey *survey, const struct world *world)
{
	survey->world = world;
	survey->unwanted = false;
	survey->running = pthread_create(&survey->thread, NULL, find_out, survey) == 0;
	if (!survey->running)
		survey->failure = mem_copy_text(NO_THREAD, sizeof(NO_THREAD) - 1);
}

struct json_object *survey_clients(struct survey *survey, const struct world *world, char **why)
{
	*why = survey->failure;
	survey->failure = NULL;
	if (*why == NULL && survey->clients == NULL && !survey->running)
		begin(survey, world);
	return json_object_get(survey->clients);
}

void survey_forget(struct survey *survey, struct world *before)
{
	json_object_put(survey->clients);
	survey->clients = NULL;
	free(survey->failure);
	survey->failure = NULL;
	if (!survey->running || survey->world != before) {
		reload_discard(survey->reload, before);
		return;
	}
	survey->left = before;
	survey->unwanted = true;
}
