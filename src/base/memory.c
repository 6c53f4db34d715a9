/* SPDX-License-Identifier: ISC */
/* Heap memory that is never NULL. */
#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_LARGE = 128 * 1024, KEPT_FREE = 16 * 1024 * 1024, APART = 128 };

static void *or_die(void *memory)
{
	if (memory == NULL) {
		fputs("gslbd: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void mem_init(void)
{
	mallopt(M_MMAP_THRESHOLD, PIECE_LARGE); /* else it grows with what is freed */
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE);   /* else the heap's end comes and goes for each file */
}

void mem_trim(void)
{
	malloc_trim(0);
}

void *mem_raw(size_t size)
{
	return or_die(malloc(size ? size : 1));
}

void *mem_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

void *mem_try(size_t size)
{
	return calloc(1, size ? size : 1);
}

void *mem_alloc_apart(size_t size)
{
	size_t room = (size + APART) / APART * APART;
	return memset(or_die(aligned_alloc(APART, room)), 0, room);
}

char *mem_copy_text(const char *text, size_t len)
{
	char *copy = mem_raw(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void *mem_grow(void *list, size_t *cap, size_t need, size_t item)
{
	if (need <= *cap && list != NULL)
		return list;
	size_t room = *cap ? *cap : 8;
	while (room < need)
		room += room / 2;
	*cap = room;
	return or_die(reallocarray(list, room, item));
}
