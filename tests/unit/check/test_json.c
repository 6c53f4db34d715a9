/* SPDX-License-Identifier: ISC */
/* JSON of strangers: what is refused, and what paths find. */
#include "check/json.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool reads(const char *text, size_t len, const char **why)
{
	struct json_object *root;
	bool good = json_read(text, len, &root, why);
	if (good)
		json_object_put(root);
	return good;
}

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"{}", true},
		{" [1, -2.5e+3, \"x\", true, false, null] \r\n", true},
		{"42", true},
		{"null", true},
		{"\"\\u0041\\\"\\\\\"", true},
		{"{\"a\":{\"b\":1},\"c\":{\"b\":1}}", true},
		{"{\"a\":1,\"b\":\"x:y\"}", true},
		{"", false},
		{" ", false},
		{"{", false},
		{"[1,]", false},
		{"[1 2]", false},
		{"{\"a\"}", false},
		{"{\"a\":}", false},
		{"{a:1}", false},
		{"{'a':1}", false},
		{"]", false},
		{"[1]]", false},
		{"{}{}", false},
		{"{} x", false},
		{"1 2", false},
		{"NaN", false},
		{"[nan]", false},
		{"Infinity", false},
		{"[-Infinity]", false},
		{"TRUE", false},
		{"truely", false},
		{"01", false},
		{"-", false},
		{"+1", false},
		{".5", false},
		{"1.", false},
		{"1e", false},
		{"1.2.3", false},
		{"0x10", false},
		{"/* */ 1", false},
		{"\"a\nb\"", false},
		{"\"a", false},
		{"\"\\x\"", false},
		{"\"\xff\"", false},
		{"{\"a\":1,\"a\":2}", false},
		{"{\"a\":1,\"\\u0061\":2}", false},
		{"[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = NULL;
		if (reads(rows[i].text, strlen(rows[i].text), &why) != rows[i].good)
			fail_msg("%s: %s", rows[i].text, why != NULL ? why : "taken");
		assert_int_equal(why == NULL, rows[i].good);
	}
}

static void a_nul_is_no_end(void **state)
{
	(void)state;
	const char *why;
	assert_false(reads("{}\0", 3, &why));
	assert_false(reads("{}\0{}", 5, &why));
	assert_false(reads("\"a\0b\"", 5, &why));
	assert_true(reads("\"a\\u0000b\"", 10, &why));
}

static void depth_is_bounded(void **state)
{
	(void)state;
	const char *why;
	char text[2 * (JSON_DEPTH_MAX + 1) + 1];
	for (size_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		text[2 * depth] = '\0';
		assert_int_equal(reads(text, 2 * depth, &why), depth <= JSON_DEPTH_MAX);
	}
	size_t len = 1 << 20;
	char *deep = malloc(len + 1);
	memset(deep, '[', len);
	deep[len] = '\0';
	assert_false(reads(deep, len, &why));
	assert_string_equal(why, "it is nested too deeply");
	free(deep);
}

static const char document[] = "{\"status\":\"ok\",\"load\":{\"connections\":17,\"avg\":2.5,\"neg\":-1,"
			       "\"big\":4294967296,\"exp\":1e999},"
			       "\"nodes\":[{\"up\":true},{\"up\":false,\"x\":null}],\"a.b\":1,\"a/"
			       "b\":2,\"m~n\":3,\"\":4,\"text\":\"7\"}";

static void objects_and_arrays_are_bounded(void **state)
{
	(void)state;
	static const unsigned most = JSON_NESTS_MAX;
	char *text = calloc(3 * (size_t)most + 8, 1), *at = stpcpy(text, "[[]");
	const char *why;
	for (unsigned n = 2; n < most; n++)
		at = stpcpy(at, n % 2 ? ",[]" : ",{}");
	strcpy(at, "]");
	assert_true(reads(text, strlen(text), &why));
	strcpy(at, ",{}]");
	assert_false(reads(text, strlen(text), &why));
	assert_string_equal(why, "it has too many objects and arrays");
	free(text);
}

static void paths_find_members(void **state)
{
	(void)state;
	static const struct {
		const char *path, *text; /* NULL: none, or no single value */
		int64_t count;           /* -1: none */
	} rows[] = {
		{"status", "ok", -1},
		{"/status", "ok", -1},
		{"load.connections", "17", 17},
		{"/load/connections", "17", 17},
		{"load.avg", "2.5", 3},
		{"load.neg", "-1", -1},
		{"load.big", "4294967296", -1},
		{"load.exp", "1e999", -1},
		{"nodes.0.up", "true", -1},
		{"/nodes/1/up", "false", -1},
		{"nodes.1.x", "null", -1},
		{"text", "7", -1},
		{"/a.b", "1", 1},
		{"/a~1b", "2", 2},
		{"/m~0n", "3", 3},
		{"/", "4", 4},
		{"a.b", NULL, -1},
		{"load", NULL, -1},
		{"nodes", NULL, -1},
		{"nodes.2.up", NULL, -1},
		{"nodes.00.up", NULL, -1},
		{"nodes.-1", NULL, -1},
		{"nodes.99999999999999999999", NULL, -1},
		{"status.0", NULL, -1},
		{"nodes.1.x.y", NULL, -1},
		{"none", NULL, -1},
		{".", NULL, -1},
		{"load.", NULL, -1},
	};
	struct json_object *root, *value;
	const char *why;
	assert_true(json_read(document, strlen(document), &root, &why));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = 0;
		uint32_t count;
		bool found = json_find(root, rows[i].path, &value);
		const char *text = found ? json_text(value, &len) : NULL;
		if ((text != NULL) != (rows[i].text != NULL) ||
		    (text != NULL && strcmp(text, rows[i].text) != 0))
			fail_msg("%s: %s", rows[i].path, text != NULL ? text : "nothing");
		assert_int_equal(len, text != NULL ? strlen(text) : 0);
		assert_int_equal(found && json_count(value, &count) ? (int64_t)count : -1, rows[i].count);
	}
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(objects_and_arrays_are_bounded),
		cmocka_unit_test(paths_find_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
