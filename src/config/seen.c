/* SPDX-License-Identifier: ISC */
/* An open-addressing hash table of kinds and keys. */
#include "config/seen.h"
#include "base/fnv.h"

#include <string.h>

enum { FIRST_CAP = 64 };

struct seen_slot {
	const char *key; /* NULL: empty */
	unsigned kind;
	uint32_t hash;
	struct spot at;
};

static uint32_t hash_of(unsigned kind, const char *key)
{
	return fnv_text(key) + kind;
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct seen_slot *find(const struct seen *seen, unsigned kind, const char *key, uint32_t hash)
{
	for (size_t i = hash;; i++) {
		struct seen_slot *slot = &seen->slots[i & (seen->cap - 1)];
		if (slot->key == NULL ||
		    (slot->hash == hash && slot->kind == kind && strcmp(slot->key, key) == 0))
			return slot;
	}
}

static void grow(struct seen *seen, struct arena *arena)
{
	struct seen old = *seen;
	seen->cap = old.cap ? old.cap * 2 : FIRST_CAP;
	seen->slots = arena_alloc(arena, seen->cap * sizeof(*seen->slots));
	for (size_t i = 0; i < old.cap; i++) {
		const struct seen_slot *slot = &old.slots[i];
		if (slot->key != NULL)
			*find(seen, slot->kind, slot->key, slot->hash) = *slot;
	}
}

const struct spot *seen_add(struct seen *seen, struct arena *arena, unsigned kind, const char *key,
			    struct spot at)
{
	if (seen->n * 2 >= seen->cap)
		grow(seen, arena);
	uint32_t hash = hash_of(kind, key);
	struct seen_slot *slot = find(seen, kind, key, hash);
	if (slot->key != NULL)
		return &slot->at;
	*slot = (struct seen_slot){arena_copy_text(arena, key, strlen(key)), kind, hash, at};
	seen->n++;
	return NULL;
}
