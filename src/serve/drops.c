/* SPDX-License-Identifier: ISC */
/* Reading a socket's count of drops. */
#include "serve/drops.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

uint64_t drops_read(struct drops *d)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);
	if (d->fd >= 0 && getsockopt(d->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0)
		d->n += (uint32_t)(info[SK_MEMINFO_DROPS] - (uint32_t)d->n); /* since the last reading */
	return d->n;
}
