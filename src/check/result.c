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
	for (char *c = result->why; *c != '\0'; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
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

/* Errors that are no sign of life from the target. */
static bool is_silence(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == EHOSTDOWN || error == ENETDOWN ||
	       error == ETIMEDOUT;
}

static bool connected(const struct transfer *transfer)
{
	return transfer->talk.connected_us != 0 || transfer->tls.begun ||
	       transfer_time(transfer, CURLINFO_CONNECT_TIME_T) != 0;
}

/* Has any octet come from the target? */
static bool heard(const struct transfer *transfer)
{
	return transfer->talk.first_us != 0 || transfer->tls.certificate || transfer->redirects > 0 ||
	       transfer_time(transfer, CURLINFO_STARTTRANSFER_TIME_T) != 0;
}

static bool in_handshake(const struct transfer *transfer)
{
	return transfer->check->tls && transfer_time(transfer, CURLINFO_APPCONNECT_TIME_T) == 0;
}

static const char *phase(const struct transfer *transfer)
{
	if (!connected(transfer))
		return "connecting";
	if (in_handshake(transfer))
		return "in the TLS handshake";
	if (transfer->talk.wanted)
		return transfer->talk.first_us != 0 ? "reading the reply" : "waiting for the reply";
	if (transfer_time(transfer, CURLINFO_STARTTRANSFER_TIME_T) == 0)
		return "waiting for the reply";
	return transfer->reply.header_done ? "reading the body" : "reading the reply's header";
}

static void fail_timeout(struct check_result *result, const struct transfer *transfer)
{
	const struct check *check = transfer->check;
	uint32_t ms = check->timeout_ms;
	bool connecting = !connected(transfer) || in_handshake(transfer);
	if (connecting && check->connect_timeout_ms != 0 && check->connect_timeout_ms < ms)
		ms = check->connect_timeout_ms;
	bool whole = ms % 1000 == 0;
	result_fail(result, "timed out after %u %s %s%s", whole ? ms / 1000 : ms, whole ? "s" : "ms",
		    in_handshake(transfer) && connected(transfer) ? "" : "while ", phase(transfer));
	result->silent = !heard(transfer);
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
		{CURLE_FILESIZE_EXCEEDED, "the reply is a flood"}, /* the engine's words */
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
 * The errno behind a failure, or 0. libcurl keeps that of what it tried before: it is that of this
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
	const char *words = strstr(transfer->error, "chunked-encoding") != NULL ? "the body is badly chunked"
										: words_for(code);
	if (code == CURLE_OPERATION_TIMEDOUT) {
		fail_timeout(result, transfer);
	} else if (error != 0) {
		result->ours = is_ours(error);
		result->silent = is_silence(error) && !heard(transfer);
		fail_errno(result, result->ours ? "not checked, this machine's fault: " : "", error);
	} else if (transfer->check->tls && tls_fail(result, transfer, code)) {
		return;
	} else if (words != NULL) {
		result_fail(result, "%s", words);
	} else {
		result_fail(result, "%s", transfer->error[0] ? transfer->error : curl_easy_strerror(code));
	}
}
