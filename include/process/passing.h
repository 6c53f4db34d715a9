/* SPDX-License-Identifier: ISC */
/* Descriptors on their way to another process: over a UNIX socket of packets (SCM_RIGHTS of unix(7)). */
#ifndef PROCESS_PASSING_H
#define PROCESS_PASSING_H

#include <stdbool.h>
#include <stddef.h>

/* Hands copies of these on, as one list. False, with errno: it could not be handed on whole. */
bool passing_send(int socket, const int *fds, size_t n);

/* What the other side has sent. */
struct passed {
	size_t n;
	int *fds;   /* closed by exec(); these and the list are the receiver's */
	bool whole; /* else there was no room for all of them */
};

/* Waits for a list. False: there is no other side any more. */
bool passing_receive(int socket, struct passed *out);

/* Closes and frees all. */
void passed_free(struct passed *passed);

#endif
