/* SPDX-License-Identifier: ISC */
/* A folder for the files of a test, which is gone when the test is. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct folder {
	char path[32];
};

enum { FOLDER_PATH_ROOM = 128 };

static inline void folder_make(struct folder *f)
{
	*f = (struct folder){"/tmp/gslbd-unit-XXXXXX"};
	assert_non_null(mkdtemp(f->path));
}

/* With all that is in it. */
static inline void folder_remove(const struct folder *f)
{
	char command[FOLDER_PATH_ROOM];
	snprintf(command, sizeof(command), "rm -r %s", f->path);
	assert_int_equal(system(command), 0);
}

/* The path of what has that name in it, in `out`. */
static inline char *folder_path(const struct folder *f, const char *name, char out[FOLDER_PATH_ROOM])
{
	snprintf(out, FOLDER_PATH_ROOM, "%s/%s", f->path, name);
	return out;
}

static inline void folder_write(const struct folder *f, const char *name, const char *text)
{
	char path[FOLDER_PATH_ROOM];
	FILE *file = fopen(folder_path(f, name, path), "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void folder_make_inner(const struct folder *f, const char *name)
{
	char path[FOLDER_PATH_ROOM];
	assert_int_equal(mkdir(folder_path(f, name, path), 0700), 0);
}

#endif
