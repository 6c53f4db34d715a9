/* SPDX-License-Identifier: ISC */
/* Opening files that are in one folder. */
#include "config/opener.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is it, or does it become, the one of that path? */
static bool folder_is(struct opener *f, const char *path, size_t len)
{
	if (f->path != NULL && f->len == len && memcmp(f->path, path, len) == 0)
		return true;
	opener_close(f);
	char *copy = mem_copy_text(path, len);
	int fd = open(copy, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		free(copy);
	else
		*f = (struct opener){copy, len, fd};
	return fd >= 0;
}

int opener_open(struct opener *f, const char *path, int flags)
{
	const char *slash = strrchr(path, '/');
	if (slash != NULL && slash[1] != '\0' && folder_is(f, path, (size_t)(slash + 1 - path)))
		return openat(f->fd, slash + 1, flags);
	return open(path, flags); /* which says what is wrong, where the folder is not there */
}

void opener_close(struct opener *f)
{
	if (f->path != NULL)
		close(f->fd);
	free(f->path);
	*f = (struct opener){0};
}
