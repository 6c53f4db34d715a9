/* SPDX-License-Identifier: ISC */
/* Domain names between presentation and wire format. */
#include "wire/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static struct name parse(const char *text, const struct name *origin)
{
	struct name name;
	const char *why;
	assert_true(name_parse(text, strlen(text), origin, &name, &why));
	return name;
}

static void names_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text, *origin, *expected;
	} rows[] = {
		{"www", "example.com.", "www.example.com."},
		{"WWW.Example.COM.", "other.", "www.example.com."},
		{"@", "example.com.", "example.com."},
		{".", "example.com.", "."},
		{"a\\.b", "c.", "a\\.b.c."},
		{"a\\065b", ".", "aab."},
		{"\\000\\255x", ".", "\\000\\255x."},
		{"*", "example.com.", "*.example.com."},
		{"_sip._tcp", "example.com.", "_sip._tcp.example.com."},
		{"x\\;y", ".", "x\\;y."},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name origin = parse(rows[i].origin, NULL), name = parse(rows[i].text, &origin);
		char text[NAME_TEXT_MAX];
		assert_string_equal(name_format(name.octets, text), rows[i].expected);
		assert_int_equal(name_length(name.octets), name.len);
		struct name again;
		name_from_octets(name.octets, &again);
		assert_int_equal(again.len, name.len);
		assert_memory_equal(again.octets, name.octets, name.len);
		assert_int_equal(again.labels, name.labels);
	}
}

static void names_that_are_none_are_refused(void **state)
{
	(void)state;
	char label64[66], long_name[400];
	memset(label64, 'a', 64);
	label64[64] = '\0';
	for (size_t i = 0; i < sizeof(long_name); i++)
		long_name[i] = i % 2 ? '.' : 'a';
	long_name[257] = '\0';
	const char *rows[] = {"", "a..b", ".a", "a\\", "a\\25", "a\\256", label64, long_name};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name name;
		const char *why = NULL;
		assert_false(name_parse(rows[i], strlen(rows[i]), NULL, &name, &why));
		assert_non_null(why);
	}
}

static void the_longest_names_fit(void **state)
{
	(void)state;
	char text[256];
	for (size_t i = 0; i < 254; i++)
		text[i] = i % 2 ? '.' : 'a';
	text[254] = '\0'; /* 127 labels of one octet */
	struct name name = parse(text, NULL);
	assert_int_equal(name.len, NAME_OCTETS_MAX);
	assert_int_equal(name.labels, NAME_LABELS_MAX);

	struct name origin = parse("example.com.", NULL);
	const char *why;
	assert_false(name_parse(text, 251, &origin, &name, &why));
}

static void within_compares_whole_labels(void **state)
{
	(void)state;
	static const struct {
		const char *name, *apex;
		bool expected;
	} rows[] = {
		{"a.example.com.", "example.com.", true},
		{"example.com.", "example.com.", true},
		{"badexample.com.", "example.com.", false},
		{"com.", "example.com.", false},
		{"x.", ".", true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name name = parse(rows[i].name, NULL), apex = parse(rows[i].apex, NULL);
		assert_int_equal(name_within(&name, &apex), rows[i].expected);
	}
}

static uint64_t hash(const struct name *name, uint64_t seed)
{
	return name_hash(name->octets, name->len, seed);
}

/* Names of every length, which are read eight and sixteen octets at a time, and not beyond their end. */
static void hashes_depend_on_every_octet_and_on_the_seed(void **state)
{
	(void)state;
	static const char *const rows[] = {
		".",
		"a.",
		"ab.c.",
		"abcd.e.",
		"abcde.f.",
		"abcdefgh.ijkl.",
		"abcdefg.ijklmn.",
		"abcdefgh.ijklmn.",
		"abcdefghijklmnop.example.com.",
		"abcdefghijklmnopqrstuvwxyz.example.of.hash.",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct name a = parse(rows[i], NULL), b = a;
		memset(b.octets + b.len, 0xff, sizeof(b.octets) - b.len);
		assert_true(hash(&a, 1) == hash(&b, 1));
		assert_true(hash(&a, 1) != hash(&a, 2));
		for (unsigned j = 0; j < a.len; j++) {
			b = a;
			b.octets[j] ^= 1;
			assert_true(hash(&a, 1) != hash(&b, 1));
		}
	}
	struct name c = parse("ab.c.", NULL), d = parse("a.bc.", NULL);
	assert_true(hash(&c, 1) != hash(&d, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_and_written),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(the_longest_names_fit),
		cmocka_unit_test(within_compares_whole_labels),
		cmocka_unit_test(hashes_depend_on_every_octet_and_on_the_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
