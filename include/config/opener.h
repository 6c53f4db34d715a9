/* SPDX-License-Identifier: ISC */
/* The folder that files were opened in last, so that the path of many that are in one is walked once. Private
 * to config/. */
#ifndef CONFIG_OPENER_H
#define CONFIG_OPENER_H

#include <stddef.h>

struct opener {
	char *path; /* up to its slash, as it was given; NULL: none so far */
	size_t len;
	int fd;
};

/* Opens a file as open() does, a relative path being one from where this process is. */
int opener_open(struct opener *opener, const char *path, int flags);

/* It may be used again. */
void opener_close(struct opener *opener);

#endif
