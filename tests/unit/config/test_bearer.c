/* SPDX-License-Identifier: ISC */
/* Token files: what is one, whose it may be, and where a bad one is said to be named. */
#include "config/bearer.h"
#include "support/folder.h"

#include <string.h>
#include <unistd.h>

static const struct spot at = {"gslbd.conf", 3, 23};

/* The fault of the file that stands in `f`, without the path it begins with; "" where there is none. */
static const char *fault_of(const char *path, bool secret, struct bearer *out)
{
	static char text[512];
	struct faults faults = {0};
	bool ok = bearer_read(path, at, secret, out, &faults);
	assert_int_equal(faults.n, ok ? 0 : 1);
	text[0] = '\0';
	if (!ok) {
		const struct fault *fault = &faults.list[0];
		assert_string_equal(fault->file, at.file);
		assert_int_equal(fault->line, at.line);
		assert_int_equal(fault->column, at.column);
		assert_memory_equal(fault->text, path, strlen(path));
		snprintf(text, sizeof(text), "%s", fault->text + strlen(path));
	}
	faults_free(&faults);
	return text;
}

static void a_token_is_one_line_of_visible_ascii(void **state)
{
	(void)state;
	static const char charset[] =
		" has a character that a token can't have; it is one line of visible ASCII";
	static const char empty[] = " is empty; it must hold the token of the admin API";
	static char longest[BEARER_MAX + 1], longer[BEARER_MAX + 2];
	memset(longest, 'x', BEARER_MAX);
	memset(longer, 'x', BEARER_MAX + 1);
	const struct {
		const char *text, *token, *fault; /* of the text NULL: there is no file */
	} rows[] = {
		{NULL, "", ": can't read the token: No such file or directory"},
		{"", "", empty},
		{"\n", "", empty},
		{"\r\n", "", empty},
		{"a b", "", charset},
		{"a\n\n", "", charset},
		{"a\nb\n", "", charset},
		{"\303\251", "", charset},
		{longer, "", " is too long; a token has at most 4096 characters"},
		{longest, longest, ""},
		{"new", "new", ""},
		{"new\n", "new", ""},
		{"new\r\n", "new", ""},
	};
	struct folder f;
	char path[FOLDER_PATH_ROOM];
	folder_make(&f);
	folder_path(&f, "token", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bearer bearer = {0};
		if (rows[i].text != NULL) {
			folder_write(&f, "token", rows[i].text);
			assert_int_equal(chmod(path, 0600), 0);
		}
		assert_string_equal(fault_of(path, true, &bearer), rows[i].fault);
		assert_int_equal(bearer.len, strlen(rows[i].token));
		assert_memory_equal(bearer.text, rows[i].token, bearer.len);
	}
	folder_remove(&f);
}

static void a_token_that_others_may_know_is_refused(void **state)
{
	(void)state;
	static const struct {
		mode_t mode;
		uid_t owner; /* changed only where this test is root's */
		const char *fault;
	} rows[] = {
		{0600, 0, ""},
		{0400, 0, ""},
		{0640, 0,
		 " has mode 0640: others than its owner may read or write the token; `chmod 600` it"},
		{0604, 0,
		 " has mode 0604: others than its owner may read or write the token; `chmod 600` it"},
		{0620, 0,
		 " has mode 0620: others than its owner may read or write the token; `chmod 600` it"},
		{0602, 0,
		 " has mode 0602: others than its owner may read or write the token; `chmod 600` it"},
		{0600, 12345, " belongs to user id 12345, who is neither root nor the user of gslbd, 0"},
	};
	struct folder f;
	char path[FOLDER_PATH_ROOM];
	folder_make(&f);
	folder_write(&f, "token", "s3cret\n");
	folder_path(&f, "token", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bearer bearer;
		assert_int_equal(chmod(path, rows[i].mode), 0);
		if (rows[i].owner != 0 && chown(path, rows[i].owner, 0) != 0)
			continue;
		assert_string_equal(fault_of(path, true, &bearer), rows[i].fault);
		assert_string_equal(fault_of(path, false, &bearer), ""); /* a client's own affair */
	}
	folder_remove(&f);
}

static void it_is_shown_as_bearer(void **state)
{
	(void)state;
	static const struct bearer bearer = {6, "s3cret"}, none = {0};
	static const struct {
		const char *header;
		bool shown;
	} rows[] = {
		{NULL, false},           {"", false},
		{"Bearer s3cret", true}, {"bearer   s3cret", true},
		{"Bearer ", false},      {"Bearer s3cre", false},
		{"s3cret", false},       {"Bearer s3crets3cret", false},
		{"Basic s3cret", false}, {"Bearer S3cret", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(bearer_shown(&bearer, rows[i].header), rows[i].shown);
		assert_true(bearer_shown(&none, rows[i].header));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_one_line_of_visible_ascii),
		cmocka_unit_test(a_token_that_others_may_know_is_refused),
		cmocka_unit_test(it_is_shown_as_bearer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
