/* SPDX-License-Identifier: ISC */
/* Giving signals back. */
#include "base/signals.h"

#include <signal.h>

void signals_reset(void)
{
	const struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL); /* not all of them can be changed */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
