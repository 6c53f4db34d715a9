/* SPDX-License-Identifier: ISC */
/* What a client may be answered, whatever the dice say: what a tool needs to judge answers by. */
#ifndef ANSWER_POSSIBLE_H
#define ANSWER_POSSIBLE_H

#include "answer/explain.h"

/*
 * Adds to an explanation "possible", an array of {record, datacenter} of all that an answer to the same
 * question may hold by that view (`datacenter` null: of none); "nothing", whether it may also be without a
 * record of the type; and "last_resort", whether nothing was usable and all-down decides. What stands behind
 * a DNAME is left out.
 */
void explain_possible(const struct view *view, const struct explain_request *request,
		      struct json_object *explanation);

#endif
