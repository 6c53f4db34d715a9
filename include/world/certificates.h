/* SPDX-License-Identifier: ISC */
/* What is shown to clients of listens with tls: a context of OpenSSL each, out of cert= and key=. */
#ifndef WORLD_CERTIFICATES_H
#define WORLD_CERTIFICATES_H

#include "base/addr.h"

#include <stdint.h>

struct certificates;
struct config;
struct faults;
struct ssl_ctx_st;

/*
 * Reads the files of each listen with tls. One that can't be used, keys that do not fit their certificate,
 * and keys that others may read are errors in `faults`; a certificate whose time is over, or will be
 * within 7 days, or has not come, is a warning. The caller frees the result with certificates_free(),
 * whatever was wrong.
 */
struct certificates *certificates_read(const struct config *config, struct faults *faults);
void certificates_free(struct certificates *certificates);

/* Adds those of listens that it has none for: a listen that a reload takes away is served until the next
 * start. Before it is shared. */
void certificates_inherit(struct certificates *certificates, const struct certificates *before);

/* When the certificate of that listen expires, in seconds since 1970; 0: none is there. */
int64_t certificates_end_s(const struct certificates *certificates, const struct endpoint *listen);

/*
 * The context for connections to that listen: TLS 1.2 or later (RFC 9325), ALPN "dot" (RFC 7858, RFC 9103),
 * and tickets to resume with that are good until the next reload, for any worker. NULL: no listen with tls is
 * there. Any thread may make connections of it, which keep it.
 */
struct ssl_ctx_st *certificates_context(const struct certificates *certificates,
					const struct endpoint *listen);

#endif
