/* SPDX-License-Identifier: ISC */
/* What came of a drill. */
#ifndef GSLBCTL_REPORT_H
#define GSLBCTL_REPORT_H

#include "drill.h"

#include <stdio.h>

/* Prints what came of it; returns the RESULT. `dry`: of the plan alone. */
int report_print(const struct drill *d, bool dry, FILE *out);
int report_json(const struct drill *d, bool dry, FILE *out);

/* Was everything right? */
int report_result(const struct drill *d, bool dry);

/* The times of those that moved, or came back, sorted; the caller frees the array. */
int64_t *report_times(const struct drill *d, bool back, size_t *n);

/* How many moved or were to, by the plan. */
size_t report_concerned(const struct drill *d);

#endif
