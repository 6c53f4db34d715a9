/* SPDX-License-Identifier: ISC */
/*
 * The http check: well is what answers GET with an expected status and, where one is asked for, a text in the
 * body. The transfer is ended as soon as the verdict is known: nothing that follows can change it or hold it
 * up.
 */
#include "check/kind.h"
#include "check/search.h"

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
	for (size_t i = 0; i < check->n_expect; i++) {
		if (status >= check->expect[i].first && status <= check->expect[i].last)
			return true;
	}
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
	bool open = transfer->check->body != NULL && expected(transfer->check, status);
	return open ? len : END_TRANSFER;
}

static size_t on_body(char *piece, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	struct reply *reply = &transfer->reply;
	const char *text = transfer->check->body;
	size_t len = size * n, room = REPLY_BODY_MAX - reply->body_octets;
	if (text == NULL)
		return END_TRANSFER;
	reply->matched = search_feed(text, reply->matched, piece, len < room ? len : room);
	reply->body_octets += len < room ? len : room;
	reply->body_found = text[reply->matched] == '\0';
	return reply->body_found || reply->body_octets == REPLY_BODY_MAX ? END_TRANSFER : len;
}

static void add_header(struct transfer *transfer, const char *line)
{
	struct curl_slist *longer = curl_slist_append(transfer->headers, line);
	if (longer == NULL)
		abort();
	transfer->headers = longer;
}

static void prepare(struct transfer *transfer, const struct endpoint *address)
{
	const struct check *check = transfer->check;
	transfer_aim(transfer, address);
	add_header(transfer, "Connection: close");
	if (check->host != NULL) {
		char *line;
		if (asprintf(&line, "Host: %s", check->host) < 0)
			abort();
		add_header(transfer, line);
		free(line);
	}
	CURL *easy = transfer->easy;
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 0L);
	curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, check->path); /* as it was written: not normalised */
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
}

static void fail_status(struct check_result *result, const struct check *check, long status)
{
	char ranges[96];
	size_t len = 0;
	for (size_t i = 0; i < check->n_expect && len < sizeof(ranges); i++) {
		const struct number_range *r = &check->expect[i];
		const char *comma = i > 0 ? "," : "";
		int wrote = r->first == r->last
				    ? snprintf(ranges + len, sizeof(ranges) - len, "%s%u", comma, r->first)
				    : snprintf(ranges + len, sizeof(ranges) - len, "%s%u-%u", comma, r->first,
					       r->last);
		len += (size_t)wrote;
	}
	result_fail(result, "status %ld, expected %s", status, len > 0 ? ranges : "none");
}

static void judge(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	const struct reply *reply = &transfer->reply;
	const struct check *check = transfer->check;
	if (!reply->header_done) {
		if (reply->header_octets > REPLY_HEADER_MAX)
			result_fail(result, "the reply's header is longer than %d KiB",
				    REPLY_HEADER_MAX / 1024);
		else
			result_fail_transfer(result, transfer, code);
		return;
	}
	long status = status_of(transfer);
	if (!expected(check, status)) {
		fail_status(result, check, status);
		return;
	}
	if (check->body == NULL || check->body[0] == '\0' || reply->body_found) {
		result->ok = true;
		result->latency_us = transfer_time(transfer, CURLINFO_STARTTRANSFER_TIME_T);
		return;
	}
	if (reply->body_octets == REPLY_BODY_MAX)
		result_fail(result, "the first %d KiB of the body do not contain \"%.64s\"",
			    REPLY_BODY_MAX / 1024, check->body);
	else if (reply->header_octets > REPLY_HEADER_MAX)
		result_fail(result, "the reply's trailer is longer than %d KiB", REPLY_HEADER_MAX / 1024);
	else if (code == CURLE_OK)
		result_fail(result, "body does not contain \"%.64s\"", check->body);
	else
		result_fail_transfer(result, transfer, code);
}

const struct kind kind_http = {prepare, judge};
