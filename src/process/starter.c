/* SPDX-License-Identifier: ISC */
/*
 * The starter's process, and the way of descriptors into the successor:
 *
 *   3 .. 2+n  sockets ($LISTEN_FDS=n)     3+n  state     4+n  the pipe that it says on that it is ready
 *                                         5+n  the secret of cookies     6+n  the verdict on that
 */
#include "process/starter.h"
#include "base/memory.h"
#include "base/signals.h"
#include "process/passing.h"
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, SAID_ROOM = 1536, WHY_ROOM = SAID_ROOM + 128 };
enum { BEHIND_STATE, BEHIND_PIPE, BEHIND_SECRET, BEHIND_VERDICT, BEHIND }; /* the sockets */
enum { FILES = BEHIND - 1 }; /* of those that are passed on: the pipe is made here */

/* What a successor says first; behind the second stands why. */
enum { SAYS_READY = 'R', SAYS_FAILED = 'F' };

/* What came of a start. */
struct result {
	pid_t pid; /* 0: why not */
	char why[WHY_ROOM];
};

/* Each side has a copy of its own, from the fork on. */
struct starter {
	struct starter_program program;
	pid_t process;
	int orders[2]; /* of packets; the starter's process has the first: lists of descriptors come to it,
			  and an octet, to end; results go back; closed: the server has died */
	struct passed passed; /* sockets to hand over, state, secret and verdict */
	struct result result;
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
	size_t sockets = s->passed.n - FILES;
	int n = (int)sockets + BEHIND;
	struct image image = {.program = &s->program, .n = n, .pid = strchr(texts[0], '\0')};
	snprintf(texts[1], sizeof(texts[1]), "LISTEN_FDS=%zu", sockets);
	snprintf(texts[2], sizeof(texts[2]), "GSLBD_UPGRADE=%zu", FIRST + sockets + BEHIND_STATE);
	image.environment = environment_new(texts);
	image.fds = mem_alloc((size_t)n * sizeof(int));
	image.aside = mem_alloc((size_t)n * sizeof(int));
	memcpy(image.fds, s->passed.fds, sockets * sizeof(int));
	image.fds[sockets + BEHIND_STATE] = s->passed.fds[sockets];
	image.fds[sockets + BEHIND_PIPE] = pipe;
	image.fds[sockets + BEHIND_SECRET] = s->passed.fds[sockets + 1];
	image.fds[sockets + BEHIND_VERDICT] = s->passed.fds[sockets + 2];
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
		snprintf(s->result.why, sizeof(s->result.why),
			 "the new process was not ready after %u s, and was killed",
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
	snprintf(s->result.why, sizeof(s->result.why), "the new process %s%s%s", how,
		 failed ? ": " : "; its log says why", failed ? said + 1 : "");
}

/* A server that has died has not said so: its successor goes on, and serves in its place. */
static bool is_to_end(const struct starter *s)
{
	char order;
	return recv(s->orders[0], &order, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* What the child says, "" if it ends without a word. NULL: nothing, in the time that it has. */
static const char *hear(const struct starter *s, int pipe, char room[static SAID_ROOM])
{
	struct pollfd waits[] = {{.fd = pipe, .events = POLLIN}, {.fd = s->orders[0], .events = POLLIN}};
	int ready = poll(waits, 2, (int)s->program.wait_ms);
	if (ready > 0 && waits[0].revents == 0 && !is_to_end(s))
		ready = poll(waits, 1, -1);
	if (ready <= 0 || waits[0].revents == 0)
		return NULL;
	ssize_t len = read(pipe, room, SAID_ROOM - 1); /* it is written at once */
	room[len > 0 ? len : 0] = '\0';
	return room;
}

/* Were there descriptors for all that is handed over? If not, errno says so. */
static bool all_passed(const struct starter *s)
{
	errno = EMFILE;
	return s->passed.whole && s->passed.n >= FILES;
}

static void start(struct starter *s)
{
	int ends[2];
	char room[SAID_ROOM];
	s->result = (struct result){0};
	while (waitpid(-1, NULL, WNOHANG) > 0) /* of those before, what took long to end */
		;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		snprintf(s->result.why, sizeof(s->result.why), "no pipe: %s", strerror(errno));
		return;
	}
	pid_t pid = all_passed(s) ? spawn(s, ends[1]) : -1;
	if (pid < 0)
		snprintf(s->result.why, sizeof(s->result.why), "can't start %.200s: %s", s->program.argv[0],
			 strerror(errno));
	close(ends[1]);
	const char *said = pid > 0 ? hear(s, ends[0], room) : NULL;
	if (said != NULL && said[0] == SAYS_READY)
		s->result.pid = pid;
	else if (pid > 0)
		give_up(s, pid, said);
	close(ends[0]);
}

/* Nothing of the server's is kept: neither a socket, which would get queries, nor what its end is told by. */
static void let_go(struct starter *s)
{
	sigset_t all;
	sigfillset(&all); /* what is sent to the group is the server's affair */
	sigprocmask(SIG_SETMASK, &all, NULL);
	s->orders[0] = fcntl(s->orders[0], F_DUPFD_CLOEXEC, FIRST);
	if (s->orders[0] > FIRST)
		close_range(FIRST, (unsigned)s->orders[0] - 1, 0);
	close_range((unsigned)s->orders[0] + 1, ~0u, 0);
}

/* The starter's process, until the other side of its orders is closed. */
static void serve(struct starter *s)
{
	let_go(s);
	if (geteuid() != 0)
		privileges_pass_on(s->program.keep);
	prctl(PR_SET_DUMPABLE, 0); /* nobody of this user may write to its memory */
	prctl(PR_SET_NAME, "gslbd-starter");
	while (passing_receive(s->orders[0], &s->passed)) {
		start(s);
		passed_free(&s->passed); /* before the server leaves its sockets */
		send(s->orders[0], &s->result, sizeof(s->result), MSG_NOSIGNAL);
	}
	_exit(0);
}

/* The server must not wait for it without end. */
static bool pair(int orders[static 2])
{
	static const struct timeval patience = {.tv_sec = 5};
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, orders) == 0 &&
	       setsockopt(orders[1], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0;
}

struct starter *starter_new(const struct starter_program *program)
{
	struct starter *s = mem_alloc(sizeof(*s));
	*s = (struct starter){.program = *program, .orders = {-1, -1}};
	s->process = pair(s->orders) ? fork() : -1;
	if (s->process == 0)
		serve(s);
	if (s->process > 0) {
		close(s->orders[0]);
		return s;
	}
	int error = errno;
	for (unsigned i = 0; i < 2; i++) {
		if (s->orders[i] >= 0)
			close(s->orders[i]);
	}
	free(s);
	errno = error;
	return NULL;
}

int starter_fd(const struct starter *starter)
{
	return starter->orders[1];
}

bool starter_begin(struct starter *starter, const int *sockets, size_t n, const struct starter_files *files)
{
	int *all = mem_alloc((n + FILES) * sizeof(*all));
	if (n > 0)
		memcpy(all, sockets, n * sizeof(*all));
	all[n] = files->state;
	all[n + 1] = files->secret;
	all[n + 2] = files->verdict;
	bool ok = passing_send(starter->orders[1], all, n + FILES);
	free(all);
	return ok;
}

pid_t starter_take(struct starter *starter, const char **why)
{
	struct result *result = &starter->result;
	ssize_t got = recv(starter->orders[1], result, sizeof(*result), MSG_DONTWAIT);
	*why = result->why;
	if (got == (ssize_t)sizeof(*result))
		return result->pid;
	*why = "the process that starts another has ended";
	return -1;
}

/* It ends as it is told to, unless it is stopped, or waits for a disk that hangs. */
static void end_process(const struct starter *s)
{
	struct pollfd end = {.fd = pidfd_open(s->process, 0), .events = POLLIN};
	send(s->orders[1], "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(s->orders[1], SHUT_WR);
	if (end.fd >= 0 && poll(&end, 1, (int)s->program.end_ms) == 0)
		kill(s->process, SIGKILL);
	if (end.fd >= 0)
		close(end.fd);
	waitpid(s->process, NULL, 0);
}

void starter_kill(struct starter *starter)
{
	kill(starter->process, SIGKILL);
}

void starter_free(struct starter *starter)
{
	const char *why;
	if (starter == NULL)
		return;
	end_process(starter);
	pid_t pid = starter_take(starter, &why);
	if (pid > 0) /* ready just now, which nobody has heard: it ends with this process */
		kill(pid, SIGTERM);
	close(starter->orders[1]);
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
		return (struct succession){-1, {-1, -1, -1}};
	return (struct succession){.files = {.state = first + BEHIND_STATE,
					     .secret = keep(first + BEHIND_SECRET),
					     .verdict = keep(first + BEHIND_VERDICT)},
				   .ready = first + BEHIND_PIPE};
}

static void say(struct succession *succession, char what, const char *why)
{
	char text[SAID_ROOM];
	if (succession->ready < 0)
		return;
	snprintf(text, sizeof(text), "%c%s", what, why);
	ssize_t ignored = write(succession->ready, text, strlen(text)); /* SIGPIPE is held back */
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
