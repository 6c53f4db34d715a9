/* SPDX-License-Identifier: ISC */
/* For LD_PRELOAD: of what threads other than the first ask calloc() for, a third is not there. */
#include <stddef.h>
#include <unistd.h>

extern void *__libc_calloc(size_t n, size_t size);

void *calloc(size_t n, size_t size)
{
	static _Thread_local unsigned count;
	if (gettid() != getpid() && ++count % 3 == 0)
		return NULL;
	return __libc_calloc(n, size);
}
