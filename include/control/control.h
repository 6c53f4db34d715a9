/* SPDX-License-Identifier: ISC */
/* The control thread: it loads worlds, polls targets, keeps the board, and publishes both to the workers. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

struct faults;
struct world;

/*
 * Serves what the file says until SIGTERM or SIGINT; SIGHUP reads everything again. Returns the exit status:
 * 0 after an orderly end, 1 where it could not start, the reasons being on stderr. SIGUSR2 starts `argv`
 * anew, which takes over.
 */
int control_run(const char *conf_path, char *const *argv);

/*
 * The world that would be served, as the user who would serve: where root asks, this process becomes that
 * one. NULL: errors in `faults`, those of the start. The caller frees it.
 */
struct world *control_check(const char *conf_path, struct faults *faults);

#endif
