/* SPDX-License-Identifier: ISC */
/* The loader thread. */
#include "control/reload.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NICE = 19 }; /* with less, the scheduler keeps a worker waiting for milliseconds now and then */

struct reload {
	const char *conf_path;
	reload_done *done;
	void *context;
	int finished_fd; /* an eventfd that the thread writes to last */
	struct event *finished;
	bool running, again;
	uint64_t asked, number; /* of the last wish, and of the load under way or just ended */
	pthread_t thread;
	struct world *world; /* the thread's result, read after it was joined */
	struct faults faults;
};

static void *load(void *argument)
{
	struct reload *reload = argument;
	uint64_t one = 1;
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone, on Linux */
	reload->world = world_load(reload->conf_path, false, &reload->faults);
	ssize_t ignored = write(reload->finished_fd, &one, sizeof(one));
	(void)ignored;
	return NULL;
}

static void begin(struct reload *reload)
{
	int error = pthread_create(&reload->thread, NULL, load, reload);
	reload->number = reload->asked;
	reload->running = error == 0;
	if (error == 0)
		return;
	struct faults faults = {0};
	fault_add(&faults, (struct spot){.file = "reload"}, "no thread for it: %s", strerror(error));
	reload->done(reload->context, NULL, &faults);
	faults_free(&faults);
}

uint64_t reload_start(struct reload *reload)
{
	reload->asked++;
	if (reload->running)
		reload->again = true;
	else
		begin(reload);
	return reload->asked;
}

uint64_t reload_number(const struct reload *reload)
{
	return reload->number;
}

static void join(struct reload *reload)
{
	pthread_join(reload->thread, NULL);
	reload->running = false;
}

static void on_finished(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct reload *reload = argument;
	uint64_t count;
	if (read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	join(reload);
	reload->done(reload->context, reload->world, &reload->faults);
	faults_free(&reload->faults);
	if (reload->again) {
		reload->again = false;
		begin(reload);
	}
}

struct reload *reload_new(struct event_base *base, const char *conf_path, reload_done *done, void *context)
{
	struct reload *reload = mem_alloc(sizeof(*reload));
	*reload = (struct reload){.conf_path = conf_path, .done = done, .context = context};
	reload->finished_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	reload->finished = event_new(base, reload->finished_fd, EV_READ | EV_PERSIST, on_finished, reload);
	event_add(reload->finished, NULL);
	return reload;
}

bool reload_running(const struct reload *reload)
{
	return reload->running;
}

bool reload_free(struct reload *reload, unsigned wait_ms)
{
	if (reload->running) {
		if (!thread_join(reload->thread, wait_ms))
			return false;
		world_free(reload->world);
		faults_free(&reload->faults);
	}
	event_free(reload->finished);
	close(reload->finished_fd);
	free(reload);
	return true;
}
