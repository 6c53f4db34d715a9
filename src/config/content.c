/* SPDX-License-Identifier: ISC */
/* Files read whole. */
#include "config/content.h"
#include "base/memory.h"
#include "base/room.h"
#include "config/opener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OCTETS_MAX ((size_t)UINT32_MAX)

enum { LARGE = 1 << 20 };

/* So much is read at once: a kernel that does not preempt itself lets nobody else run meanwhile. */
enum { PIECE = 64 << 10 };

/* Opens without waiting, be it a pipe that nobody writes to. A descriptor, or -1 with *why. */
static int open_regular(struct opener *opener, const char *path, struct stat *status, const char **why)
{
	static const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = opener != NULL ? opener_open(opener, path, flags) : open(path, flags);
	if (fd < 0 || fstat(fd, status) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(status->st_mode))
		*why = "not a regular file";
	else if ((size_t)status->st_size > OCTETS_MAX)
		*why = strerror(EFBIG);
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * All of a file with a NUL behind it, or NULL with errno. The size it had is no more than a hint, as it may
 * be written to meanwhile.
 */
static char *read_all(int fd, size_t size, size_t *len)
{
	size_t room = size + 2; /* the NUL, and one to see that there is no more */
	char *text = mem_raw(room);
	ssize_t got = 1;
	int error = 0;
	bool whole = false; /* the size it had, and no more to be read */
	*len = 0;
	while (got != 0 && !whole && error == 0) {
		text = mem_grow(text, &room, *len + 2, 1);
		size_t asked = room - *len - 1 < PIECE ? room - *len - 1 : PIECE;
		got = read(fd, text + *len, asked);
		whole = got >= 0 && (size_t)got < asked && *len + (size_t)got == size;
		if (got > 0)
			*len += (size_t)got;
		else if (got < 0 && errno != EINTR)
			error = errno;
		if (*len > OCTETS_MAX)
			error = EFBIG;
	}
	text[*len] = '\0';
	if (error == 0)
		return text;
	free(text);
	errno = error;
	return NULL;
}

bool content_read(struct opener *opener, const char *path, struct content *out, const char **why)
{
	struct stat status;
	int fd = open_regular(opener, path, &status, why);
	if (fd < 0)
		return false;
	const struct room room = status.st_size > LARGE ? room_left() : (struct room){UINT64_MAX, NULL};
	if (!room_for(&room, (uint64_t)status.st_size)) {
		*why = "there is too little memory for it";
		close(fd);
		return false;
	}
	*out = (struct content){.device = status.st_dev, .inode = status.st_ino};
	out->text = read_all(fd, (size_t)status.st_size, &out->len);
	if (out->text == NULL)
		*why = strerror(errno);
	close(fd);
	return out->text != NULL;
}

bool content_same_file(const struct content *a, const struct content *b)
{
	return a->inode != 0 && a->inode == b->inode && a->device == b->device;
}
