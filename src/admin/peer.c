/* SPDX-License-Identifier: ISC */
/* Naming the other end of a connection. */
#include "admin/peer.h"
#include "base/addr.h"

#include <stdio.h>
#include <sys/socket.h>

_Static_assert((int)PEER_TEXT_MAX >= (int)ADDR_TEXT_MAX, "an address fits");

char *peer_format(int fd, char *out)
{
	struct sockaddr_storage sa = {.ss_family = AF_UNSPEC};
	struct ucred who;
	struct endpoint endpoint;
	socklen_t len = sizeof(sa), who_len = sizeof(who);
	getpeername(fd, (struct sockaddr *)&sa, &len);
	if (sa.ss_family == AF_INET || sa.ss_family == AF_INET6) {
		endpoint_from_sockaddr((struct sockaddr *)&sa, &endpoint);
		return addr_format(&endpoint.addr, out);
	}
	if (sa.ss_family == AF_UNIX && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_len) == 0)
		snprintf(out, PEER_TEXT_MAX, "unix:uid %u pid %d", (unsigned)who.uid, (int)who.pid);
	else
		snprintf(out, PEER_TEXT_MAX, "unknown");
	return out;
}
