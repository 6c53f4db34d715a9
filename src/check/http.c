/* SPDX-License-Identifier: ISC */
/*
 * The http and https checks: well is what answers a request with an expected status and a body in which is
 * what the check asks for. The transfer is ended as soon as the verdict is known: nothing that follows can
 * change it or hold it up.
 */
#include "check/kind.h"
#include "check/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a callback of libcurl returns to end the transfer; nothing it is given has no octets. */
enum { END_TRANSFER = 0 };

static long status_of(const struct transfer *transfer)
{
	long status = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool expected(const struct check *check, long status)
{
	for (size_t i = 0; i < check->expect.n; i++) {
		if (status >= check->expect.list[i].first && status <= check->expect.list[i].last)
			return true;
	}
	return false;
}

/* The value of a header of the final reply, the last where there are several; NULL where there is none. */
static const char *header_of(const struct transfer *transfer, const char *name)
{
	struct curl_header *header;
	CURLHcode code = curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header);
	if (code == CURLHE_OK && header->amount > 1)
		code = curl_easy_header(transfer->easy, name, header->amount - 1, CURLH_HEADER, -1, &header);
	return code == CURLHE_OK ? header->value : NULL;
}

static bool redirects(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The header has come whole: what of the reply is still to be read? */
static bool wants_body(struct transfer *transfer, long status)
{
	const struct check *check = transfer->check;
	const char *location = NULL;
	if (check->redirects > 0 && redirects(status))
		location = header_of(transfer, "Location");
	if (location == NULL)
		return expected(check, status) && body_wanted(check);
	transfer->location = strdup(location);
	if (transfer->location == NULL)
		abort();
	return false;
}

/* Takes a line of a header, with its end; the empty line behind a header is one too. */
static size_t on_header(char *line, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	struct reply *reply = &transfer->reply;
	size_t len = size * n;
	reply->header_octets += len;
	if (reply->header_octets > REPLY_HEADER_MAX)
		return END_TRANSFER;
	bool is_end = line[0] == '\r' || line[0] == '\n';
	if (reply->header_done || !is_end)
		return len;
	long status = status_of(transfer);
	if (status < 200)
		return len;
	reply->header_done = true;
	return wants_body(transfer, status) ? len : END_TRANSFER;
}

static size_t on_body(char *piece, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	return body_take(&transfer->reply.body, transfer->check, piece, size * n) ? size * n : END_TRANSFER;
}

static void prepare(struct transfer *transfer, const struct endpoint *address)
{
	CURL *easy = transfer->easy;
	transfer_aim(transfer, address);
	request_prepare(transfer);
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	transfer_must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
}

static bool goes_on(struct transfer *transfer, CURLcode code)
{
	(void)code;
	return transfer->location != NULL && transfer->redirects < transfer->check->redirects &&
	       request_follow(transfer, status_of(transfer));
}

static void fail_status(struct check_result *result, const struct check *check, long status)
{
	char ranges[96];
	size_t len = 0;
	for (size_t i = 0; i < check->expect.n && len < sizeof(ranges); i++) {
		const struct number_range *r = &check->expect.list[i];
		const char *comma = i > 0 ? "," : "";
		int wrote = r->first == r->last
				    ? snprintf(ranges + len, sizeof(ranges) - len, "%s%u", comma, r->first)
				    : snprintf(ranges + len, sizeof(ranges) - len, "%s%u-%u", comma, r->first,
					       r->last);
		len += (size_t)wrote;
	}
	result_fail(result, "status %ld, expected %s", status, len > 0 ? ranges : "none");
}

/* load=header: a decimal number and nothing else. */
static bool read_load(const struct transfer *transfer, struct check_result *result)
{
	const char *name = transfer->check->load.name, *value = header_of(transfer, name), *p = value;
	uint64_t number = 0;
	while (p != NULL && isdigit((unsigned char)*p) && number <= UINT32_MAX)
		number = number * 10 + (uint64_t)(*p++ - '0');
	if (p == value || p[strspn(p, " \t")] != '\0' || number > UINT32_MAX) {
		result_fail(result, "no number in the header %.64s of the reply", name);
		return false;
	}
	result->connections = (uint32_t)number;
	result->has_connections = true;
	return true;
}

/* Judges a reply whose header is whole and is not a redirect. */
static void judge_reply(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	const struct reply *reply = &transfer->reply;
	const struct check *check = transfer->check;
	long status = status_of(transfer);
	bool ended = code == CURLE_OK || body_settled(&reply->body, check);
	if (!expected(check, status)) {
		fail_status(result, check, status);
	} else if (!ended && reply->header_octets > REPLY_HEADER_MAX) {
		result_fail(result, "the reply's trailer is longer than %d KiB", REPLY_HEADER_MAX / 1024);
	} else if (!ended) {
		result_fail_transfer(result, transfer, code);
	} else if (check->load.source != LOAD_HEADER || read_load(transfer, result)) {
		result->latency_us = transfer_time(transfer, CURLINFO_STARTTRANSFER_TIME_T);
		body_judge(&reply->body, check, result);
	}
}

static void judge(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	const struct reply *reply = &transfer->reply;
	result->certificate_end_s = transfer->tls.certificate_end_s;
	if (transfer->location != NULL && transfer->redirects == transfer->check->redirects)
		result_fail(result, "more than %u redirects", transfer->redirects);
	else if (transfer->location != NULL)
		result_fail(result, "redirect to elsewhere: %s", transfer->location);
	else if (reply->header_done)
		judge_reply(transfer, code, result);
	else if (reply->header_octets > REPLY_HEADER_MAX)
		result_fail(result, "the reply's header is longer than %d KiB", REPLY_HEADER_MAX / 1024);
	else
		result_fail_transfer(result, transfer, code);
}

const struct kind kind_http = {.prepare = prepare, .judge = judge, .goes_on = goes_on};
