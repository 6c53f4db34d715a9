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
 * Explains the answer. The world has kept its databases. The result is an object as the README describes it;
 * the caller frees it with json_object_put().
 */
struct json_object *explain(const struct view *view, const struct explain_request *request);

/* Prints such an object for people. */
void explain_print(struct json_object *explanation, FILE *out);

#endif
