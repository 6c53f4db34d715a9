/* SPDX-License-Identifier: ISC */
/* A text is looked for in passing; of the body only what must be parsed is kept. */
#include "check/body.h"
#include "base/memory.h"
#include "check/agent.h"
#include "check/json.h"
#include "check/search.h"
#include "check/transfer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct check *check)
{
	const char *text = check->kind == CHECK_TCP ? check->reply : check->body;
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static size_t limit_of(const struct check *check)
{
	return check->kind == CHECK_TCP ? REPLY_TCP_MAX : check->body_limit;
}

static bool wants_json(const struct check *check)
{
	return check->expect_json.path != NULL || check->load.source == LOAD_JSON;
}

static bool wants_line(const struct check *check)
{
	return check->load.source == LOAD_AGENT;
}

bool body_wanted(const struct check *check)
{
	return text_of(check) != NULL || wants_json(check) || wants_line(check);
}

static bool text_found(const struct body *body, const struct check *check)
{
	const char *text = text_of(check);
	return text == NULL || text[body->matched] == '\0';
}

static void keep(struct body *body, const char *piece, size_t len)
{
	body->kept = mem_grow(body->kept, &body->cap, body->len + len + 1, 1);
	memcpy(body->kept + body->len, piece, len);
	body->len += len;
	body->kept[body->len] = '\0';
}

bool body_take(struct body *body, const struct check *check, const char *piece, size_t len)
{
	size_t room = limit_of(check) - body->octets, n = len < room ? len : room;
	body->over |= len > room;
	body->octets += n;
	if (!text_found(body, check))
		body->matched = search_feed(text_of(check), body->matched, piece, n);
	if (wants_json(check)) {
		keep(body, piece, n);
	} else if (wants_line(check) && !body->line_whole) {
		const char *end = memchr(piece, '\n', n);
		keep(body, piece, end != NULL ? (size_t)(end - piece) : n);
		body->line_whole = end != NULL;
	}
	return !body_settled(body, check);
}

bool body_settled(const struct body *body, const struct check *check)
{
	bool full = body->octets == limit_of(check);
	if (!text_found(body, check) && !full)
		return false;
	if (wants_json(check))
		return body->over;
	return !wants_line(check) || body->line_whole || full;
}

/* As people write sizes: "64 KiB", "100 octets". */
static const char *size_text(size_t size, char out[static 32])
{
	bool whole = size % 1024 == 0;
	snprintf(out, 32, "%zu %s", whole ? size / 1024 : size, whole ? "KiB" : "octets");
	return out;
}

static void fail_text(const struct body *body, const struct check *check, struct check_result *result)
{
	char size[32];
	bool tcp = check->kind == CHECK_TCP;
	if (body->octets == limit_of(check))
		result_fail(result, "the first %s of the %s do not contain \"%.64s\"",
			    size_text(limit_of(check), size), tcp ? "reply" : "body", text_of(check));
	else
		result_fail(result, "%s does not contain \"%.64s\"", tcp ? "the reply" : "body",
			    text_of(check));
}

static bool member_right(struct json_object *root, const struct json_rule *rule, struct check_result *result)
{
	struct json_object *value;
	size_t len;
	if (!json_find(root, rule->path, &value)) {
		result_fail(result, "no %.64s in the reply", rule->path);
		return false;
	}
	const char *text = json_text(value, &len);
	if (text == NULL)
		result_fail(result, "%.40s is no single value, expected \"%.40s\"", rule->path, rule->value);
	else if (len != strlen(rule->value) || memcmp(text, rule->value, len) != 0)
		result_fail(result, "%.32s is \"%.32s\", expected \"%.32s\"", rule->path, text, rule->value);
	else
		return true;
	return false;
}

static bool json_right(const struct body *body, const struct check *check, struct check_result *result)
{
	struct json_object *root, *load;
	const char *why;
	if (body->over) {
		char size[32];
		result_fail(result, "the body is longer than %s", size_text(limit_of(check), size));
		return false;
	}
	if (!json_read(body->kept != NULL ? body->kept : "", body->len, &root, &why)) {
		result_fail(result, "the reply is not JSON: %s", why);
		return false;
	}
	bool right = check->expect_json.path == NULL || member_right(root, &check->expect_json, result);
	if (right && check->load.source == LOAD_JSON) {
		result->has_connections =
			json_find(root, check->load.name, &load) && json_count(load, &result->connections);
		right = result->has_connections;
		if (!right)
			result_fail(result, "no number at %.64s in the reply", check->load.name);
	}
	json_object_put(root);
	return right;
}

static bool line_right(const struct body *body, const struct check *check, struct check_result *result)
{
	const char *line = body->kept != NULL ? body->kept : "", *end = memchr(line, '\n', body->len);
	if (end == NULL && body->octets == limit_of(check) && !body->line_whole) {
		char size[32];
		result_fail(result, "the agent's line is longer than %s", size_text(limit_of(check), size));
		return false;
	}
	return agent_read(line, end != NULL ? (size_t)(end - line) : body->len, result);
}

void body_judge(const struct body *body, const struct check *check, struct check_result *result)
{
	if (!text_found(body, check)) {
		fail_text(body, check, result);
		return;
	}
	if (wants_json(check) && !json_right(body, check, result))
		return;
	result->ok = !wants_line(check) || line_right(body, check, result);
}

void body_clear(struct body *body)
{
	free(body->kept);
	*body = (struct body){0};
}
