/* SPDX-License-Identifier: ISC */
/* The survey thread. */
#include "control/survey.h"
#include "base/memory.h"
#include "geo/survey.h"

#include <event2/event.h>
#include <json-c/json.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 10 };

struct survey {
	char *conf_path;
	int finished_fd;
	struct event *finished;
	bool running, stale;
	pthread_t thread;
	struct json_object *found;   /* the thread's result, read after it was joined */
	struct json_object *clients; /* NULL: not known */
};

static void add_map(const struct geomap *map, const struct databases *databases, struct json_object *out)
{
	struct line_clients *lines = mem_alloc(map->n * sizeof(*lines));
	geomap_survey(map, databases, lines);
	for (size_t i = 0; i < map->n; i++) {
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
}

static void *find_out(void *argument)
{
	struct survey *survey = argument;
	struct faults faults = {0};
	uint64_t one = 1;
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	struct config *config = config_read(survey->conf_path, &faults);
	struct databases *databases =
		config ? databases_open(config->geoips, NULL, config->n_geoips, &faults) : NULL;
	survey->found = json_object_new_array();
	for (size_t i = 0; databases != NULL && i < config->n_geomaps; i++)
		add_map(&config->geomaps[i], databases, survey->found);
	databases_close(databases);
	config_free(config);
	faults_free(&faults);
	ssize_t ignored = write(survey->finished_fd, &one, sizeof(one));
	(void)ignored;
	return NULL;
}

static void on_finished(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct survey *survey = argument;
	uint64_t count;
	if (read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	pthread_join(survey->thread, NULL);
	survey->running = false;
	if (survey->stale)
		json_object_put(survey->found);
	else
		survey->clients = survey->found;
	survey->found = NULL;
}

struct survey *survey_new(struct event_base *base)
{
	struct survey *survey = mem_alloc(sizeof(*survey));
	survey->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	survey->finished = event_new(base, survey->finished_fd, EV_READ | EV_PERSIST, on_finished, survey);
	event_add(survey->finished, NULL);
	return survey;
}

void survey_free(struct survey *survey)
{
	if (survey == NULL)
		return;
	if (survey->running)
		pthread_join(survey->thread, NULL);
	json_object_put(survey->found);
	json_object_put(survey->clients);
	event_free(survey->finished);
	close(survey->finished_fd);
	free(survey->conf_path);
	free(survey);
}

struct json_object *survey_clients(struct survey *survey, const char *conf_path)
{
	if (survey->clients != NULL)
		return json_object_get(survey->clients);
	if (survey->running)
		return NULL;
	sigset_t all, before;
	free(survey->conf_path);
	survey->conf_path = mem_copy_text(conf_path, strlen(conf_path));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	survey->stale = false;
	survey->running = pthread_create(&survey->thread, NULL, find_out, survey) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return NULL;
}

void survey_forget(struct survey *survey)
{
	json_object_put(survey->clients);
	survey->clients = NULL;
	survey->stale = survey->running;
}
