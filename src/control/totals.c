/* SPDX-License-Identifier: ISC */
/* A hash table from texts to counts. */
#include "control/totals.h"
#include "base/fnv.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct total {
	char *key; /* NULL: empty */
	uint64_t count;
};

struct totals {
	size_t n, room; /* a power of two, or 0 */
	struct total *list;
};

static struct total *find(const struct totals *totals, const char *key)
{
	size_t at = fnv_text(key) & (totals->room - 1);
	while (totals->list[at].key != NULL && strcmp(totals->list[at].key, key) != 0)
		at = (at + 1) & (totals->room - 1);
	return &totals->list[at];
}

static void grow(struct totals *totals)
{
	struct totals old = *totals;
	totals->room = old.room ? old.room * 2 : 64;
	totals->list = mem_alloc(totals->room * sizeof(*totals->list));
	for (size_t i = 0; i < old.room; i++) {
		if (old.list[i].key != NULL)
			*find(totals, old.list[i].key) = old.list[i];
	}
	free(old.list);
}

struct totals *totals_new(void)
{
	return mem_alloc(sizeof(struct totals));
}

void totals_free(struct totals *totals)
{
	if (totals == NULL)
		return;
	for (size_t i = 0; i < totals->room; i++)
		free(totals->list[i].key);
	free(totals->list);
	free(totals);
}

void totals_add(struct totals *totals, const char *key, uint64_t count)
{
	if (totals->n * 2 >= totals->room)
		grow(totals);
	struct total *total = find(totals, key);
	if (total->key == NULL) {
		total->key = mem_copy_text(key, strlen(key));
		totals->n++;
	}
	total->count += count;
}

uint64_t totals_get(const struct totals *totals, const char *key)
{
	return totals->room > 0 ? find(totals, key)->count : 0;
}

void totals_walk(const struct totals *totals, totals_visit *visit, void *context)
{
	for (size_t i = 0; i < totals->room; i++) {
		if (totals->list[i].key != NULL)
			visit(context, totals->list[i].key, totals->list[i].count);
	}
}

static void copy_one(void *context, const char *key, uint64_t count)
{
	totals_add(context, key, count);
}

struct totals *totals_copy(const struct totals *totals)
{
	struct totals *copy = totals_new();
	totals_walk(totals, copy_one, copy);
	return copy;
}
