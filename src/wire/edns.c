/* SPDX-License-Identifier: ISC */
/* Options of OPT records. */
#include "wire/edns.h"
#include "wire/cookie.h"
#include "wire/octets.h"
#include "wire/query.h"
#include "wire/reply.h"

#include <string.h>

/* RFC 7873 §5.2.2 */
static bool read_cookie(const uint8_t *value, size_t len, struct query *q)
{
	if (q->asked & ASKED_COOKIE)
		return true;
	if (len != COOKIE_CLIENT_OCTETS && (len < COOKIE_OCTETS_MIN || len > COOKIE_OCTETS_MAX))
		return false;
	q->asked |= ASKED_COOKIE;
	q->cookie = value;
	q->cookie_len = (uint8_t)len;
	return true;
}

__attribute__((cold, noinline)) bool edns_read(unsigned code, const uint8_t *value, size_t len,
					       struct query *q)
{
	switch (code) {
	case EDNS_OPTION_NSID: q->asked |= ASKED_NSID; return true;
	case EDNS_OPTION_COOKIE: return read_cookie(value, len, q);
	case EDNS_OPTION_KEEPALIVE:
		q->asked |= len == 0 ? ASKED_KEEPALIVE : ASKED_KEEPALIVE_WRONG;
		return true;
	case EDNS_OPTION_PADDING: q->asked |= ASKED_PADDING; return true;
	default: return true;
	}
}

static size_t option_write(uint8_t *at, enum edns_option code, const uint8_t *value, size_t len)
{
	octets_put16(at, code);
	octets_put16(at + 2, (unsigned)len);
	memcpy(at + EDNS_OPTION_HEADER, value, len);
	return EDNS_OPTION_HEADER + len;
}

bool edns_put(struct reply *r, enum edns_option code, const uint8_t *value, size_t len)
{
	size_t octets = EDNS_OPTION_HEADER + len;
	if (r->limit - r->len < octets || EDNS_OPTIONS_MAX - (size_t)r->options_len < octets)
		return false;
	r->options_len =
		(uint16_t)(r->options_len + option_write(r->options + r->options_len, code, value, len));
	r->limit -= octets;
	return true;
}

void edns_pad(struct reply *r, uint16_t block)
{
	if (r->limit - r->len < EDNS_OPTION_HEADER)
		return;
	r->block = block;
	r->limit -= EDNS_OPTION_HEADER;
}

/* It says more than is needed, so it is left out before anything else is (RFC 8914 §3). */
static void put_error(struct reply *r, size_t most, const struct extended_error *error)
{
	uint8_t value[2 + EDNS_TEXT_MAX];
	size_t len = strlen(error->text);
	if (len > EDNS_TEXT_MAX || most - r->len < EDNS_OPTION_HEADER + 2 + len)
		return;
	octets_put16(value, error->code);
	memcpy(value + 2, error->text, len);
	r->len += option_write(r->octets + r->len, EDNS_OPTION_ERROR, value, 2 + len);
}

/* To a whole number of blocks, or as far as there is room (RFC 8467 §4.1). */
static void put_padding(struct reply *r, size_t most)
{
	size_t len = r->len + EDNS_OPTION_HEADER, padded = len + r->block - 1;
	padded -= padded % r->block;
	padded = padded < most ? padded : most;
	octets_put16(r->octets + r->len, EDNS_OPTION_PADDING);
	octets_put16(r->octets + r->len + 2, (unsigned)(padded - len));
	memset(r->octets + len, 0, padded - len);
	r->len = padded;
}

__attribute__((cold, noinline)) size_t edns_end(struct reply *r, const struct extended_error *error)
{
	uint8_t *rdlength = r->octets + r->len - r->opt_len + 9;
	size_t most = r->limit + r->opt_len + r->options_len;
	memcpy(r->octets + r->len, r->options, r->options_len);
	r->len += r->options_len;
	if (error != NULL)
		put_error(r, most, error);
	if (r->block > 0)
		put_padding(r, most + EDNS_OPTION_HEADER);
	octets_put16(rdlength, (unsigned)(r->octets + r->len - rdlength - 2));
	return r->len;
}
