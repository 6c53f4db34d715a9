/* SPDX-License-Identifier: ISC */
/* The targets of requests. */
#include "admin/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void paths_and_parameters_are_decoded(void **state)
{
	(void)state;
	static const struct {
		const char *text, *path;
		struct uri_parameter parameters[3];
	} rows[] = {
		{"/", "/", {{0}}},
		{"/metrics", "/metrics", {{0}}},
		{"/metrics?", "/metrics", {{0}}},
		{"/v1/overrides/", "/v1/overrides/", {{0}}},
		{"/v1/overrides/a%20b/c", "/v1/overrides/a b/c", {{0}}},
		{"/%6detrics", "/metrics", {{0}}},
		{"/a%C3%A9+b", "/a\303\251+b", {{0}}},
		{"/a%25%3f%3F", "/a%\?\?", {{0}}},
		{"/...", "/...", {{0}}},
		{"/x?a=1&b=2", "/x", {{"a", "1"}, {"b", "2"}}},
		{"/x?a=b=c%26d&e", "/x", {{"a", "b=c&d"}, {"e", ""}}},
		{"/x?a=1+1%2b1", "/x", {{"a", "1 1+1"}}},
		{"/x?client=192.0.2.0/24&p=../?", "/x", {{"client", "192.0.2.0/24"}, {"p", "../?"}}},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uri uri;
		const char *why;
		print_message("  %s\n", rows[i].text);
		assert_true(uri_parse(rows[i].text, &uri, &why));
		assert_string_equal(uri.path, rows[i].path);
		size_t n = 0;
		for (; rows[i].parameters[n].name != NULL; n++)
			assert_string_equal(uri_parameter(&uri, rows[i].parameters[n].name),
					    rows[i].parameters[n].value);
		assert_int_equal(uri.n, n);
		assert_null(uri_parameter(&uri, "nothing"));
		uri_free(&uri);
	}
}

static void doubtful_targets_are_refused(void **state)
{
	(void)state;
	static const char form[] = "not a path (absolute and other forms are not served)";
	static const char raw[] = "a character that must be encoded";
	static const char hex[] = "a % without two hexadecimal digits";
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", form},
		{"*", form},
		{"metrics", form},
		{"http://127.0.0.1/metrics", form},
		{"127.0.0.1:80", form},
		{"//host/metrics", "an empty path segment"},
		{"/v1//status", "an empty path segment"},
		{"/.", "a dot segment"},
		{"/..", "a dot segment"},
		{"/./x", "a dot segment"},
		{"/v1/../metrics", "a dot segment"},
		{"/v1/%2e%2E/metrics", "a dot segment"},
		{"/v1/.%2e", "a dot segment"},
		{"/a%2fb", "an encoded slash"},
		{"/a%2Fb", "an encoded slash"},
		{"/a%00", "an encoded control character"},
		{"/a%0a", "an encoded control character"},
		{"/a%7f", "an encoded control character"},
		{"/x?a=%00", "an encoded control character"},
		{"/a%", hex},
		{"/a%2", hex},
		{"/a%g0", hex},
		{"/x?a=%2", hex},
		{"/a#b", raw},
		{"/a b", raw},
		{"/a\tb", raw},
		{"/\303\251", raw},
		{"/%C3", "a text that is not UTF-8"},
		{"/%c0%af", "a text that is not UTF-8"},
		{"/x?a=%ff", "a text that is not UTF-8"},
		{"/x?a=1&a=2", "a query parameter that is given twice"},
		{"/x?a=1&%61=2", "a query parameter that is given twice"},
		{"/x?a=1&", "a query parameter without a name"},
		{"/x?=1", "a query parameter without a name"},
		{"/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", "too many query parameters"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uri uri;
		const char *why = NULL;
		print_message("  %s\n", rows[i].text);
		assert_false(uri_parse(rows[i].text, &uri, &why));
		assert_string_equal(why, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_parameters_are_decoded),
		cmocka_unit_test(doubtful_targets_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
