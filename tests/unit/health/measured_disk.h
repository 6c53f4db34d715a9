/* SPDX-License-Identifier: ISC */
/* A folder and a file in it, for tests of saving and loading measured round trips. */
#ifndef TESTS_MEASURED_DISK_H
#define TESTS_MEASURED_DISK_H

#include "measured_feed.h"

#include <stdio.h>
#include <unistd.h>

enum { TEXT_ROOM = 1 << 18 };

static const struct measured_limits defaults;

struct fixture {
	char folder[64];
	char path[96];
	char text[TEXT_ROOM]; /* of the file read last */
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/gslbd-measured-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/measured", f->folder);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0); /* nothing is left beside it */
	free(f);
	return 0;
}

static inline void file_put(const struct fixture *f, const char *text, size_t len)
{
	FILE *out = fopen(f->path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static inline size_t file_get(struct fixture *f)
{
	FILE *in = fopen(f->path, "r");
	assert_non_null(in);
	size_t len = fread(f->text, 1, TEXT_ROOM - 1, in);
	f->text[len] = '\0';
	fclose(in);
	return len;
}

static inline void save(const struct fixture *f, const struct measured *m, struct measured_time at)
{
	struct faults faults = {0};
	assert_true(measured_save(m, f->path, at, &faults));
	assert_int_equal(faults.n, 0);
}

/* A new store with what the file has. */
static inline struct measured *load(const struct fixture *f, const struct measured_limits *limits,
				    struct measured_time at)
{
	struct faults faults = {0};
	struct measured *m = measured_new(limits);
	if (!measured_load(m, f->path, at, &faults)) {
		faults_print(&faults, stderr);
		fail();
	}
	assert_int_equal(faults.n, 0);
	return m;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
