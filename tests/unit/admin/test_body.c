/* SPDX-License-Identifier: ISC */
/* Bodies: what is taken means the same to json-c, and what two readers could understand differently is not.
 */
#include "admin/body.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* In memory of just its length, for ASan to see the first octet too many. */
static struct json_object *parse(const char *text, size_t len, char *why)
{
	char *copy = malloc(len > 0 ? len : 1);
	memcpy(copy, text, len);
	why[0] = '\0';
	struct json_object *body = body_parse(copy, len, why);
	free(copy);
	return body;
}

static void what_is_taken_is_what_json_c_reads(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		" \t\r\n{ } \n",
		"{\"state\":\"drain\",\"for\":\"10m\",\"why\":\"maintenance\"}",
		"{\"a\":[],\"b\":[1,2, 3 ],\"c\":{\"a\":{}}}",
		"{\"a\":true,\"b\":false,\"c\":null}",
		"{\"a\":0,\"b\":-1,\"c\":9223372036854775807,\"d\":-9223372036854775808}",
		"{\"a\":0.5,\"b\":-1e10,\"c\":1E+2,\"d\":1.25e-3}",
		"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"}",
		"{\"\":\"\",\"\303\251\":\"\342\202\254 \360\237\230\200\"}",
		"{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char why[BODY_WHY_MAX];
		struct json_object *body = parse(texts[i], strlen(texts[i]), why);
		struct json_object *expected = json_tokener_parse(texts[i]);
		print_message("  %s\n", texts[i]);
		assert_string_equal(why, "");
		assert_non_null(body);
		assert_true(json_object_equal(body, expected));
		json_object_put(body);
		json_object_put(expected);
	}
}

static void what_is_doubtful_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "body:1:1: expected an object"},
		{" ", "body:1:2: expected an object"},
		{"[]", "body:1:1: expected an object"},
		{"null", "body:1:1: expected an object"},
		{"\"a\"", "body:1:1: expected an object"},
		{"{", "body:1:2: expected a string"},
		{"{\"a\"", "body:1:5: expected ':'"},
		{"{\"a\":", "body:1:6: expected a value"},
		{"{\"a\":1", "body:1:7: expected ',' or '}'"},
		{"{\"a\":1,", "body:1:8: expected a string"},
		{"{\"a\":1,}", "body:1:8: expected a string"},
		{"{\"a\":1;}", "body:1:7: expected ',' or '}'"},
		{"{,}", "body:1:2: expected a string"},
		{"{a:1}", "body:1:2: expected a string"},
		{"{'a':1}", "body:1:2: expected a string"},
		{"{\"a\":'b'}", "body:1:6: expected a value"},
		{"{\"a\":1}x", "body:1:8: something follows the object"},
		{"{}\n{}", "body:2:1: something follows the object"},
		{"{} // no", "body:1:4: something follows the object"},
		{"{/**/}", "body:1:2: expected a string"},
		{"{\"a\":1,\n \"a\":2}", "body:2:2: a member that is given twice"},
		{"{\"a\":1,\"\\u0061\":2}", "body:1:8: a member that is given twice"},
		{"{\"a\":null,\"a\":null}", "body:1:11: a member that is given twice"},
		{"{\"b\":{\"a\":1,\"a\":2}}", "body:1:13: a member that is given twice"},
		{"{\"a\":NaN}", "body:1:6: expected a value"},
		{"{\"a\":Infinity}", "body:1:6: expected a value"},
		{"{\"a\":-Infinity}", "body:1:7: expected a digit"},
		{"{\"a\":TRUE}", "body:1:6: expected a value"},
		{"{\"a\":nul}", "body:1:6: expected a value"},
		{"{\"a\":truely}", "body:1:10: expected ',' or '}'"},
		{"{\"a\":01}", "body:1:7: expected ',' or '}'"},
		{"{\"a\":+1}", "body:1:6: expected a value"},
		{"{\"a\":.5}", "body:1:6: expected a value"},
		{"{\"a\":1.}", "body:1:8: expected a digit"},
		{"{\"a\":1e}", "body:1:8: expected a digit"},
		{"{\"a\":0x10}", "body:1:7: expected ',' or '}'"},
		{"{\"a\":9223372036854775808}", "body:1:25: a number out of range"},
		{"{\"a\":-9223372036854775809}", "body:1:26: a number out of range"},
		{"{\"a\":1e999}", "body:1:11: a number out of range"},
		{"{\"a\":[1,]}", "body:1:9: expected a value"},
		{"{\"a\":[1 2]}", "body:1:9: expected ',' or ']'"},
		{"{\"a\":[", "body:1:7: expected a value"},
		{"{\"a\":\"", "body:1:7: a string that does not end"},
		{"{\"a\":\"\\", "body:1:8: an unknown escape"},
		{"{\"a\":\"\\x\"}", "body:1:8: an unknown escape"},
		{"{\"a\":\"\\u12", "body:1:11: \\u needs four hexadecimal digits"},
		{"{\"a\":\"\\u12g4\"}", "body:1:11: \\u needs four hexadecimal digits"},
		{"{\"a\":\"\\u0000\"}", "body:1:13: \\u0000 is not taken"},
		{"{\"a\":\"\\ud83d\"}", "body:1:13: half of a surrogate pair"},
		{"{\"a\":\"\\ud83d\\u0061\"}", "body:1:19: half of a surrogate pair"},
		{"{\"a\":\"\\ude00\"}", "body:1:13: half of a surrogate pair"},
		{"{\"a\":\"\n\"}", "body:1:7: a control character in a string"},
		{"{\"a\":\"\377\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\300\257\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\340\200\257\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\355\240\200\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\360\200\200\257\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\364\220\200\200\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\342\202\"}", "body:1:7: invalid UTF-8"},
		{"{\"a\":\"\342\202", "body:1:7: invalid UTF-8"},
		{"\357\273\277{}", "body:1:1: expected an object"},
		{"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "body:1:21: nested too deeply"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[BODY_WHY_MAX];
		struct json_object *body = parse(rows[i].text, strlen(rows[i].text), why);
		assert_string_equal(why, rows[i].why);
		assert_null(body);
	}
}

static void a_nul_is_no_end(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t len;
		const char *why;
	} rows[] = {
		{"{}\0", 3, "body:1:3: something follows the object"},
		{"{\0}", 3, "body:1:2: expected a string"},
		{"{\"\0\":1}", 7, "body:1:3: a control character in a string"},
		{"{\"\\\0\":1}", 8, "body:1:4: an unknown escape"},
		{"{\"a\":\"\\u\0\"}", 11, "body:1:9: \\u needs four hexadecimal digits"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[BODY_WHY_MAX];
		assert_null(parse(rows[i].text, rows[i].len, why));
		assert_string_equal(why, rows[i].why);
	}
}

/* Each text cut short and with each octet changed: nothing is read beyond the end, and nothing leaks. */
static void no_damage_is_harmful(void **state)
{
	(void)state;
	static const char text[] =
		"{\"a\":[1,-2.5e+3,\"\\u00e9\\ud83d\\ude00\303\251\",null],\"b\":{\"c\":true}}";
	static const char octets[] = "\"\\{}[],:0-.eu\377\303\n";
	char why[BODY_WHY_MAX], copy[sizeof(text)];
	for (size_t len = 0; len + 1 < sizeof(text); len++)
		assert_null(parse(text, len, why));
	for (size_t at = 0; at + 1 < sizeof(text); at++)
		for (size_t i = 0; i < sizeof(octets); i++) {
			memcpy(copy, text, sizeof(text));
			copy[at] = octets[i];
			json_object_put(parse(copy, sizeof(text) - 1, why));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_what_json_c_reads),
		cmocka_unit_test(what_is_doubtful_is_refused_with_its_place),
		cmocka_unit_test(a_nul_is_no_end),
		cmocka_unit_test(no_damage_is_harmful),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
