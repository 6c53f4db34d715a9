/* SPDX-License-Identifier: ISC */
/*
 * The grpc check: well is what answers grpc.health.v1.Health/Check with SERVING. Its status comes in the
 * trailer, or in the header where there is no body.
 */
#include "base/memory.h"
#include "base/clock.h"
#include "check/grpc_message.h"
#include "check/kind.h"
#include "check/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a callback of libcurl returns to end the transfer; nothing it is given has no octets. */
enum { END_TRANSFER = 0 };

enum { BODY_MAX = 4096, STATUS_OK = 0, HTTP_OK = 200, MESSAGE_CAP = 81 };

/* What has come of the reply. libcurl's own time of the first octet is that of the server's settings, which
 * say nothing of whom we ask about. */
struct note {
	uint64_t begin_us, header_us; /* clock_us(); the latter 0 so far */
	size_t len;
	bool too_long;
	uint8_t octets[BODY_MAX];
};

static long info_of(const struct transfer *transfer, CURLINFO which)
{
	long value = 0;
	curl_easy_getinfo(transfer->easy, which, &value);
	return value;
}

/* The last of that name in the header or the trailer, or NULL. */
static const char *header_of(const struct transfer *transfer, const char *name)
{
	const unsigned where = CURLH_HEADER | CURLH_TRAILER;
	struct curl_header *header;
	CURLHcode code = curl_easy_header(transfer->easy, name, 0, where, -1, &header);
	if (code == CURLHE_OK && header->amount > 1)
		code = curl_easy_header(transfer->easy, name, header->amount - 1, where, -1, &header);
	return code == CURLHE_OK ? header->value : NULL;
}

/* application/grpc, with a parameter or the name of an encoding */
static bool is_grpc(const struct transfer *transfer)
{
	static const char type[] = "application/grpc";
	const char *value = header_of(transfer, "content-type");
	return value != NULL && strncasecmp(value, type, sizeof(type) - 1) == 0 &&
	       strchr("+; ", value[sizeof(type) - 1]) != NULL; /* or its end */
}

/* Takes a line of a header, with its end; the empty line behind a header is one too. */
static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	struct reply *reply = &transfer->reply;
	size_t len = size * n;
	struct note *note = transfer->note;
	if (reply->header_octets == 0)
		note->header_us = clock_us();
	reply->header_octets += len;
	if (reply->header_octets > REPLY_HEADER_MAX)
		return END_TRANSFER;
	bool is_end = line[0] == '\r' || line[0] == '\n';
	long status = info_of(transfer, CURLINFO_RESPONSE_CODE);
	if (reply->header_done || !is_end || status < 200)
		return len;
	reply->header_done = true;
	return status == HTTP_OK && is_grpc(transfer) ? len : END_TRANSFER;
}

static size_t on_body(char *piece, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	struct note *note = transfer->note;
	size_t len = size * n;
	note->too_long = len > BODY_MAX - note->len;
	if (note->too_long)
		return END_TRANSFER;
	memcpy(note->octets + note->len, piece, len);
	note->len += len;
	return len;
}

static void add_headers(struct transfer *transfer)
{
	char timeout[48];
	snprintf(timeout, sizeof(timeout), "grpc-timeout: %um", transfer->check->timeout_ms);
	const char *const lines[] = {"content-type: application/grpc", "te: trailers", timeout};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct curl_slist *longer = curl_slist_append(transfer->headers, lines[i]);
		if (longer == NULL)
			abort();
		transfer->headers = longer;
	}
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
}

static void prepare(struct transfer *transfer, const struct endpoint *address)
{
	const struct check *check = transfer->check;
	long version = check->tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
	CURL *easy = transfer->easy;
	size_t len;
	transfer_aim(transfer, address);
	add_headers(transfer);
	struct note *note = transfer->note = mem_alloc(sizeof(*note));
	note->begin_us = clock_us();
	uint8_t *request = grpc_request_write(check->service != NULL ? check->service : "", &len);
	transfer_must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)len));
	transfer_must(curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request));
	free(request);
	transfer_must(curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, "/grpc.health.v1.Health/Check"));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* grpc-message with its %XX decoded, fit to print; what does not fit is left out. */
static size_t message_read(const char *value, char *out, size_t cap)
{
	char text[512];
	size_t len = 0;
	for (const char *p = value; *p != '\0' && len < sizeof(text); p++) {
		int high = *p == '%' ? hex_digit(p[1]) : -1, low = high >= 0 ? hex_digit(p[2]) : -1;
		text[len++] = (char)(low >= 0 ? high << 4 | low : *p);
		p += low >= 0 ? 2 : 0;
	}
	return printable_line(out, cap, text, len);
}

static void fail_status(const struct transfer *transfer, unsigned long status, struct check_result *result)
{
	static const char *const names[] = {
		"ok",
		"cancelled",
		"unknown",
		"invalid argument",
		"deadline exceeded",
		"not found",
		"already exists",
		"permission denied",
		"resource exhausted",
		"failed precondition",
		"aborted",
		"out of range",
		"unimplemented",
		"internal",
		"unavailable",
		"data loss",
		"unauthenticated",
	};
	const char *name = status < sizeof(names) / sizeof(names[0]) ? names[status] : "no such code";
	const char *value = header_of(transfer, "grpc-message");
	char message[MESSAGE_CAP] = "";
	bool says = value != NULL && message_read(value, message, sizeof(message)) > 0;
	result_fail(result, "grpc-status %lu (%s)%s%s", status, name, says ? ": " : "", message);
}

/* The reply has come whole, and says it is gRPC. */
static void judge_reply(const struct transfer *transfer, struct check_result *result)
{
	static const char *const servings[] = {
		[SERVING_UNKNOWN] = "UNKNOWN",
		[SERVING_NOT_SERVING] = "NOT_SERVING",
		[SERVING_SERVICE_UNKNOWN] = "SERVICE_UNKNOWN",
	};
	const struct note *note = transfer->note;
	const char *value = header_of(transfer, "grpc-status");
	char *end = NULL;
	unsigned long status = value != NULL ? strtoul(value, &end, 10) : 0;
	uint64_t serving;
	if (value == NULL || end == value || *end != '\0') {
		result_fail(result, "not a gRPC reply: it has no grpc-status");
	} else if (status != STATUS_OK) {
		fail_status(transfer, status, result);
	} else if (!grpc_reply_read(note->octets, note->len, &serving)) {
		result_fail(result, "not a gRPC reply: it holds no HealthCheckResponse");
	} else if (serving == SERVING_SERVING) {
		result->ok = true;
		result->latency_us = (uint32_t)(note->header_us - note->begin_us);
	} else if (serving < sizeof(servings) / sizeof(servings[0])) {
		result_fail(result, "status %s", servings[serving]);
	} else {
		result_fail(result, "status %lld", (long long)serving);
	}
}

/* What is not HTTP/2 looks to libcurl like a connection that ends. */
static bool is_no_http2(const struct transfer *transfer, CURLcode code)
{
	return transfer->reply.header_octets == 0 &&
	       (code == CURLE_OK || code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE ||
		code == CURLE_HTTP2 || code == CURLE_WEIRD_SERVER_REPLY);
}

static void judge(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	const struct note *note = transfer->note;
	const struct reply *reply = &transfer->reply;
	long status = info_of(transfer, CURLINFO_RESPONSE_CODE);
	result->certificate_end_s = transfer->tls.certificate_end_s;
	if (reply->header_octets > REPLY_HEADER_MAX)
		result_fail(result, "the reply's header is longer than %d KiB", REPLY_HEADER_MAX / 1024);
	else if (is_no_http2(transfer, code))
		result_fail(result, "no reply in HTTP/2");
	else if (!reply->header_done)
		result_fail_transfer(result, transfer, code);
	else if (info_of(transfer, CURLINFO_HTTP_VERSION) != CURL_HTTP_VERSION_2_0)
		result_fail(result, "the server does not speak HTTP/2");
	else if (status != HTTP_OK)
		result_fail(result, "not a gRPC reply: HTTP status %ld", status);
	else if (!is_grpc(transfer))
		result_fail(result, "not a gRPC reply: its content-type is not application/grpc");
	else if (note->too_long)
		result_fail(result, "not a gRPC reply: its body is longer than %d KiB", BODY_MAX / 1024);
	else if (code != CURLE_OK)
		result_fail_transfer(result, transfer, code);
	else
		judge_reply(transfer, result);
}

const struct kind kind_grpc = {.prepare = prepare, .judge = judge};
