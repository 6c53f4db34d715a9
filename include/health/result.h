/* SPDX-License-Identifier: ISC */
/* What has come of one check of one target. */
#ifndef HEALTH_RESULT_H
#define HEALTH_RESULT_H

#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

struct check_result {
	bool ok;
	bool silent; /* failed without a sign of life from the target: a timeout, no route to it */
	bool ours;   /* failed for want of something of this machine (descriptors, memory, an address of its
			own):   says nothing of the target */
	uint32_t latency_us;       /* ok: from the start of the check to the reply's first octet (tcp: to the
				      connection) */
	bool has_connections;      /* load=json, load=header */
	uint32_t connections;      /* that the target says it has */
	uint8_t weight_percent;    /* load=agent: of its weight, 0 to 100; 100 without */
	enum admin_state agent;    /* load=agent: ADMIN_DRAIN for `drain`, ADMIN_DOWN for `maint` */
	int64_t certificate_end_s; /* when the server's certificate expires, in seconds since 1970; 0: none
				      seen */
	char why[128]; /* a failure in plain words: "connection refused", "status 503, expected 200-299" */
};

#endif
