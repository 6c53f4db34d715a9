/* SPDX-License-Identifier: ISC */
/* TLS for checks: whom to trust, and what the server's certificate says of itself. */
#ifndef CHECK_TLS_H
#define CHECK_TLS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct check_result;
struct transfer;
struct trust;

/* What one handshake has shown. */
struct tls_seen {
	bool begun;                /* there is a connection */
	bool certificate;          /* the server has sent one: a sign of life */
	bool untrusting;           /* the file of certificates to trust can't be read */
	const char *refusal;       /* why it is not believed, in OpenSSL's words, or NULL */
	int64_t certificate_end_s; /* since 1970 */
};

/*
 * Makes a fresh transfer speak TLS as transfer->check says. Its certificates to trust are read once and
 * again when their file has changed; where it then can't be read, what was read before stays.
 */
void tls_prepare(struct transfer *transfer);

/* The words for a transfer that has failed in TLS; false where it has failed elsewhere. */
bool tls_fail(struct check_result *result, const struct transfer *transfer, CURLcode code);

void trust_free(struct trust *first);

#endif
