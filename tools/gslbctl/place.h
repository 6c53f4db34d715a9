/* SPDX-License-Identifier: ISC */
/* Where the server is, and where its token. */
#ifndef GSLBCTL_PLACE_H
#define GSLBCTL_PLACE_H

#include "options.h"

struct place {
	char *address;    /* owned, as the rest: for people */
	char *base;       /* http://... */
	char *path;       /* of a UNIX socket; NULL: none */
	char *token_file; /* NULL: none */
};

/* As the options, the environment and the configuration say. False: what was looked for was told. What is in
 * `out` is to be freed in any case. */
bool place_find(const struct options *o, struct place *out);
void place_free(struct place *place);

#endif
