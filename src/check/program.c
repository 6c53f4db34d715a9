/* SPDX-License-Identifier: ISC */
/*
 * The carrier of programs.
 *
 *            its pidfd
 *   running ───────────────────────────> reaped ──> result
 *      │ timeout, too much output, stopped      its pidfd
 *      └──> killed ──> result, unless stopped ───────────> reaped
 *
 * The result of what was killed doesn't wait for its end: a process that hangs in the kernel has none.
 */
#include "base/memory.h"
#include "check/carrier.h"
#include "base/clock.h"
#include "check/exec.h"
#include "check/transfer.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum { KILLED_MAX = 256, KEPT_MAX = 4096, PRINTED_MAX = 1024 * 1024, CLOSE_MS = 1000 };

struct program {
	struct programs *all;
	void *owner;
	const struct check *check;
	struct process process;
	struct event *exit, *output; /* NULL where it could not be started */
	struct event *timer;
	uint64_t begin_us;
	struct check_result result;
	size_t printed; /* octets, of which the first are kept */
	char kept[KEPT_MAX];
	LIST_ENTRY(program) next; /* of those killed */
};

struct programs {
	struct event_base *base;
	carrier_ended *ended;
	void *context;
	rlim_t descriptors;          /* that each program may open */
	LIST_HEAD(, program) killed; /* and not yet reaped; nobody waits for them */
	unsigned n_killed;
};

static void program_free(struct program *program)
{
	if (program->exit != NULL)
		event_free(program->exit);
	if (program->output != NULL)
		event_free(program->output);
	event_free(program->timer);
	process_close(&program->process);
	free(program);
}

/* From here on it is only to be reaped. */
static void abandon(struct program *program)
{
	struct programs *all = program->all;
	process_kill(&program->process);
	event_del(program->timer);
	event_del(program->output);
	program->owner = NULL;
	LIST_INSERT_HEAD(&all->killed, program, next);
	all->n_killed++;
}

static void end_by_force(struct program *program)
{
	struct programs *all = program->all;
	void *owner = program->owner;
	struct check_result result = program->result;
	abandon(program);
	all->ended(all->context, owner, &result);
}

static size_t kept(const struct program *program)
{
	return program->printed < KEPT_MAX ? program->printed : KEPT_MAX;
}

/* Reads a piece of its output and keeps what there is room for. Returns as read() does. */
static ssize_t take_output(struct program *program)
{
	char piece[16384];
	ssize_t n = read(program->process.output, piece, sizeof(piece));
	if (n <= 0)
		return n;
	size_t len = (size_t)n, room = KEPT_MAX - kept(program);
	memcpy(program->kept + kept(program), piece, len < room ? len : room);
	program->printed += len;
	return n;
}

static void on_exit_of(evutil_socket_t fd, short events, void *context)
{
	struct program *program = context;
	struct programs *all = program->all;
	void *owner = program->owner;
	siginfo_t how;
	(void)fd;
	(void)events;
	/* what it has left behind may hold the pipe, and fill it: not to the end, only what may be of use */
	while (program->printed < KEPT_MAX && take_output(program) > 0)
		;
	if (!process_reap(&program->process, &how))
		return;
	if (owner == NULL) {
		LIST_REMOVE(program, next);
		all->n_killed--;
		program_free(program);
		return;
	}
	struct check_result result = program->result;
	exec_judge(&result, &how, program->kept, kept(program));
	if (result.ok)
		result.latency_us =
			(uint32_t)(clock_us() - program->begin_us); /* the timeout is an hour at most */
	program_free(program);
	all->ended(all->context, owner, &result);
}

static void on_output(evutil_socket_t fd, short events, void *context)
{
	struct program *program = context;
	(void)fd;
	(void)events;
	if (take_output(program) == 0)
		event_del(program->output); /* its end, which may come before the program's */
	if (program->printed <= PRINTED_MAX)
		return;
	result_fail(&program->result, "printed more than %d MiB", PRINTED_MAX / 1024 / 1024);
	end_by_force(program);
}

static void fail_timeout(struct check_result *result, uint32_t ms)
{
	result->silent = true;
	if (ms % 1000 == 0)
		result_fail(result, "timed out after %u s", ms / 1000);
	else
		result_fail(result, "timed out after %u ms", ms);
}

static void on_time(evutil_socket_t fd, short events, void *context)
{
	struct program *program = context;
	struct programs *all = program->all;
	(void)fd;
	(void)events;
	if (program->exit != NULL) {
		fail_timeout(&program->result, program->check->timeout_ms);
		end_by_force(program);
		return;
	}
	void *owner = program->owner;
	struct check_result result = program->result;
	program_free(program);
	all->ended(all->context, owner, &result);
}

static struct event *listen_to(struct program *program, int fd, event_callback_fn callback)
{
	struct event *event = event_new(program->all->base, fd, EV_READ | EV_PERSIST, callback, program);
	if (event == NULL || event_add(event, NULL) != 0)
		abort();
	return event;
}

static void *start(void *self, const struct target *target, void *owner)
{
	struct programs *all = self;
	struct program *program = mem_alloc(sizeof(*program));
	*program = (struct program){
		.all = all,
		.owner = owner,
		.check = target->check,
		.process = {.ended = -1, .output = -1},
		.timer = evtimer_new(all->base, on_time, program),
		.begin_us = clock_us(),
		.result = check_result_blank(),
	};
	if (program->timer == NULL)
		abort();
	struct timeval wait = {0};
	int error =
		all->n_killed < KILLED_MAX ? exec_start(&program->process, target, all->descriptors) : EAGAIN;
	if (error != 0) {
		exec_fail_start(&program->result, target->check->command.list[0], error);
	} else {
		uint32_t ms = target->check->timeout_ms;
		wait = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
		program->exit = listen_to(program, program->process.ended, on_exit_of);
		program->output = listen_to(program, program->process.output, on_output);
	}
	evtimer_add(program->timer, &wait);
	return program;
}

static void stop(void *self, void *run)
{
	struct program *program = run;
	(void)self;
	if (program->exit != NULL)
		abandon(program);
	else
		program_free(program);
}

static void rebind(void *run, const struct check *check)
{
	struct program *program = run;
	program->check = check;
}

static void *open_programs(struct event_base *base, carrier_ended *ended, void *context, rlim_t descriptors)
{
	struct programs *all = mem_alloc(sizeof(*all));
	all->base = base;
	all->descriptors = descriptors;
	all->ended = ended;
	all->context = context;
	LIST_INIT(&all->killed);
	/* whoever started this process may ignore it, and then the kernel forgets how children ended */
	signal(SIGCHLD, SIG_DFL);
	return all;
}

/* What a kill does not end within CLOSE_MS is left to whoever inherits it. */
static void close_programs(void *self)
{
	struct programs *all = self;
	uint64_t deadline_us = clock_us() + CLOSE_MS * 1000;
	struct program *program;
	while ((program = LIST_FIRST(&all->killed)) != NULL) {
		siginfo_t how;
		uint64_t now = clock_us();
		struct pollfd end = {.fd = program->process.ended, .events = POLLIN};
		if (poll(&end, 1, now < deadline_us ? (int)((deadline_us - now) / 1000) : 0) > 0)
			process_reap(&program->process, &how);
		LIST_REMOVE(program, next);
		program_free(program);
	}
	free(all);
}

const struct carrier carrier_program = {
	.under_way_max = 64,
	.descriptors_each = 16, /* it takes two of them, and many times that of all else */
	.starts_a_turn = 4,
	.open = open_programs,
	.close = close_programs,
	.start = start,
	.stop = stop,
	.rebind = rebind,
};
