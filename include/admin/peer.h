/* SPDX-License-Identifier: ISC */
/* Who is at the other end of a connection, for the log. */
#ifndef ADMIN_PEER_H
#define ADMIN_PEER_H

enum { PEER_TEXT_MAX = 80 };

/* "127.0.0.1", as its port says nothing tomorrow, or "unix:uid 0 pid 7" into `out` of PEER_TEXT_MAX; returns
 * it. */
char *peer_format(int fd, char *out);

#endif
