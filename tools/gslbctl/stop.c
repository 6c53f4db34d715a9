/* SPDX-License-Identifier: ISC */
/* Signals as a descriptor. */
#include "stop.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/signalfd.h>

int stop_open(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		abort();
	return fd;
}

/* What was asked is never read, so that it stays asked. */
bool stop_wait(int fd, int ms)
{
	struct pollfd stop = {.fd = fd, .events = POLLIN};
	return poll(&stop, 1, ms) > 0;
}
