/* SPDX-License-Identifier: ISC */
/*
 * Whatever a checked target may say: a body that comes in pieces is judged as one that comes at once, the
 * words for the log are printable, a found text was there; gRPC's messages are read within their octets.
 */
#include "check/agent.h"
#include "check/body.h"
#include "check/grpc_message.h"
#include "check/search.h"
#include "require.h"

enum { KINDS = 6, WHY_PRINTABLE_FIRST = 0x20, WHY_PRINTABLE_LAST = 0x7e };

static const struct check checks[KINDS] = {
	{.kind = CHECK_HTTP, .body = "ok ok", .body_limit = 64},
	{.kind = CHECK_HTTP, .body_limit = 100, .expect_json = {"a.b", "up"}},
	{.kind = CHECK_HTTP, .body_limit = 100, .load = {LOAD_JSON, "/load/0"}},
	{.kind = CHECK_HTTP, .body = "u", .body_limit = 32, .load = {.source = LOAD_AGENT}},
	{.kind = CHECK_TCP, .reply = "+PO+PONG"},
	{.kind = CHECK_TCP, .load = {.source = LOAD_AGENT}},
};

static void check_words(const struct check_result *result)
{
	require(strnlen(result->why, sizeof(result->why)) < sizeof(result->why));
	for (const char *c = result->why; *c != '\0'; c++)
		require(*c >= WHY_PRINTABLE_FIRST && *c <= WHY_PRINTABLE_LAST);
	require(result->ok || result->why[0] != '\0');
}

/* Hands the octets over in pieces of that size, until the check wants no more. */
static void judge(const struct check *check, const uint8_t *data, size_t size, size_t piece,
		  struct check_result *out)
{
	struct body body = {0};
	bool more = true;
	*out = (struct check_result){.weight_percent = 100};
	for (size_t at = 0; more && at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;
		uint8_t *octets = exactly(data + at, n);
		more = body_take(&body, check, (const char *)octets, n);
		require(more == !body_settled(&body, check));
		free(octets);
	}
	body_judge(&body, check, out);
	check_words(out);
	body_clear(&body);
}

static void check_body(const struct check *check, const uint8_t *data, size_t size, size_t piece)
{
	struct check_result whole, pieces;
	judge(check, data, size, size + 1, &whole);
	judge(check, data, size, piece, &pieces);
	require(whole.ok == pieces.ok && strcmp(whole.why, pieces.why) == 0);
	require(whole.has_connections == pieces.has_connections && whole.connections == pieces.connections);
	require(whole.agent == pieces.agent && whole.weight_percent == pieces.weight_percent);
	const char *text = check->kind == CHECK_TCP ? check->reply : check->body;
	if (whole.ok && text != NULL)
		require(memmem(data, size, text, strlen(text)) != NULL);
}

/* The text is what stands before the first NUL, or 0x01 where that would be none. */
static void check_search(const uint8_t *data, size_t size, size_t piece)
{
	char text[16] = "\1";
	size_t n = size < sizeof(text) - 1 ? size : sizeof(text) - 1, matched = 0;
	memcpy(text, data, n);
	if (text[0] == '\0')
		text[0] = '\1';
	size_t len = strlen(text);
	const uint8_t *in = data + n;
	size_t left = size - n;
	for (size_t at = 0; matched < len && at < left; at += piece) {
		size_t some = left - at < piece ? left - at : piece;
		matched = search_feed(text, matched, (const char *)in + at, some);
	}
	require((matched == len) == (memmem(in, left, text, len) != NULL));
}

static void check_grpc(const uint8_t *data, size_t size)
{
	static const uint8_t empty[] = {0, 0, 0, 0, 0};
	uint64_t status;
	uint8_t *octets = exactly(data, size);
	bool read = grpc_reply_read(octets, size, &status);
	if (size == sizeof(empty))
		require(read == (memcmp(octets, empty, size) == 0));
	free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t which = take_octet(&data, &size);
	size_t piece = 1 + (take_octet(&data, &size) & 31u);
	if (which % (KINDS + 2) < KINDS)
		check_body(&checks[which % (KINDS + 2)], data, size, piece);
	else if (which % (KINDS + 2) == KINDS)
		check_search(data, size, piece);
	else
		check_grpc(data, size);
	return 0;
}
