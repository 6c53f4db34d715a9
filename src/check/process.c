/* SPDX-License-Identifier: ISC */
/* posix_spawn() for the start, a pidfd for the end. */
#include "check/process.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* What becomes of the descriptors, in this order: `output` itself may be any of the first three. */
static int redirect(posix_spawn_file_actions_t *actions, int output)
{
	int error = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return error;
}

static void detach(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(attributes,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(struct process *process, int output, const char *const argv[],
		 const char *const environment[])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	detach(&attributes);
	int error = redirect(&actions, output);
	if (error == 0)
		error = posix_spawn(&process->pid, argv[0], &actions, &attributes,
				    (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static void reap(const struct process *process, siginfo_t *how, int options)
{
	do
		memset(how, 0, sizeof(*how));
	while (waitid(P_PID, (id_t)process->pid, how, WEXITED | options) != 0 && errno == EINTR);
}

int process_start(struct process *process, const char *const argv[], const char *const environment[])
{
	int ends[2];
	siginfo_t how;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	int error = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
	if (error == 0)
		error = spawn(process, ends[1], argv, environment);
	close(ends[1]);
	if (error == 0) {
		process->ended = pidfd_open(process->pid, 0);
		process->output = ends[0];
		if (process->ended >= 0)
			return 0;
		error = errno;
		process->ended = process->output = -1;
		process_kill(process);
		reap(process, &how, 0);
	}
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
