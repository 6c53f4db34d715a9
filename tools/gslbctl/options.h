/* SPDX-License-Identifier: ISC */
/* The command line of gslbctl, taken apart, and what runs for each command. */
#ifndef GSLBCTL_OPTIONS_H
#define GSLBCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What a command ends with. */
enum { RESULT_GOOD = 0, RESULT_BAD = 1, RESULT_TROUBLE = 2 };

/* An option that may repeat. */
struct words {
	size_t n, cap;
	const char **list; /* owned, its texts borrowed */
};

struct options {
	const char *server, *token_file, *conf_path; /* NULL where not given, as all texts below */
	bool json, watch, force, fail, drain, dry_run;
	const char *client, *length, *why, *dns_server;
	struct words down, names;
	const char *const *words; /* of the command, without itself; NULL at the end */
};

/* Each prints what it has to say, and returns a RESULT. */
int command_status(const struct options *o);
int command_explain(const struct options *o);
int command_drain(const struct options *o);
int command_force(const struct options *o);
int command_clear(const struct options *o);
int command_reload(const struct options *o);
int command_upgrade(const struct options *o);
int command_drill(const struct options *o);

#endif
