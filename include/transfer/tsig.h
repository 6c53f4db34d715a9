/* SPDX-License-Identifier: ISC */
/*
 * Messages signed with a shared secret (TSIG, RFC 8945): HMAC-SHA256, -384 and -512. Allocates, so it is not
 * for ordinary queries. Any thread may use a session of its own.
 */
#ifndef TRANSFER_TSIG_H
#define TRANSFER_TSIG_H

#include "base/span.h"
#include "config/config.h"
#include "wire/query.h"
#include "wire/types.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TSIG_MAC_MAX = 64,
	TSIG_FUDGE_S = 300,
	/* what tsig_sign() adds at most to a message whose key is one of ours */
	TSIG_ROOM = NAME_OCTETS_MAX + 10 + 13 + 16 + TSIG_MAC_MAX + 6,
};

/* RFC 8945 §3 */
enum tsig_error {
	TSIG_NOERROR = 0,
	TSIG_BADSIG = 16,
	TSIG_BADKEY = 17,
	TSIG_BADTIME = 18,
	TSIG_BADTRUNC = 22
};

/* One request and its responses, from either side. It has no pointers: it may outlive the configuration. */
struct tsig_session {
	bool keyed;     /* `key` is one of ours: what is sent is signed */
	bool continued; /* a response was signed or verified already: the next ones are shorter (§5.3.1) */
	enum tsig_error error;
	struct tsig_key key; /* but for its text; with TSIG_BADKEY only the name */
	struct name algorithm;
	uint64_t signed_s; /* when the request was, by its sender's clock */
	uint16_t id;       /* the original one */
	uint16_t mac_len;
	uint8_t mac[TSIG_MAC_MAX]; /* of the message before; none before a request is signed */
};

/* Begins with a key, to sign a request. Ends: what was secret is wiped. */
void tsig_begin(struct tsig_session *s, const struct tsig_key *key);
void tsig_end(struct tsig_session *s);

/*
 * Finds the TSIG record of a message, the last of all, takes it off and verifies it by one of these keys, for
 * the session to answer with. `now_s` is in seconds since 1970. NOERROR; NOTAUTH where s->error says why; or
 * FORMERR, where there is nothing to sign an answer with.
 */
enum rcode tsig_verify_request(struct tsig_session *s, const struct tsig_key *keys, size_t n_keys,
			       struct span *message, uint64_t now_s);

/* The same for the response to what was signed with the session, which must be signed too. */
bool tsig_verify_response(struct tsig_session *s, struct span *message, uint64_t now_s);

/*
 * What a response to that query may take of `limit` octets beside the session's signature. All of them, where
 * the rest would be too few for the question: then it will not fit.
 */
size_t tsig_left(const struct tsig_session *s, size_t limit, const struct query *q);

/*
 * Adds the TSIG record to a message, which has room for `room` octets. With TSIG_BADKEY and TSIG_BADSIG it
 * signs nothing but names the error (§5.2). False where there is no room, or libcrypto failed: the message
 * is as it was.
 */
bool tsig_sign(struct tsig_session *s, struct span *message, size_t room, uint64_t now_s);

#endif
