/* SPDX-License-Identifier: ISC */
/* What this process may do: who it is, and its capabilities (capabilities(7)). */
#ifndef PROCESS_PRIVILEGES_H
#define PROCESS_PRIVILEGES_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whom to become. `name` NULL: nobody else. */
struct identity {
	const char *name;
	uid_t uid;
	gid_t gid;
	bool one_group; /* only gid; else all groups of the user */
};

/* A set of capabilities, as bits; the number is a CAP_ of <linux/capability.h>. */
#define CAPABILITY(number) ((uint64_t)1 << (number))

/*
 * Looks up the names of `user NAME[:GROUP]`, which stands there in a file; `group` NULL: the user's own.
 * False: there is none, an error in `faults`.
 */
struct identity_names {
	const char *user, *group;
	struct spot at;
};
bool identity_find(const struct identity_names *names, struct identity *out, struct faults *faults);

/* Is this process that user's already? */
bool identity_is_ours(const char *user);

/*
 * Becomes that user for good, where this process is root's and one is named, and keeps only these of the
 * capabilities it has; where it stays root, it keeps them all. What it starts gets none but what is passed
 * on of `pass_on`, and no more by set-user-ID files. To be called before there are other threads. False: an
 * error in `faults`, and the process must end.
 */
bool privileges_drop(const struct identity *identity, uint64_t keep, uint64_t pass_on, struct faults *faults);

/* This thread keeps only these of its capabilities. */
void privileges_limit(uint64_t keep);

/* This thread needs none: it keeps none, but where root serves, whose files it is for. A thread begins with
 * those of the one that starts it, whatever that one gives up later. */
void privileges_leave(void);

/* What this thread starts next has these capabilities of its own, too. For a child that is about to become
 * another program. */
void privileges_pass_on(uint64_t keep);

/* "user gslbd, capabilities net_bind_service" for the log, into `out`, which is returned. */
char *privileges_text(char *out, size_t room);

#endif
