/* SPDX-License-Identifier: ISC */
/*
 * A bump allocator over a list of blocks. A block is as large as an eighth of what is held already (64 KiB
 * to 4 MiB), so a small world stays small and a large one is not a thousand blocks.
 */
#include "base/arena.h"
#include "base/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN = 64 * 1024, BLOCK_MAX = 4 * 1024 * 1024 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	_Alignas(64) uint8_t octets[];
};

/* Memory of malloc()'s that was taken. */
struct taken {
	struct taken *next;
	void *memory;
};

struct arena {
	struct block *blocks; /* the head is the one being filled */
	struct taken *taken;
	size_t size;
};

struct arena *arena_new(void)
{
	return mem_alloc(sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct taken *t = arena->taken; t != NULL; t = t->next)
		free(t->memory);
	for (struct block *b = arena->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

static struct block *block_add(struct arena *arena, size_t need)
{
	size_t size = arena->size / 8;
	size = size < BLOCK_MIN ? BLOCK_MIN : size > BLOCK_MAX ? BLOCK_MAX : size;
	size = size < need ? need : size;
	size = (size + 63) & ~(size_t)63;

	struct block *b = aligned_alloc(64, sizeof(*b) + size);
	if (b == NULL)
		abort();
	*b = (struct block){.next = arena->blocks, .size = size};
	arena->blocks = b;
	arena->size += sizeof(*b) + size;
	return b;
}

void *arena_alloc_aligned(struct arena *arena, size_t size, size_t align)
{
	assert(align <= 64 && (align & (align - 1)) == 0);
	struct block *b = arena->blocks;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
	if (b == NULL || at > b->size || b->size - at < size) {
		b = block_add(arena, size);
		at = 0;
	}
	b->used = at + size;
	return memset(b->octets + at, 0, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return arena_alloc_aligned(arena, size, _Alignof(max_align_t));
}

void *arena_take(struct arena *arena, void *memory, size_t size)
{
	if (size < BLOCK_MIN) {
		void *copy = arena_copy(arena, memory, size);
		free(memory);
		return copy;
	}
	struct taken *taken = arena_alloc(arena, sizeof(*taken));
	void *fitted = realloc(memory, size);
	*taken = (struct taken){arena->taken, fitted ? fitted : memory};
	arena->taken = taken;
	arena->size += size;
	return taken->memory;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc_aligned(arena, len + 1, 1);
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

size_t arena_size(const struct arena *arena)
{
	return arena->size;
}
