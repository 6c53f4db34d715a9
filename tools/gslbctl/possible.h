/* SPDX-License-Identifier: ISC */
/* What may be answered, as the server explains it, and whether an answer is of it. */
#ifndef GSLBCTL_POSSIBLE_H
#define GSLBCTL_POSSIBLE_H

#include "dns.h"

#include <json-c/json.h>

struct possible_record {
	char *rdata;
	char *datacenter; /* NULL: of none */
};

struct possible {
	size_t n;
	struct possible_record *list;
	bool nothing;     /* there may also be no record of the type */
	bool last_resort; /* nothing is usable: it is what all-down says */
};

/* From an explanation that was asked for with possible=yes; to be freed with possible_free(). */
void possible_read(struct json_object *explanation, struct possible *out);
void possible_free(struct possible *possible);

/* Are all of the reply's records of it? Those that only `without` has are not; NULL: all are. */
bool possible_fits(const struct possible *possible, const struct dns_reply *reply, const char *without);

/* Is some record of that datacenter? And of another, or none? */
bool possible_has(const struct possible *possible, const char *datacenter);
bool possible_has_other(const struct possible *possible, const char *datacenter);

/* Is the record that datacenter's? */
bool possible_owns(const struct possible *possible, const char *rdata, const char *datacenter);

bool possible_equal(const struct possible *a, const struct possible *b);

/* The datacenters, "*" for none: "fra" or "fra+iad", without one of them (NULL: with all); "nothing" where
 * there is none. The caller frees it. */
char *possible_datacenters(const struct possible *possible, const char *without);

/* The records with their datacenters. The caller frees it. */
char *possible_text(const struct possible *possible, const char *without);

#endif
