/* SPDX-License-Identifier: ISC */
/*
 * Any text as JSON to both strict readers: what they take, json-c takes with the same meaning, and it is the
 * same when written and read again. What the admin API takes, checks take too.
 */
#include "admin/body.h"
#include "check/json.h"
#include "require.h"

#include <json-c/json.h>

static struct json_object *by_json_c(const char *text, size_t len, bool *ok)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *value = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_continue) /* a number may go on */
		value = json_tokener_parse_ex(tokener, "", 1);
	*ok = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	return value;
}

static void check_same(struct json_object *value, const char *text, size_t len)
{
	bool ok;
	struct json_object *theirs = by_json_c(text, len, &ok);
	require(ok && json_object_equal(value, theirs));
	json_object_put(theirs);
}

/* Written, it is read again, and means the same. */
static void check_again(struct json_object *value)
{
	char why[BODY_WHY_MAX];
	size_t len;
	const char *text = json_object_to_json_string_length(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	struct json_object *again = body_parse(text, len, why);
	require(again != NULL && json_object_equal(value, again));
	json_object_put(again);
}

/* Whatever may be asked of a reply. */
static void check_find(struct json_object *root)
{
	static const char *const paths[] = {"/a/b", "a.0.b", "/", "", "a", "0.1.2", "/a~1b/~0", "a..b"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct json_object *found;
		uint32_t count;
		size_t len;
		if (!json_find(root, paths[i], &found))
			continue;
		const char *text = json_text(found, &len);
		require(text == NULL || strnlen(text, len) <= len);
		json_count(found, &count);
	}
}

/*
 * May json-c misread an escape? Up to 0.16 at least it takes a pair for U+FFFD where the character, such as
 * U+1DA00, has the last 16 bits of half a pair.
 */
static bool misread(const char *text)
{
	unsigned high, low;
	for (const char *p = text; (p = strstr(p, "\\u")) != NULL; p++) {
		if (sscanf(p, "\\u%4x\\u%4x", &high, &low) != 2 || high - 0xd800 >= 0x400 ||
		    low - 0xdc00 >= 0x400)
			continue;
		unsigned c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
		if ((c & 0xffff) - 0xd800 < 0x800)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[BODY_WHY_MAX] = "", *text = malloc(size + 1);
	const char *refused = NULL;
	uint8_t *exact = exactly(data, size);
	struct json_object *value = NULL;
	memcpy(text, data, size);
	text[size] = '\0';
	struct json_object *body = body_parse((const char *)exact, size, why);
	require(body != NULL || strncmp(why, "body:", 5) == 0);
	bool taken = json_read(text, size, &value, &refused);
	require(taken || (refused != NULL && value == NULL));
	if (body != NULL)
		check_again(body);
	if (body != NULL && !misread(text)) {
		require(taken && json_object_equal(body, value));
		check_same(body, text, size);
	}
	if (taken) {
		check_same(value, text, size);
		check_find(value);
	}
	json_object_put(body);
	json_object_put(value);
	free(exact);
	free(text);
	return 0;
}
