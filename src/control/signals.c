/* SPDX-License-Identifier: ISC */
/* What signals ask for. */
#include "base/log.h"
#include "control/server.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void take_signal(struct control *c, uint32_t number)
{
	const char *why;
	if (number == SIGHUP && c->upgrade.successor != 0) {
		kill(c->upgrade.successor, SIGHUP);
	} else if (number == SIGHUP && c->upgrade.under_way) {
		c->upgrade.reload_after = true;
	} else if (number == SIGHUP) {
		log_info("reload: reading the files again");
		service_reloading(c);
		reload_start(c->reload);
	} else if (number == SIGUSR2) {
		if (!upgrade_begin(c, &why))
			log_error("upgrade: %s", why);
	} else if (number == SIGTERM || number == SIGINT) {
		log_info("stopping");
		control_end(c);
	}
}

static void on_signal(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct signalfd_siginfo taken;
	while (read(fd, &taken, sizeof(taken)) == sizeof(taken))
		take_signal(argument, taken.ssi_signo);
}

void control_hold_signals(struct control *c)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR2};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	c->signals_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	c->signals = event_new(c->base, c->signals_fd, EV_READ | EV_PERSIST, on_signal, c);
	event_add(c->signals, NULL);
}
