/* SPDX-License-Identifier: ISC */
/* The query log: a record as a line of JSON. Pure. */
#ifndef RECORD_LINE_H
#define RECORD_LINE_H

#include "record/record.h"

struct json_object;

/* The object of a record; the caller puts it. */
struct json_object *line_json(const struct record *r);

#endif
