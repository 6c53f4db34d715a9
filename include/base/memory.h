/* SPDX-License-Identifier: ISC */
/* Heap memory for boot, reload and control: never NULL, because out of memory there is fatal. What may take
 * much looks at base/room.h before. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

enum { CACHE_LINE = 64 }; /* octets that come from memory at once */

/*
 * To be called once, at start: large pieces come from the system one by one, so that what a world had goes
 * back when it is freed. mem_trim() gives back what smaller ones left, too.
 */
void mem_init(void);
void mem_trim(void);

/* Zeroed memory of `size` bytes. The caller frees it with free(). */
void *mem_alloc(size_t size);

/* The same, or NULL: for what strangers ask for, who can do without. */
void *mem_try(size_t size);

/* The same, but not zeroed. */
void *mem_raw(size_t size);

/*
 * The same on cache lines of its own, and of the pairs of them that CPUs fetch: for what one thread writes
 * while others read or write what was allocated before or after.
 */
void *mem_alloc_apart(size_t size);

/* A copy of the first `len` bytes of `text`, NUL-terminated. The caller frees it. */
char *mem_copy_text(const char *text, size_t len);

/*
 * Makes room for `need` items of `item` bytes in the array `list`, which has room for *cap.
 * Returns the array, which may have moved; new room is not zeroed. free() it at the end.
 */
void *mem_grow(void *list, size_t *cap, size_t need, size_t item);

#endif
