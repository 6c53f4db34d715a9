/* SPDX-License-Identifier: ISC */
/*
 * Starting this program anew beside itself, with the sockets that this process listens on. A process does it
 * that is there from the start: what filters and capabilities take from the server, it must keep; and what it
 * starts, nobody who takes the server over can change, as its memory is its own. That of a successor is, too,
 * where the user may not read the program's file (execve(2) makes it not dumpable).
 */
#ifndef PROCESS_STARTER_H
#define PROCESS_STARTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct starter;

/* What the successor is started as. */
struct starter_program {
	char *const *argv;  /* its path is looked for as this process's was */
	uint64_t keep;      /* capabilities that are passed on */
	rlim_t descriptors; /* the soft limit that this process was started with */
	unsigned wait_ms;   /* for it to be ready */
	unsigned end_ms; /* for one that failed to end by itself, then after SIGTERM, then after SIGKILL; for
			    the starter to end, before SIGKILL */
};

/* Forks it, of this one as it is: there must be no other thread yet. NULL, with errno: it can't be had. */
struct starter *starter_new(const struct starter_program *program);

/* Readable once a start has ended, or the starter itself. */
int starter_fd(const struct starter *starter);

/* What a successor has beside sockets. State and secret are files that are read from their beginning. */
struct starter_files {
	int state;
	int secret;  /* of cookies */
	int verdict; /* the end of a pipe that is read from: `enum succession_verdict`, once it is ready */
};

/* The last word is that of the process before. Where its pipe ends without one, that process has died. */
enum succession_verdict { VERDICT_SERVE = 'S', VERDICT_END = 'E' };

/* Starts one, which inherits these `n` sockets and the files. All are copied. Not while one is under way.
 * False, with errno: nothing comes of it. */
bool starter_begin(struct starter *starter, const int *sockets, size_t n, const struct starter_files *files);

/* What came of it, once starter_fd() is readable: the successor's process, which is ready; or 0, with why not
 * in `why`, which lives until the next, and it is no more; or -1, likewise: nor is the starter. */
pid_t starter_take(struct starter *starter, const char **why);

/* Ends a starter that hangs: starter_fd() is readable then. A start that is under way goes on without it. */
void starter_kill(struct starter *starter);

/* Ends a start that is under way, a successor that was not taken, and the starter. NULL: nothing. */
void starter_free(struct starter *starter);

/* The successor's side, out of the environment. */
struct succession {
	int ready; /* to be written to by succession_ready(); -1: this process is nobody's successor */
	struct starter_files
		files; /* to be closed by the caller; -1 likewise, or it was not given that one */
};
struct succession succession_take(void);

/*
 * Tells the process before that its work can end; or, in a line, why this one does not come up. Only the
 * first of them counts; nothing where this process is nobody's successor. Whether that was heard, the verdict
 * says. SIGPIPE must be blocked or ignored.
 */
void succession_ready(struct succession *succession);
void succession_failed(struct succession *succession, const char *why);

#endif
