/* SPDX-License-Identifier: ISC */
/*
 * The starter's thread, and the way of descriptors into the successor:
 *
 *   3 .. 2+n  sockets ($LISTEN_FDS=n)     3+n  state     4+n  the pipe that it says on that it is ready
 *                                         5+n  the secret of cookies
 */
#include "process/starter.h"
#include "base/memory.h"
#include "base/signals.h"
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, SAID_ROOM = 1536, WHY_ROOM = SAID_ROOM + 128 };
enum { BEHIND_STATE, BEHIND_PIPE, BEHIND_SECRET, BEHIND }; /* the sockets */

/* What a successor says first; behind the second stands why. */
enum { SAYS_READY = 'R', SAYS_FAILED = 'F' };

struct starter {
	struct starter_program program;
	pthread_t thread;
	int orders[2]; /* an octet in it: start; closed: end */
	int ended;     /* an eventfd that the thread writes to last */
	size_t n;      /* sockets to hand over */
	int *fds;      /* those and what is behind them, but for the pipe: owned copies */
	pid_t pid;     /* the result */
	char why[WHY_ROOM];
};

struct image {
	const struct starter_program *program;
	char **environment;
	char *pid; /* "LISTEN_PID=" in it, with room for the number */
	int n, *fds, *aside;
};

/* To where the successor looks for them; first out of each other's way. */
static bool put_in_place(const struct image *image)
{
	int end = FIRST + image->n;
	for (int i = 0; i < image->n; i++) {
		image->aside[i] = fcntl(image->fds[i], F_DUPFD, end);
		if (image->aside[i] < 0)
			return false;
	}
	for (int i = 0; i < image->n; i++) {
		if (dup2(image->aside[i], FIRST + i) < 0)
			return false;
	}
	return close_range((unsigned)end, ~0u, 0) == 0;
}

/* In the child, which has this memory until it is another program. Returns only if that fails. */
static void become(const struct image *image)
{
	struct rlimit limit;
	signals_reset();
	if (!put_in_place(image))
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = image->program->descriptors;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	snprintf(image->pid, 12, "%d", getpid());
	execvpe(image->program->argv[0], image->program->argv, image->environment);
}

static bool is_ours(const char *variable)
{
	static const char *const ours[] = {
		"LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "GSLBD_UPGRADE=", "WATCHDOG_PID="};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strncmp(variable, ours[i], strlen(ours[i])) == 0)
			return true;
	}
	return false;
}

/* This process's, but for what is said of descriptors: that is in `texts`. */
static char **environment_new(char texts[static 3][64])
{
	size_t n = 0, kept = 0;
	while (environ[n] != NULL)
		n++;
	char **list = mem_alloc((n + 4) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		if (!is_ours(environ[i]))
			list[kept++] = environ[i];
	}
	for (size_t i = 0; i < 3; i++)
		list[kept++] = texts[i];
	return list;
}

/* Returns the child, or -1 with errno. */
static pid_t spawn(const struct starter *s, int pipe)
{
	char texts[3][64] = {"LISTEN_PID="};
	int n = (int)s->n + BEHIND;
	struct image image = {.program = &s->program, .n = n, .pid = strchr(texts[0], '\0')};
	snprintf(texts[1], sizeof(texts[1]), "LISTEN_FDS=%zu", s->n);
	snprintf(texts[2], sizeof(texts[2]), "GSLBD_UPGRADE=%zu", FIRST + s->n + BEHIND_STATE);
	image.environment = environment_new(texts);
	image.fds = mem_alloc((size_t)n * sizeof(int));
	image.aside = mem_alloc((size_t)n * sizeof(int));
	memcpy(image.fds, s->fds, (size_t)n * sizeof(int));
	image.fds[s->n + BEHIND_PIPE] = pipe;
	volatile int error = 0;
	pid_t pid = vfork();
	if (pid == 0) {
		become(&image);
		error = errno;
		_exit(127);
	}
	if (pid < 0)
		error = errno;
	free(image.environment);
	free(image.fds);
	free(image.aside);
	if (pid > 0 && error != 0)
		waitpid(pid, NULL, 0);
	errno = error;
	return error ? -1 : pid;
}

/* Has the child ended, by now or in the time that it has for that? Once this process ends it has none. */
static bool await_end(const struct starter *s, pid_t pid, int *status)
{
	struct pollfd waits[] = {{.fd = pidfd_open(pid, 0), .events = POLLIN},
				 {.fd = s->orders[0], .events = POLLIN}};
	poll(waits, 2, (int)s->program.end_ms);
	if (waits[0].fd >= 0)
		close(waits[0].fd);
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Why the child has ended, or must: its pipe is closed, its time is up (`said` NULL), or this process ends.
 */
static void give_up(struct starter *s, pid_t pid, const char *said)
{
	static const int signals[] = {0, SIGTERM, SIGKILL};
	unsigned sent = said == NULL ? 2 : 0;
	int status = 0;
	char how[64];
	kill(pid, signals[sent]);
	while (!await_end(s, pid, &status) && sent < 2)
		kill(pid, signals[++sent]);
	if (said == NULL) {
		snprintf(s->why, sizeof(s->why), "the new process was not ready after %u s, and was killed",
			 s->program.wait_ms / 1000);
		return;
	}
	if (sent > 0)
		snprintf(how, sizeof(how), "failed, and had to be ended");
	else if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was ended by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with status %d before it was ready", WEXITSTATUS(status));
	bool failed = said[0] == SAYS_FAILED;
	snprintf(s->why, sizeof(s->why), "the new process %s%s%s", how, failed ? ": " : "; its log says why",
		 failed ? said + 1 : "");
}

/* What the child says, "" if it ends without a word. NULL: nothing, in the time that it has. */
static const char *hear(const struct starter *s, int pipe, char room[static SAID_ROOM])
{
	struct pollfd waits[] = {{.fd = pipe, .events = POLLIN}, {.fd = s->orders[0], .events = POLLIN}};
	if (poll(waits, 2, (int)s->program.wait_ms) <= 0 || waits[0].revents == 0)
		return NULL;
	ssize_t len = read(pipe, room, SAID_ROOM - 1); /* it is written at once */
	room[len > 0 ? len : 0] = '\0';
	return room;
}

/* Were there descriptors for all that is handed over? If not, errno says so. */
static bool all_copied(const struct starter *s)
{
	for (size_t i = 0; i < s->n + BEHIND; i++) {
		if (s->fds[i] < 0 && i != s->n + BEHIND_PIPE) {
			errno = EMFILE;
			return false;
		}
	}
	return true;
}

static void start(struct starter *s)
{
	int ends[2];
	char room[SAID_ROOM];
	s->pid = 0;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		snprintf(s->why, sizeof(s->why), "no pipe: %s", strerror(errno));
		return;
	}
	pid_t pid = all_copied(s) ? spawn(s, ends[1]) : -1;
	if (pid < 0)
		snprintf(s->why, sizeof(s->why), "can't start %.200s: %s", s->program.argv[0],
			 strerror(errno));
	close(ends[1]);
	const char *said = pid > 0 ? hear(s, ends[0], room) : NULL;
	if (said != NULL && said[0] == SAYS_READY)
		s->pid = pid;
	else if (pid > 0)
		give_up(s, pid, said);
	close(ends[0]);
}

static void *run(void *argument)
{
	struct starter *s = argument;
	uint64_t one = 1;
	char order;
	if (geteuid() != 0)
		privileges_pass_on(s->program.keep);
	while (read(s->orders[0], &order, 1) == 1) {
		start(s);
		for (size_t i = 0; i < s->n + BEHIND; i++) {
			if (s->fds[i] >= 0)
				close(s->fds[i]);
		}
		ssize_t ignored = write(s->ended, &one, sizeof(one));
		(void)ignored;
	}
	return NULL;
}

struct starter *starter_new(const struct starter_program *program)
{
	struct starter *s = mem_alloc(sizeof(*s));
	s->program = *program;
	s->ended = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	bool ok = s->ended >= 0 && pipe2(s->orders, O_CLOEXEC) == 0;
	ok = ok && pthread_create(&s->thread, NULL, run, s) == 0;
	if (ok)
		return s;
	free(s);
	return NULL;
}

int starter_fd(const struct starter *starter)
{
	return starter->ended;
}

void starter_begin(struct starter *starter, const int *sockets, size_t n, const struct starter_files *files)
{
	free(starter->fds);
	starter->n = n;
	starter->fds = mem_alloc((n + BEHIND) * sizeof(int));
	for (size_t i = 0; i < n; i++)
		starter->fds[i] = fcntl(sockets[i], F_DUPFD_CLOEXEC, FIRST);
	starter->fds[n + BEHIND_STATE] = fcntl(files->state, F_DUPFD_CLOEXEC, FIRST);
	starter->fds[n + BEHIND_PIPE] = -1;
	starter->fds[n + BEHIND_SECRET] = fcntl(files->secret, F_DUPFD_CLOEXEC, FIRST);
	ssize_t ignored = write(starter->orders[1], "s", 1);
	(void)ignored;
}

pid_t starter_take(struct starter *starter, const char **why)
{
	uint64_t count;
	ssize_t ignored = read(starter->ended, &count, sizeof(count));
	(void)ignored;
	pid_t pid = starter->pid;
	*why = starter->why;
	starter->pid = 0;
	return pid;
}

void starter_free(struct starter *starter)
{
	if (starter == NULL)
		return;
	close(starter->orders[1]);
	pthread_join(starter->thread, NULL);
	if (starter->pid > 0) /* ready just now, which nobody has heard: it ends with this process */
		kill(starter->pid, SIGTERM);
	close(starter->orders[0]);
	close(starter->ended);
	free(starter->fds);
	free(starter);
}

static int keep(int fd)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? fd : -1;
}

struct succession succession_take(void)
{
	const char *text = getenv("GSLBD_UPGRADE");
	int first = text ? atoi(text) : 0;
	unsetenv("GSLBD_UPGRADE");
	if (first < FIRST || keep(first + BEHIND_STATE) < 0 || keep(first + BEHIND_PIPE) < 0)
		return (struct succession){-1, {-1, -1}};
	return (struct succession){
		.files = {.state = first + BEHIND_STATE, .secret = keep(first + BEHIND_SECRET)},
		.ready = first + BEHIND_PIPE};
}

static void say(struct succession *succession, char what, const char *why)
{
	char text[SAID_ROOM];
	if (succession->ready < 0)
		return;
	snprintf(text, sizeof(text), "%c%s", what, why);
	ssize_t ignored = write(succession->ready, text, strlen(text));
	(void)ignored;
	close(succession->ready);
	succession->ready = -1;
}

void succession_ready(struct succession *succession)
{
	say(succession, SAYS_READY, "");
}

void succession_failed(struct succession *succession, const char *why)
{
	say(succession, SAYS_FAILED, why);
}
