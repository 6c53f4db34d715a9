/* SPDX-License-Identifier: ISC */
/* The admin API's listening socket: TCP, or a UNIX socket that only its owner may open. */
#ifndef ADMIN_LISTEN_H
#define ADMIN_LISTEN_H

#include "config/config.h"

#include <sys/types.h>

struct inherited;

struct listening {
	int fd;
	uint16_t port; /* the one that TCP got; 0: a UNIX socket */
	char *path;    /* owned: of the UNIX socket; NULL: TCP */
	dev_t device;  /* of its file, which may have become another's */
	ino_t inode;
};

/*
 * Binds and listens, not blocking. A UNIX socket that nobody listens on is replaced; mode 0600. A socket that
 * is inherited (NULL: none is) is taken instead; the file of such a one is not removed in the end. False: an
 * error is in `faults`, and nothing is open.
 */
bool listening_open(const struct admin_listen *listen, struct inherited *inherited, struct listening *out,
		    struct faults *faults);

/* Removes the socket's file, if it is still ours, and frees the path; the descriptor is the caller's. */
void listening_forget(struct listening *listening);

#endif
