/* SPDX-License-Identifier: ISC */
/* For LD_PRELOAD: of what threads other than the first ask calloc() and reallocarray() for, a third is not
 * there. */
#include <stddef.h>
#include <unistd.h>

extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *piece, size_t size);

void *calloc(size_t n, size_t size)
{
	static _Thread_local unsigned count;
	if (gettid() != getpid() && ++count % 3 == 0)
		return NULL;
	return __libc_calloc(n, size);
}

void *reallocarray(void *piece, size_t n, size_t size)
{
	static _Thread_local unsigned count;
	if (gettid() != getpid() && ++count % 3 == 1)
		return NULL;
	return __libc_realloc(piece, n * size);
}
