/* SPDX-License-Identifier: ISC */
/* Open addressing over numbered items; each slot holds half the hash, so that few misses look at an item. */
#include "geo/intern.h"
#include "base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 };

void intern_init(struct intern *set, size_t size)
{
	assert(size % sizeof(uint32_t) == 0);
	*set = (struct intern){.size = size, .mask = SLOTS_MIN - 1};
	set->slots = mem_alloc(SLOTS_MIN * sizeof(*set->slots));
}

void intern_free(struct intern *set)
{
	free(set->items);
	free(set->slots);
	*set = (struct intern){0};
}

static uint64_t mix(uint64_t h)
{
	h *= 0x9e3779b97f4a7c15u;
	return h ^ (h >> 32);
}

/* Different words have different hashes: each step can be undone. */
static uint32_t word_hash(uint32_t word)
{
	word *= 0x9e3779b1u;
	word ^= word >> 15;
	word *= 0x85ebca77u;
	return word ^ word >> 13;
}

static uint32_t hash(const uint8_t *item, size_t size)
{
	uint64_t h = size;
	uint32_t word;
	if (size == sizeof(word)) {
		memcpy(&word, item, sizeof(word));
		return word_hash(word);
	}
	for (size_t i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, item + i, sizeof(word));
		h = mix(h ^ word);
	}
	return (uint32_t)(h ^ h >> 29);
}

/* As memcmp() finds out, but most items are of one word or two. */
static bool same(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint32_t x, y;
	for (size_t i = 0; i < size; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return false;
	}
	return true;
}

static void slots_double(struct intern *set)
{
	uint32_t mask = set->mask * 2 + 1;
	uint64_t *slots = mem_alloc(((size_t)mask + 1) * sizeof(*slots));
	for (size_t i = 0; i <= set->mask; i++) {
		if (set->slots[i] == 0)
			continue;
		uint32_t at = (uint32_t)(set->slots[i] >> 32) & mask;
		while (slots[at] != 0)
			at = (at + 1) & mask;
		slots[at] = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->mask = mask;
}

/* The slot of the item equal to `item`, or the free one where it would go. */
static uint32_t slot_find(const struct intern *set, const void *item, uint32_t h)
{
	uint32_t at = h & set->mask;
	for (; set->slots[at] != 0; at = (at + 1) & set->mask) {
		uint32_t number = (uint32_t)set->slots[at] - 1;
		if (set->slots[at] >> 32 == h &&
		    (set->size == sizeof(uint32_t) || same(intern_item(set, number), item, set->size)))
			break;
	}
	return at;
}

uint32_t intern_add(struct intern *set, const void *item)
{
	uint32_t h = hash(item, set->size);
	uint32_t at = slot_find(set, item, h);
	if (set->slots[at] != 0)
		return (uint32_t)set->slots[at] - 1;
	assert(set->n < UINT32_MAX / 4);
	set->slots[at] = (uint64_t)h << 32 | (set->n + 1);
	set->items = mem_grow(set->items, &set->cap, (size_t)set->n + 1, set->size);
	memcpy(set->items + set->n * set->size, item, set->size);
	set->n++;
	if (set->n > set->mask / 2)
		slots_double(set);
	return set->n - 1;
}

void memo_init(struct memo *memo, size_t key_size)
{
	*memo = (struct memo){0};
	intern_init(&memo->keys, key_size);
}

void memo_free(struct memo *memo)
{
	intern_free(&memo->keys);
	free(memo->values);
	*memo = (struct memo){0};
}

uint32_t *memo_at(struct memo *memo, const void *key)
{
	uint32_t held = memo->keys.n;
	uint32_t number = intern_add(&memo->keys, key);
	if (number == held) {
		memo->values = mem_grow(memo->values, &memo->cap, (size_t)held + 1, sizeof(*memo->values));
		memo->values[number] = MEMO_NONE;
	}
	return &memo->values[number];
}

uint32_t memo_get(const struct memo *memo, const void *key)
{
	uint32_t at = slot_find(&memo->keys, key, hash(key, memo->keys.size));
	return memo->keys.slots[at] != 0 ? memo->values[(uint32_t)memo->keys.slots[at] - 1] : 0;
}
