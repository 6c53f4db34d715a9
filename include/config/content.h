/* SPDX-License-Identifier: ISC */
/* What is in a file, and which file that is. Private to config/. */
#ifndef CONFIG_CONTENT_H
#define CONFIG_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct opener;

struct content {
	char *text; /* with a NUL behind it; the caller frees it */
	size_t len;
	dev_t device;
	ino_t inode; /* 0: a text that came from no file */
};

/*
 * Reads a regular file of less than 4 GiB whole; a pipe or device is refused, as it could keep us waiting or
 * have no end. False with *why, which is static text. `opener` is NULL, or what others were opened with.
 */
bool content_read(struct opener *opener, const char *path, struct content *out, const char **why);

/* Do both come from one file, whatever its paths? */
bool content_same_file(const struct content *a, const struct content *b);

#endif
