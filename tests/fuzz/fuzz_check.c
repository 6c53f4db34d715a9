/* SPDX-License-Identifier: ISC */
/* Any octets as what a target sends over its connection, to whole checks: HTTP, gRPC, TCP, agents. */
#include "check/engine.h"
#include "check/kind.h"
#include "quiet.h"
#include "require.h"

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KINDS = 5, TURNS_MAX = 1000 };

static const struct number_range well[] = {{200, 299}};
static struct check checks[KINDS] = {
	{.kind = CHECK_HTTP, .body = "ok", .redirects = 2},
	{.kind = CHECK_HTTP, .expect_json = {"a.b", "up"}, .load = {LOAD_HEADER, "X-Load"}},
	{.kind = CHECK_GRPC},
	{.kind = CHECK_TCP, .reply = "+PONG", .send = "PING\r\n"},
	{.kind = CHECK_TCP, .load = {.source = LOAD_AGENT}},
};

static struct event_base *base;
static struct engine *engine;
static struct transfer_pool pool;

/* What the target sends, which is all there as soon as it is connected to. */
static const uint8_t *script;
static size_t script_len;
static int target = -1; /* its side of the connection */

static bool ended;
static CURLcode ended_with;

/* Whoever connects, libcurl too, is connected to the script. */
int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	int pair[2];
	(void)to;
	(void)len;
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	require(dup2(pair[0], fd) == fd);
	close(pair[0]);
	if (target >= 0)
		close(target);
	target = pair[1];
	ssize_t sent = send(target, script, script_len, MSG_NOSIGNAL);
	(void)sent;
	shutdown(target, SHUT_WR);
	return 0;
}

static void on_ended(void *context, struct transfer *transfer, CURLcode code)
{
	(void)context;
	(void)transfer;
	ended = true;
	ended_with = code;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < KINDS; i++) {
		struct check *c = &checks[i];
		c->name = "fuzz";
		c->timeout_ms = 1000;
		c->path = "/";
		c->method = "GET";
		c->user_agent = "gslbd";
		c->expect = (struct numbers){1, well};
		c->body_limit = 4096;
		c->rise = c->fall = 1;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	engine = engine_new(base, on_ended, NULL);
	return 0;
}

static void check_result(const struct check_result *result)
{
	require(memchr(result->why, '\0', sizeof(result->why)) != NULL);
	for (const char *c = result->why; *c != '\0'; c++)
		require(*c >= 0x20 && *c < 0x7f);
	require(result->ok || result->why[0] != '\0');
	require(result->weight_percent <= 100);
}

static void run(const struct check *check)
{
	struct endpoint address = {.addr = {.family = FAMILY_V4, .octets = {192, 0, 2, 1}}, .port = 80};
	struct check_result result = {.weight_percent = 100};
	struct transfer *transfer = transfer_take(&pool, check, NULL);
	const struct kind *kind = kind_of(check);
	transfer->address = address;
	kind->prepare(transfer, &address);
	ended = false;
	engine_start(engine, transfer);
	for (unsigned turn = 0; !ended; turn++) {
		require(turn < TURNS_MAX);
		event_base_loop(base, EVLOOP_ONCE);
	}
	kind->judge(transfer, ended_with, &result);
	check_result(&result);
	transfer_give(transfer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct check *check = &checks[take_octet(&data, &size) % KINDS];
	script = data;
	script_len = size;
	run(check);
	if (target >= 0)
		close(target);
	target = -1;
	return 0;
}
