/* SPDX-License-Identifier: ISC */
/* The loader thread. */
#include "control/reload.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "process/privileges.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct worlds {
	size_t n, cap;
	struct world **list;
};

/* What the thread is given, and its result once it was joined. */
struct work {
	struct worlds discarded; /* to be freed first */
	bool load;
	struct world *world;
	struct faults faults;
};

struct reload {
	const char *conf_path;
	reload_done *done;
	void *context;
	int finished_fd; /* an eventfd that the thread writes to last */
	struct event *finished;
	bool running;
	pthread_t thread;
	struct work work;
	uint64_t asked, number;  /* of the last wish, and of the load under way or just ended */
	struct worlds discarded; /* that wait for the thread */
};

static void worlds_free(struct worlds *worlds)
{
	for (size_t i = 0; i < worlds->n; i++)
		world_free(worlds->list[i]);
	free(worlds->list);
	*worlds = (struct worlds){0};
}

static void *run(void *argument)
{
	struct reload *reload = argument;
	struct work *work = &reload->work;
	uint64_t one = 1;
	privileges_leave();
	thread_make_way();
	worlds_free(&work->discarded);
	if (work->load)
		work->world = world_load(reload->conf_path, false, &work->faults);
	ssize_t ignored = write(reload->finished_fd, &one, sizeof(one));
	(void)ignored;
	return NULL;
}

/* The work has ended, or could not begin. */
static void conclude(struct reload *reload)
{
	struct work work = reload->work;
	if (work.load)
		reload->done(reload->context, work.world, &work.faults);
	faults_free(&work.faults);
}

/* Has the thread do what there is to do, unless it runs. */
static void begin(struct reload *reload)
{
	bool load = reload->asked > reload->number;
	if (reload->running || (!load && reload->discarded.n == 0))
		return;
	reload->work = (struct work){.discarded = reload->discarded, .load = load};
	reload->discarded = (struct worlds){0};
	reload->number = reload->asked;
	int error = pthread_create(&reload->thread, NULL, run, reload);
	reload->running = error == 0;
	if (reload->running)
		return;
	worlds_free(&reload->work.discarded);
	fault_add(&reload->work.faults, (struct spot){.file = "reload"}, "no thread for it: %s",
		  strerror(error));
	conclude(reload);
}

uint64_t reload_start(struct reload *reload)
{
	reload->asked++;
	begin(reload);
	return reload->asked;
}

uint64_t reload_number(const struct reload *reload)
{
	return reload->number;
}

void reload_discard(struct reload *reload, struct world *world)
{
	struct worlds *w = &reload->discarded;
	w->list = mem_grow(w->list, &w->cap, w->n + 1, sizeof(struct world *));
	w->list[w->n++] = world;
	begin(reload);
}

static void on_finished(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct reload *reload = argument;
	uint64_t count;
	if (read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return;
	pthread_join(reload->thread, NULL);
	conclude(reload);
	reload->running = false;
	begin(reload);
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
	return reload->asked > reload->number || (reload->running && reload->work.load);
}

bool reload_free(struct reload *reload, unsigned wait_ms)
{
	if (reload->running) {
		if (!thread_join(reload->thread, wait_ms))
			return false;
		world_free(reload->work.world);
		faults_free(&reload->work.faults);
	}
	worlds_free(&reload->discarded);
	event_free(reload->finished);
	close(reload->finished_fd);
	free(reload);
	return true;
}
