/* SPDX-License-Identifier: ISC */
/* What the octets of SvcParams must be, however they were written. */
#include "wire/octets.h"
#include "zone/svcb.h"

/* Of a mandatory's keys: they ascend, `mandatory` is none of them, and each is there (RFC 9460 §8). */
static const char *mandatory_wrong(const uint8_t *value, size_t len, const uint8_t *at, const uint8_t *end)
{
	int before = SVCB_MANDATORY;
	for (const uint8_t *key = value; key < value + len; key += 2) {
		const uint8_t *p = at;
		if (octets_get16(key) <= before)
			return "mandatory names itself, or a key twice";
		before = octets_get16(key);
		while (p < end && octets_get16(p) != before)
			p += SVCB_HEAD + octets_get16(p + 2);
		if (p >= end)
			return "mandatory names a key that the record does not have";
	}
	return NULL;
}

static bool alpn_right(const uint8_t *value, size_t len)
{
	size_t at = 0;
	while (at < len && value[at] > 0)
		at += value[at] + 1u;
	return at == len && len > 0;
}

static bool value_right(unsigned key, const uint8_t *value, size_t len)
{
	switch (key) {
	case SVCB_MANDATORY: return len > 0 && len % 2 == 0;
	case SVCB_ALPN: return alpn_right(value, len);
	case SVCB_NO_DEFAULT_ALPN:
	case SVCB_OHTTP: return len == 0;
	case SVCB_PORT: return len == 2;
	case SVCB_IPV4HINT: return len > 0 && len % 4 == 0;
	case SVCB_IPV6HINT: return len > 0 && len % 16 == 0;
	case SVCB_ECH:
	case SVCB_DOHPATH: return len > 0;
	default: return key != SVCB_INVALID;
	}
}

const char *svcb_wrong(const struct rdata *r)
{
	const uint8_t *begin = r->octets + 2 + name_length(r->octets + 2), *end = r->octets + r->len;
	const uint8_t *mandatory = NULL;
	bool alpn = false, no_default = false;
	int before = -1;
	for (const uint8_t *p = begin; p < end; p += SVCB_HEAD + octets_get16(p + 2)) {
		if (end - p < SVCB_HEAD || end - p - SVCB_HEAD < octets_get16(p + 2))
			return "a parameter is longer than the record";
		int key = octets_get16(p);
		if (key <= before)
			return "parameters stand in the order of their keys, each once";
		before = key;
		if (!value_right((unsigned)key, p + SVCB_HEAD, octets_get16(p + 2)))
			return "a parameter's value is not what its key needs";
		mandatory = key == SVCB_MANDATORY ? p : mandatory;
		alpn |= key == SVCB_ALPN;
		no_default |= key == SVCB_NO_DEFAULT_ALPN;
	}
	if (no_default && !alpn)
		return "no-default-alpn needs alpn beside it";
	if (mandatory != NULL)
		return mandatory_wrong(mandatory + SVCB_HEAD, octets_get16(mandatory + 2), begin, end);
	return NULL;
}
