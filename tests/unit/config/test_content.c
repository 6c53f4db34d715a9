/* SPDX-License-Identifier: ISC */
/* Only regular files are read: nothing that could keep us waiting, and nothing without an end. */
#include "config/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static int enter_folder(void **state)
{
	char folder[] = "/tmp/gslbd-content-XXXXXX";
	*state = mkdtemp(folder) ? strdup(folder) : NULL;
	return *state != NULL && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	int failed = chdir("/") != 0 || rmdir(*state) != 0;
	free(*state);
	return failed;
}

static void write_file(const char *name, size_t len)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	for (size_t i = 0; i < len; i++)
		fputc('a' + (int)(i % 26), file);
	fclose(file);
}

static void files_of_any_length(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 4095, 4096, 65535, 65536, 65537, 131072, 1000000};
	for (size_t i = 0; i < N(lengths); i++) {
		struct content content;
		const char *why = NULL;
		write_file("f", lengths[i]);
		assert_true(content_read(NULL, "f", &content, &why));
		assert_int_equal(content.len, lengths[i]);
		assert_int_equal(strlen(content.text), lengths[i]);
		for (size_t k = 0; k < lengths[i]; k++)
			assert_int_equal(content.text[k], 'a' + (int)(k % 26));
		free(content.text);
		unlink("f");
	}
}

/* What /proc shows is regular, and longer than it says. */
static void a_file_that_does_not_know_its_length(void **state)
{
	(void)state;
	struct content content;
	const char *why = NULL;
	assert_true(content_read(NULL, "/proc/self/status", &content, &why));
	assert_int_equal(memcmp(content.text, "Name:", 5), 0);
	assert_int_equal(strlen(content.text), content.len);
	free(content.text);
}

static void what_is_no_regular_file_or_too_large_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *path, *expected;
	} rows[] = {
		{"fifo", "not a regular file"},        {"folder", "not a regular file"},
		{"/dev/zero", "not a regular file"},   {"/dev/null", "not a regular file"},
		{"none", "No such file or directory"}, {"huge", "File too large"},
	};
	write_file("huge", 0);
	assert_int_equal(truncate("huge", (off_t)1 << 32), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("folder", 0700), 0);
	alarm(20); /* the failure is to wait for ever */
	for (size_t i = 0; i < N(rows); i++) {
		struct content content;
		const char *why = NULL;
		assert_false(content_read(NULL, rows[i].path, &content, &why));
		assert_string_equal(why, rows[i].expected);
	}
	alarm(0);
	unlink("huge");
	unlink("fifo");
	rmdir("folder");
}

static void a_pipe_by_its_descriptor(void **state)
{
	(void)state;
	struct content content;
	const char *why = NULL;
	char path[64];
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_false(content_read(NULL, path, &content, &why));
	assert_string_equal(why, "not a regular file");
	close(ends[0]);
	close(ends[1]);
}

static void the_same_file_by_another_path(void **state)
{
	(void)state;
	struct content a, b, c;
	const char *why = NULL;
	write_file("a", 1);
	write_file("c", 1);
	assert_int_equal(link("a", "b"), 0);
	assert_true(content_read(NULL, "a", &a, &why) && content_read(NULL, "b", &b, &why) &&
		    content_read(NULL, "c", &c, &why));
	assert_true(content_same_file(&a, &b));
	assert_false(content_same_file(&a, &c));
	free(a.text);
	free(b.text);
	free(c.text);
	unlink("a");
	unlink("b");
	unlink("c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_any_length),
		cmocka_unit_test(a_file_that_does_not_know_its_length),
		cmocka_unit_test(what_is_no_regular_file_or_too_large_is_refused),
		cmocka_unit_test(a_pipe_by_its_descriptor),
		cmocka_unit_test(the_same_file_by_another_path),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
