/* SPDX-License-Identifier: ISC */
/* Files read whole. */
#include "config/content.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The rest of an open file with a NUL behind it, or NULL with errno set. */
static char *read_rest(FILE *file, size_t *len)
{
	char *text = NULL;
	size_t room = 0, got;
	*len = 0;
	errno = 0;
	do {
		text = mem_grow(text, &room, *len + 65537, 1);
		got = fread(text + *len, 1, room - *len - 1, file);
		*len += got;
	} while (got > 0);
	text[*len] = '\0';
	if (!ferror(file))
		return text;
	int error = errno ? errno : EIO;
	free(text);
	errno = error;
	return NULL;
}

bool content_read(const char *path, struct content *out)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	*out = (struct content){0};
	out->text = read_rest(file, &out->len);
	int error = errno;
	if (out->text != NULL && fstat(fileno(file), &status) == 0) {
		out->device = status.st_dev;
		out->inode = status.st_ino;
	}
	fclose(file);
	errno = error;
	return out->text != NULL;
}

bool content_same_file(const struct content *a, const struct content *b)
{
	return a->inode != 0 && a->inode == b->inode && a->device == b->device;
}
