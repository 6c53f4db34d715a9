/* SPDX-License-Identifier: ISC */
/* What an explanation is asked for. */
#ifndef GSLBCTL_QUESTION_H
#define GSLBCTL_QUESTION_H

#include <stdbool.h>

struct asked {
	const char *name;
	const char *type; /* NULL: A */
	const char *client;
	const char *down; /* datacenters to take as down, with commas between; "": none */
	bool possible;    /* with all that may be answered */
};

/* The path for it. The caller frees it. */
char *explain_path(const struct asked *asked);

#endif
