/* SPDX-License-Identifier: ISC */
/* Why a check has failed, in the words of operators rather than of libcurl. */
#include "check/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void result_fail(struct check_result *result, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
	result->ok = false;
}

/* The same, in the middle of a sentence. */
static void fail_errno(struct check_result *result, const char *before, int error)
{
	const char *words = strerrordesc_np(error);
	if (words == NULL)
		result_fail(result, "%serrno %d", before, error);
	else
		result_fail(result, "%s%c%s", before, tolower((unsigned char)words[0]), words + 1);
}

/* Errors that say nothing of the target, but of this machine. */
static bool is_ours(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
	       error == EADDRNOTAVAIL;
}

static const char *phase(const struct transfer *transfer)
{
	if (transfer_time(transfer, CURLINFO_CONNECT_TIME_T) == 0)
		return "connecting";
	if (transfer_time(transfer, CURLINFO_STARTTRANSFER_TIME_T) == 0)
		return "waiting for the reply";
	return transfer->reply.header_done ? "reading the body" : "reading the reply's header";
}

static void fail_timeout(struct check_result *result, const struct transfer *transfer)
{
	uint32_t ms = transfer->check->timeout_ms;
	if (ms % 1000 == 0)
		result_fail(result, "timed out after %u s while %s", ms / 1000, phase(transfer));
	else
		result_fail(result, "timed out after %u ms while %s", ms, phase(transfer));
}

static const char *words_for(CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *words;
	} rows[] = {
		{CURLE_GOT_NOTHING, "connection closed without a reply"},
		{CURLE_PARTIAL_FILE, "connection closed in the middle of the reply"},
		{CURLE_OK, "connection closed in the middle of the reply"}, /* before the end of the header */
		{CURLE_UNSUPPORTED_PROTOCOL, "the reply is not HTTP"},
		{CURLE_WEIRD_SERVER_REPLY, "the reply is not HTTP"},
		{CURLE_OUT_OF_MEMORY,
		 "a line of the reply's header is too long"}, /* over libcurl's 100 KiB */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code == code)
			return rows[i].words;
	}
	return NULL;
}

/*
 * The errno behind a failure, or 0. libcurl keeps that of an earlier transfer on the same handle: it is this
 * one's only where libcurl has just set it.
 */
static int errno_of(const struct transfer *transfer, CURLcode code)
{
	const char *words = transfer->error;
	bool is_set = code == CURLE_COULDNT_CONNECT ||
		      (code == CURLE_SEND_ERROR && strncmp(words, "Send failure", 12) == 0) ||
		      (code == CURLE_RECV_ERROR && strncmp(words, "Recv failure", 12) == 0);
	long error = 0;
	if (transfer->socket_errno != 0)
		return transfer->socket_errno;
	if (is_set)
		curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error);
	return (int)error;
}

void result_fail_transfer(struct check_result *result, const struct transfer *transfer, CURLcode code)
{
	int error = errno_of(transfer, code);
	const char *words = words_for(code);
	if (code == CURLE_OPERATION_TIMEDOUT)
		fail_timeout(result, transfer);
	else if (error != 0)
		fail_errno(result, is_ours(error) ? "not checked, this machine's fault: " : "", error);
	else if (words != NULL)
		result_fail(result, "%s", words);
	else
		result_fail(result, "%s", transfer->error[0] ? transfer->error : curl_easy_strerror(code));
}
