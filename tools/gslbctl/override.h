/* SPDX-License-Identifier: ISC */
/* Overrides: what operators say of a datacenter. */
#ifndef GSLBCTL_OVERRIDE_H
#define GSLBCTL_OVERRIDE_H

#include "api.h"

enum { WHO_MAX = 64 };

struct override_wish {
	const char *datacenter;
	const char *state;  /* drain, down, up */
	const char *length; /* NULL: until it is cleared */
	const char *why;    /* NULL: nothing is said */
	bool force;
};

/* Each returns as api_call() does; the reply to a success is the datacenter as the status has it. */
int override_put(struct api *api, const struct override_wish *wish, struct json_object **reply);
int override_delete(struct api *api, const char *datacenter, bool force, struct json_object **reply);

/* Tells of the names that a 409 was for. */
void override_refused(struct json_object *reply);

/* Who is at the keyboard, "alice@host"; behind sudo whoever came there. Returns `out`. */
const char *override_who(char out[WHO_MAX]);

#endif
