/* SPDX-License-Identifier: ISC */
/* Equal items get one number: a growing set of fixed-size items, numbered from 0 in the order they came. */
#ifndef GEO_INTERN_H
#define GEO_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern {
	size_t size;    /* octets of an item, a multiple of 4; compared as octets, so padding must be zero */
	uint32_t n;     /* items held */
	uint8_t *items; /* owned; moves when an item is added */
	size_t cap;
	uint64_t *slots; /* hash << 32 | number + 1; 0: free */
	uint32_t mask;   /* slots - 1 */
};

void intern_init(struct intern *set, size_t size);
void intern_free(struct intern *set);

/* The number of the item equal to `item`, which is copied in if there was none: then set->n has grown. */
uint32_t intern_add(struct intern *set, const void *item);

/* Valid until the next intern_add(). */
static inline const void *intern_item(const struct intern *set, uint32_t number)
{
	return set->items + number * set->size;
}

/* Equal keys have one value: the values stand beside the numbers of a set. */
struct memo {
	struct intern keys;
	uint32_t *values;
	size_t cap;
};

void memo_init(struct memo *memo, size_t key_size);
void memo_free(struct memo *memo);

/* The value of the key; MEMO_NONE, to be set by the caller, if the key is new. Valid until the next
 * memo_at(). */
#define MEMO_NONE UINT32_MAX
uint32_t *memo_at(struct memo *memo, const void *key);

/* The value of a key that must be there, or 0. */
uint32_t memo_get(const struct memo *memo, const void *key);

#endif
