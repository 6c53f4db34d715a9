/* SPDX-License-Identifier: ISC */
/* The control thread: it loads worlds, polls targets, keeps the board, and publishes both to the workers. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

/*
 * Serves what the file says until SIGTERM or SIGINT; SIGHUP reads everything again. Returns the exit status:
 * 0 after an orderly end, 1 where it could not start, the reasons being on stderr. SIGUSR2 starts `argv`
 * anew, which takes over.
 */
int control_run(const char *conf_path, char *const *argv);

#endif
