/* SPDX-License-Identifier: ISC */
/* identity, version and cookies: what they are by default, what they take, and what they refuse. */
#include "faults.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config *config_of(const char *text)
{
	struct faults faults = {0};
	struct config *config = config_read_text("c", text, strlen(text), &faults);
	assert_int_equal(faults.n, 0);
	return config;
}

static void a_host_tells_its_name_but_no_version(void **state)
{
	(void)state;
	char name[256];
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	struct config *config = config_of("");
	assert_string_equal(config->identity, name);
	assert_null(config->version);
	assert_true(config->cookies.on);
	assert_int_equal(config->cookies.secrets.n, 0);
	config_free(config);
}

static void what_is_given_is_told(void **state)
{
	(void)state;
	struct config *config = config_of("identity \"ns 1\"\nversion 9.9\ncookies off\n");
	assert_string_equal(config->identity, "ns 1");
	assert_string_equal(config->version, "9.9");
	assert_false(config->cookies.on);
	config_free(config);
	config = config_of("identity \"\"\nversion \"\"\n");
	assert_null(config->identity);
	assert_null(config->version);
	config_free(config);
}

static void dnstap_calls_it_the_same_unless_it_says_otherwise(void **state)
{
	(void)state;
	char host[256];
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	const struct {
		const char *text, *expected; /* NULL: the recording finds out the machine's name */
	} rows[] = {
		{"dnstap s identity=own\nidentity ns1\n", "own"},
		{"dnstap s\nidentity ns1\n", "ns1"},
		{"identity ns1\ndnstap s\n", "ns1"},
		{"dnstap s\n", host},
		{"dnstap s\nidentity \"\"\n", NULL},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct config *config = config_of(rows[i].text);
		const char *identity = config->records[RECORD_DNSTAP].identity;
		if (rows[i].expected == NULL)
			assert_null(identity);
		else
			assert_string_equal(identity, rows[i].expected);
		config_free(config);
	}
}

static void faults_are_told(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"identity", "5:1: something is missing behind this; the form is: identity TEXT"},
		{"identity a b", "5:12: \"b\" is too much here; the form is: identity TEXT"},
		{"identity a\nidentity a", "6:1: identity is given twice; the first is at line 5"},
		{"version a\nversion b", "6:1: version is given twice; the first is at line 5"},
		{"identity a\\000b", "5:10: no value may have a NUL octet in it"},
		{"cookies",
		 "5:1: something is missing behind this; the form is: cookies on|off key=value..."},
		{"cookies maybe", "5:9: \"maybe\" is neither on nor off"},
		{"cookies on\ncookies off", "6:1: cookies is given twice; the first is at line 5"},
		{"cookies on secret=1",
		 "5:12: unknown option of cookies \"secret\", did you mean \"secret-file\"?"},
		{"cookies off secret-file=/nonexistent",
		 "5:13: without cookies it means nothing: \"cookies on secret-file=...\" or \"cookies off\""},
		{"cookies on secret-file=/nonexistent",
		 "5:12: can't take the secrets from /nonexistent: No such file or directory"},
	};
	check_rows(rows, N(rows));
}

#define S1 "000102030405060708090a0b0c0d0e0f"
#define S2 "FFEEDDCCBBAA99887766554433221100"

static void secrets_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		mode_t mode;
		size_t n;
		const char *expected; /* fault; "": none */
	} rows[] = {
		{S1, 0600, 1, ""},
		{S1 "\n", 0640, 1, ""},
		{S1 "\r\n" S2 "\n", 0600, 2, ""},
		{S1 " \n\n" S2, 0600, 2, ""},
		{S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S2 "\n", 0600, 8, ""},
		{S1 "\n", 0604, 0, "others than its owner and group can use it; chmod 640 would be right"},
		{S1 "\n", 0660, 0, "others than its owner and group can use it; chmod 640 would be right"},
		{"", 0600, 0, "secret 1 is not"},
		{S1 S2, 0600, 0, "secret 1 is not"},
		{S1 " " S2, 0600, 0, "secret 1 is not"},
		{S1 "\n0001020304", 0600, 0, "secret 2 is not"},
		{S1 "\nxx0102030405060708090a0b0c0d0e0f", 0600, 0, "secret 2 is not"},
		{S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S1 "\n" S2, 0600, 0,
		 "more than 8 secrets"},
	};
	char path[] = "/tmp/gslbd-secret-XXXXXX", text[128];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	int len = snprintf(text, sizeof(text), "cookies on secret-file=%s\n", path);
	for (size_t i = 0; i < N(rows); i++) {
		struct faults faults = {0};
		FILE *file = fopen(path, "w");
		fputs(rows[i].text, file);
		fclose(file);
		chmod(path, rows[i].mode);
		struct config *config = config_read_text("c", text, (size_t)len, &faults);
		const struct cookie_secrets *secrets = &config->cookies.secrets;
		if (faults.n > 0 ? strstr(faults.list[0].text, rows[i].expected) == NULL : rows[i].n == 0)
			fail_msg("row %zu: %s", i, faults.n > 0 ? faults.list[0].text : "no fault");
		assert_int_equal(faults.n, *rows[i].expected != '\0');
		assert_int_equal(secrets->n, rows[i].n);
		if (secrets->n > 0)
			assert_memory_equal(secrets->list[0].octets,
					    "\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 16);
		if (secrets->n > 1)
			assert_int_equal(secrets->list[secrets->n - 1].octets[0], 0xff);
		config_free(config);
		faults_free(&faults);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_tells_its_name_but_no_version),
		cmocka_unit_test(what_is_given_is_told),
		cmocka_unit_test(dnstap_calls_it_the_same_unless_it_says_otherwise),
		cmocka_unit_test(faults_are_told),
		cmocka_unit_test(secrets_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
