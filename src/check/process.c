/* SPDX-License-Identifier: ISC */
/* vfork() for the start, a pidfd for the end. */
#include "check/process.h"
#include "base/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only that of the output is left, and `output` itself may be any of the first three. */
static bool redirect(int output)
{
	bool ok = fcntl(output, F_SETFD, 0) == 0 && dup2(output, STDOUT_FILENO) >= 0 &&
		  dup2(output, STDERR_FILENO) >= 0;
	int nothing = ok ? open("/dev/null", O_RDONLY) : -1;
	return nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 &&
	       close_range(STDERR_FILENO + 1, ~0u, 0) == 0;
}

struct image {
	const char *const *argv, *const *environment;
	int output;
	rlim_t descriptors;
};

/* In the child, until it is another program. Returns only if that fails, with errno set. */
static void become(const struct image *image)
{
	struct rlimit limit;
	setpgid(0, 0);
	signals_reset();
	if (!redirect(image->output) || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = image->descriptors < limit.rlim_max ? image->descriptors : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		execve(image->argv[0], (char *const *)(uintptr_t)image->argv,
		       (char *const *)(uintptr_t)image->environment);
}

/* posix_spawn() knows no limits, hence vfork(): the child has this memory until it is another program, and
 * this thread waits. No signal may be handled there meanwhile. */
static int spawn(struct process *process, const struct image *image)
{
	sigset_t all, before;
	volatile int error = 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	process->pid = vfork();
	if (process->pid == 0) {
		become(image);
		error = errno;
		_exit(127);
	}
	if (process->pid < 0)
		error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void reap(const struct process *process, siginfo_t *how, int options)
{
	do
		memset(how, 0, sizeof(*how));
	while (waitid(P_PID, (id_t)process->pid, how, WEXITED | options) != 0 && errno == EINTR);
}

int process_start(struct process *process, const char *const argv[], const char *const environment[],
		  rlim_t descriptors)
{
	int ends[2];
	siginfo_t how;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	int error = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
	process->pid = -1;
	if (error == 0)
		error = spawn(process, &(struct image){argv, environment, ends[1], descriptors});
	close(ends[1]);
	if (error == 0) {
		process->ended = pidfd_open(process->pid, 0);
		process->output = ends[0];
		if (process->ended >= 0)
			return 0;
		error = errno;
		process->ended = process->output = -1;
		process_kill(process);
	}
	if (process->pid > 0)
		reap(process, &how, 0);
	close(ends[0]);
	return error;
}

void process_kill(const struct process *process)
{
	kill(-process->pid, SIGKILL);
}

bool process_reap(const struct process *process, siginfo_t *how)
{
	/* its number is its own, and its group's, until the kernel forgets it */
	process_kill(process);
	errno = 0;
	reap(process, how, WNOHANG);
	return how->si_pid != 0 || errno == ECHILD;
}

void process_close(const struct process *process)
{
	if (process->ended >= 0)
		close(process->ended);
	if (process->output >= 0)
		close(process->output);
}
