/* SPDX-License-Identifier: ISC */
/* Signing and verifying messages. */
#include "transfer/tsig.h"
#include "transfer/tsig_record.h"
#include "wire/octets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum {
	MAC_LEAST = 10, /* octets (RFC 8945 §5.2.2.1) */
	PARTS_MAX = 5,
	TIMERS = 8,
	OPT_ROOM = 35 /* with a client-subnet; other options see to their room themselves */
};

/* By enum key_algorithm. */
static const struct algorithm {
	char digest[8];
	uint8_t name_len, mac_len;
	uint8_t name[14];
} algorithms[] = {
	[KEY_SHA256] = {"SHA256", 13, 32, "\13hmac-sha256"},
	[KEY_SHA384] = {"SHA384", 13, 48, "\13hmac-sha384"},
	[KEY_SHA512] = {"SHA512", 13, 64, "\13hmac-sha512"},
};

/* What a MAC is made over, piece by piece. */
struct parts {
	unsigned n;
	struct part {
		const uint8_t *octets;
		size_t len;
	} list[PARTS_MAX];
};

static void add(struct parts *parts, const uint8_t *octets, size_t len)
{
	parts->list[parts->n++] = (struct part){octets, len};
}

/* False: libcrypto can't. */
static bool mac_make(const struct tsig_key *key, const struct parts *parts, uint8_t out[TSIG_MAC_MAX])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)(uintptr_t)algorithms[key->algorithm].digest, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t len = 0;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	bool ok = context != NULL && EVP_MAC_init(context, key->secret, key->secret_len, params) == 1;
	for (unsigned i = 0; ok && i < parts->n; i++)
		ok = EVP_MAC_update(context, parts->list[i].octets, parts->list[i].len) == 1;
	ok = ok && EVP_MAC_final(context, out, &len, TSIG_MAC_MAX) == 1;
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return ok && len == algorithms[key->algorithm].mac_len;
}

static void put48(uint8_t *p, uint64_t value)
{
	octets_put16(p, (unsigned)(value >> 32));
	octets_put32(p + 2, (uint32_t)value);
}

/* What of a TSIG record is signed beside the message (RFC 8945 §4.3.3). */
struct variables {
	uint64_t signed_s;
	uint16_t fudge_s, error, other_len;
	const uint8_t *other;
};

/* The octets that go before the message, and behind it. */
struct frame {
	uint8_t before[2 + TSIG_MAC_MAX + HEADER_OCTETS];
	uint8_t behind[NAME_OCTETS_MAX + 6 + 14 + TIMERS + 4 + 6];
};

/* `message` is without its TSIG record, and `additional` the count of its additional records without that. */
static bool session_mac(const struct tsig_session *s, struct span message, unsigned additional,
			const struct variables *v, uint8_t out[TSIG_MAC_MAX])
{
	const struct algorithm *algorithm = &algorithms[s->key.algorithm];
	struct parts parts = {0};
	struct frame frame;
	uint8_t *p = frame.before;
	if (s->mac_len > 0) {
		octets_put16(p, s->mac_len);
		memcpy(p + 2, s->mac, s->mac_len);
		p += 2 + s->mac_len;
	}
	memcpy(p, message.octets, HEADER_OCTETS);
	octets_put16(p, s->id);
	octets_put16(p + ARCOUNT_AT, additional);
	add(&parts, frame.before, (size_t)(p + HEADER_OCTETS - frame.before));
	add(&parts, message.octets + HEADER_OCTETS, message.len - HEADER_OCTETS);

	p = frame.behind;
	if (!s->continued) {
		memcpy(p, s->key.owner, s->key.owner_len);
		p += s->key.owner_len;
		octets_put16(p, CLASS_ANY);
		octets_put32(p + 2, 0);
		memcpy(p + 6, algorithm->name, algorithm->name_len);
		p += 6 + algorithm->name_len;
	}
	put48(p, v->signed_s);
	octets_put16(p + 6, v->fudge_s);
	p += TIMERS;
	if (!s->continued) {
		octets_put16(p, v->error);
		octets_put16(p + 2, v->other_len);
		p += 4;
	}
	add(&parts, frame.behind, (size_t)(p - frame.behind));
	if (!s->continued && v->other_len > 0)
		add(&parts, v->other, v->other_len);
	return mac_make(&s->key, &parts, out);
}

void tsig_begin(struct tsig_session *s, const struct tsig_key *key)
{
	*s = (struct tsig_session){.keyed = true, .key = *key};
	s->key.name = NULL; /* it is the config's */
	name_from_octets(algorithms[key->algorithm].name, &s->algorithm);
}

void tsig_end(struct tsig_session *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

/* The key of that name and algorithm; NULL: it is none of ours. */
static const struct tsig_key *key_find(const struct tsig_key *keys, size_t n, const struct tsig_record *r)
{
	for (size_t i = 0; i < n; i++) {
		const struct algorithm *a = &algorithms[keys[i].algorithm];
		if (keys[i].owner_len == r->key.len &&
		    memcmp(keys[i].owner, r->key.octets, r->key.len) == 0 &&
		    a->name_len == r->algorithm.len && memcmp(a->name, r->algorithm.octets, a->name_len) == 0)
			return &keys[i];
	}
	return NULL;
}

static bool in_time(const struct tsig_record *r, uint64_t now_s)
{
	uint64_t apart = r->signed_s > now_s ? r->signed_s - now_s : now_s - r->signed_s;
	return apart <= r->fudge_s;
}

/*
 * Verifies by the session's key, in the order of RFC 8945 §5.2; a MAC that was cut shorter is no less than
 * right but not enough. FORMERR: no MAC can be of that length.
 */
static enum rcode verify(struct tsig_session *s, struct span message, unsigned additional,
			 const struct tsig_record *r, uint64_t now_s)
{
	const struct variables v = {r->signed_s, r->fudge_s, r->error, r->other_len, r->other};
	unsigned whole = algorithms[s->key.algorithm].mac_len, least = whole / 2;
	uint8_t mac[TSIG_MAC_MAX];
	if (r->mac_len > whole || r->mac_len < (least > MAC_LEAST ? least : MAC_LEAST))
		return RCODE_FORMERR;
	bool right =
		session_mac(s, message, additional, &v, mac) && CRYPTO_memcmp(mac, r->mac, r->mac_len) == 0;
	s->error = !right                ? TSIG_BADSIG
		   : !in_time(r, now_s)  ? TSIG_BADTIME
		   : r->mac_len != whole ? TSIG_BADTRUNC
					 : TSIG_NOERROR;
	memcpy(s->mac, r->mac, r->mac_len);
	s->mac_len = r->mac_len;
	return s->error == TSIG_NOERROR ? RCODE_NOERROR : RCODE_NOTAUTH;
}

/* Takes the record off the message; returns the count of additional records without it. */
static unsigned take_off(struct span *message, const struct tsig_record *r)
{
	unsigned additional = octets_get16(message->octets + ARCOUNT_AT) - 1u;
	message->len = r->at;
	octets_put16(message->octets + ARCOUNT_AT, additional);
	return additional;
}

enum rcode tsig_verify_request(struct tsig_session *s, const struct tsig_key *keys, size_t n_keys,
			       struct span *message, uint64_t now_s)
{
	struct tsig_record r;
	*s = (struct tsig_session){0};
	if (!tsig_record_find(*message, &r))
		return RCODE_FORMERR;
	const struct tsig_key *key = key_find(keys, n_keys, &r);
	if (key != NULL)
		tsig_begin(s, key);
	s->id = r.id;
	s->signed_s = r.signed_s;
	unsigned additional = take_off(message, &r);
	if (key != NULL)
		return verify(s, *message, additional, &r, now_s);
	s->error = TSIG_BADKEY;
	s->algorithm = r.algorithm;
	s->key.owner_len = r.key.len;
	memcpy(s->key.owner, r.key.octets, r.key.len);
	return RCODE_NOTAUTH;
}

bool tsig_verify_response(struct tsig_session *s, struct span *message, uint64_t now_s)
{
	struct tsig_record r;
	if (!tsig_record_find(*message, &r) || key_find(&s->key, 1, &r) == NULL)
		return false;
	s->id = r.id;
	unsigned additional = take_off(message, &r);
	bool ok = verify(s, *message, additional, &r, now_s) == RCODE_NOERROR;
	s->continued = true;
	return ok;
}

/* Of the record, without other data. */
static size_t rdata_octets(const struct tsig_session *s, unsigned mac_len)
{
	return s->algorithm.len + (size_t)TSIG_BEFORE_MAC + mac_len + TSIG_BEHIND_MAC;
}

/* The record; returns what is behind it. */
static uint8_t *record_put(const struct tsig_session *s, const struct variables *v, const uint8_t *mac,
			   unsigned mac_len, uint8_t *p)
{
	size_t rdlength = rdata_octets(s, mac_len) + v->other_len;
	memcpy(p, s->key.owner, s->key.owner_len);
	p += s->key.owner_len;
	octets_put16(p, TYPE_TSIG);
	octets_put16(p + 2, CLASS_ANY);
	octets_put32(p + 4, 0);
	octets_put16(p + 8, (unsigned)rdlength);
	p += RECORD_FIXED;
	memcpy(p, s->algorithm.octets, s->algorithm.len);
	p += s->algorithm.len;
	put48(p, v->signed_s);
	octets_put16(p + 6, v->fudge_s);
	octets_put16(p + 8, mac_len);
	p += TSIG_BEFORE_MAC;
	memcpy(p, mac, mac_len);
	p += mac_len;
	octets_put16(p, s->id);
	octets_put16(p + 2, v->error);
	octets_put16(p + 4, v->other_len);
	p += TSIG_BEHIND_MAC;
	memcpy(p, v->other, v->other_len);
	return p + v->other_len;
}

size_t tsig_left(const struct tsig_session *s, size_t limit, const struct query *q)
{
	size_t least = HEADER_OCTETS + (size_t)q->question_len + OPT_ROOM;
	size_t taken = s->key.owner_len + (size_t)RECORD_FIXED +
		       rdata_octets(s, algorithms[s->key.algorithm].mac_len);
	return limit >= taken + least ? limit - taken : limit;
}

bool tsig_sign(struct tsig_session *s, struct span *message, size_t room, uint64_t now_s)
{
	uint8_t mac[TSIG_MAC_MAX], server_time[6];
	bool late = s->error == TSIG_BADTIME;
	bool keyed = s->keyed && s->error != TSIG_BADSIG;
	unsigned additional = octets_get16(message->octets + ARCOUNT_AT);
	unsigned mac_len = keyed ? algorithms[s->key.algorithm].mac_len : 0;
	const struct variables v = {late ? s->signed_s : now_s, TSIG_FUDGE_S, (uint16_t)s->error,
				    late ? sizeof(server_time) : 0, server_time};
	put48(server_time, now_s);
	if (room - message->len <
	    s->key.owner_len + (size_t)RECORD_FIXED + rdata_octets(s, mac_len) + v.other_len)
		return false;
	if (keyed && !session_mac(s, *message, additional, &v, mac))
		return false;
	uint8_t *end = record_put(s, &v, mac, mac_len, message->octets + message->len);
	message->len = (size_t)(end - message->octets);
	octets_put16(message->octets + ARCOUNT_AT, additional + 1);
	s->continued = s->mac_len > 0; /* else it was the request */
	memcpy(s->mac, mac, mac_len);
	s->mac_len = (uint16_t)mac_len;
	return true;
}
