/* SPDX-License-Identifier: ISC */
/* Why a client is answered what it is: the functions that serve, with each step written down. */
#ifndef ANSWER_EXPLAIN_H
#define ANSWER_EXPLAIN_H

#include "answer/answer.h"

#include <json-c/json.h>
#include <stdio.h>

struct explain_request {
	struct name name;
	uint16_t type;
	struct prefix client;
	bool from_subnet; /* a client-subnet of that length; else the source address */
};

/* Parses NAME[/TYPE] (A without TYPE) and ADDR[/LEN]. On failure *why says what would be right. */
bool explain_parse(const char *question, const char *client, struct explain_request *out, const char **why);

/*
 * Explains the answer. `databases` say where the client is; NULL: nothing is said of its place. The result is
 * an object as the README describes it; the caller frees it with json_object_put().
 */
struct json_object *explain(const struct view *view, const struct databases *databases,
			    const struct explain_request *request);

/*
 * The round-trip times that a latency method ordered the datacenters of a steering by, the shortest first: an
 * array of {datacenter, ms, by}, where `ms` is null where none is known. The caller frees it.
 */
struct json_object *explain_times(const struct steering *steering, const struct view *view,
				  const struct addr *client);
/* The RDATA of a record (wire/rrset.h) as text, as explanations have it. The caller frees it. */
char *explain_rdata(const uint8_t *record);

/* Prints such an object for people. */
void explain_print(struct json_object *explanation, FILE *out);

/* May this client ask for explanations over DNS? */
bool explain_allowed(const struct config *config, const struct addr *peer);

/*
 * The explanation as TXT records of class CHAOS, a line each: what `dig CH TXT NAME` is answered, about the
 * name's A records where it has some, else about the first type it has. Allocates: for those whom
 * explain_allowed() names. The octets are the caller's to free.
 */
void explain_records(const struct view *view, const struct query *q, const struct client *client,
		     struct rrset *out);

#endif
