/* SPDX-License-Identifier: ISC */
/* Files of one folder and of another by turns, and what can't be opened. */
#include "config/opener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Files that have their own path in them. */
static const char *const files[] = {"f", "a/f", "a/g", "b/f", "a/deep/f"};

static int make_files(void **state)
{
	char folder[] = "/tmp/gslbd-opener-XXXXXX";
	*state = mkdtemp(folder) ? strdup(folder) : NULL;
	if (*state == NULL || chdir(folder) != 0 || mkdir("a", 0700) != 0 || mkdir("b", 0700) != 0 ||
	    mkdir("a/deep", 0700) != 0)
		return -1;
	for (size_t i = 0; i < N(files); i++) {
		FILE *file = fopen(files[i], "w");
		if (file == NULL)
			return -1;
		fputs(files[i], file);
		fclose(file);
	}
	return 0;
}

static int remove_files(void **state)
{
	for (size_t i = 0; i < N(files); i++)
		unlink(files[i]);
	int failed = rmdir("a/deep") != 0 || rmdir("a") != 0 || rmdir("b") != 0 || chdir("/") != 0 ||
		     rmdir(*state) != 0;
	free(*state);
	return failed;
}

static void check_file(struct opener *opener, const char *path, const char *expected)
{
	char text[64] = "";
	int fd = opener_open(opener, path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, expected);
	close(fd);
}

static void a_file_is_the_one_of_its_path(void **state)
{
	static const struct {
		const char *path, *expected;
	} rows[] = {
		{"a/f", "a/f"}, {"a/g", "a/g"},      {"b/f", "b/f"},
		{"a/f", "a/f"}, {"f", "f"},          {"a/deep/f", "a/deep/f"},
		{"./f", "f"},   {"a/../b/f", "b/f"}, {"a//deep/f", "a/deep/f"},
	};
	struct opener opener = {0};
	char path[256];
	for (size_t i = 0; i < N(rows); i++) {
		check_file(&opener, rows[i].path, rows[i].expected);
		snprintf(path, sizeof(path), "%s/%s", (const char *)*state, rows[i].path);
		check_file(&opener, path, rows[i].expected);
	}
	opener_close(&opener);
	check_file(&opener, "a/f", "a/f");
	opener_close(&opener);
}

static void what_can_not_be_opened_says_why(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		int expected;
	} rows[] = {
		{"none/f", ENOENT}, {"a/none", ENOENT}, {"", ENOENT}, {"f/f", ENOTDIR}, {"f/", ENOTDIR},
	};
	struct opener opener = {0};
	for (size_t i = 0; i < N(rows); i++) {
		assert_int_equal(opener_open(&opener, rows[i].path, O_RDONLY | O_CLOEXEC), -1);
		assert_int_equal(errno, rows[i].expected);
	}
	int fd = opener_open(&opener, "a/", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	opener_close(&opener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_the_one_of_its_path, make_files, remove_files),
		cmocka_unit_test_setup_teardown(what_can_not_be_opened_says_why, make_files, remove_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
