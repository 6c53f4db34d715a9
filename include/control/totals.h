/* SPDX-License-Identifier: ISC */
/* Counts that outlive the world they were counted in: by the labels of their metric. */
#ifndef CONTROL_TOTALS_H
#define CONTROL_TOTALS_H

#include <stddef.h>
#include <stdint.h>

struct totals;

struct totals *totals_new(void);
void totals_free(struct totals *totals);

/* Adds to the count of a key: a text, copied. */
void totals_add(struct totals *totals, const char *key, uint64_t count);

/* The count of a key, 0 where there is none. */
uint64_t totals_get(const struct totals *totals, const char *key);

typedef void totals_visit(void *context, const char *key, uint64_t count);
void totals_walk(const struct totals *totals, totals_visit *visit, void *context);

/* An independent copy. */
struct totals *totals_copy(const struct totals *totals);

#endif
