/* SPDX-License-Identifier: ISC */
/* Memory that lives and dies as one: everything of a world is in one arena. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

/* A new, empty arena. Free it, and all that was allocated in it, with arena_free(). */
struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed memory, aligned for any type. Never NULL. Not thread-safe: one builder at a time. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc(), but aligned to `align` (a power of two up to 64). */
void *arena_alloc_aligned(struct arena *arena, size_t size, size_t align);

/*
 * Makes `size` bytes that malloc() gave, of which no more are used than that, the arena's: a copy of few,
 * many as they are. Returns where they are now.
 */
void *arena_take(struct arena *arena, void *memory, size_t size);

/* A copy of `size` bytes, and of the first `len` characters of a text with a NUL behind them. */
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t len);

/* Bytes that the arena holds from the system. */
size_t arena_size(const struct arena *arena);

#endif
