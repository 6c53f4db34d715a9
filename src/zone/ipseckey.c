/* SPDX-License-Identifier: ISC */
/* PRECEDENCE GATEWAY-TYPE ALGORITHM GATEWAY [PUBLIC-KEY], RFC 4025 §2 and §3. */
#include "zone/ipseckey.h"
#include "base/addr.h"
#include "base/memory.h"
#include "config/value.h"
#include "base/base64.h"

#include <stdlib.h>
#include <string.h>

enum { PRECEDENCE, GATEWAY_TYPE, ALGORITHM, GATEWAY, KEY };
enum gateway { GATEWAY_NONE, GATEWAY_V4, GATEWAY_V6, GATEWAY_NAME, GATEWAYS };

static bool refuse(const struct entry *entry, const struct token *at, struct faults *faults, const char *what)
{
	fault_add(faults, token_spot(entry, at),
		  "%s; the form is: IPSECKEY PRECEDENCE GATEWAY-TYPE ALGORITHM GATEWAY KEY", what);
	return false;
}

static bool read_gateway(const struct token *t, const struct name *origin, struct rdata *out,
			 const char **why)
{
	struct addr addr;
	struct name name;
	enum gateway kind = (enum gateway)out->octets[GATEWAY_TYPE];
	*why = "the gateway is not of the type before it";
	if (kind == GATEWAY_NAME) {
		if (!name_parse(t->text, t->len, origin, &name, why))
			return false;
		memcpy(out->octets + out->len, name.octets, name.len);
		out->len = (uint16_t)(out->len + name.len);
		return true;
	}
	if (kind == GATEWAY_NONE)
		return t->len == 1 && t->text[0] == '.';
	if (!addr_parse(t->text, t->len, &addr) ||
	    addr.family != (kind == GATEWAY_V4 ? FAMILY_V4 : FAMILY_V6))
		return false;
	memcpy(out->octets + out->len, addr.octets, addr_bits(&addr) / 8);
	out->len = (uint16_t)(out->len + addr_bits(&addr) / 8);
	return true;
}

/* The key may have blanks in it; with algorithm 0 there is none. */
static bool read_key(const struct token *fields, size_t n, struct rdata *out)
{
	size_t len = 0, octets = 0;
	if (n == KEY)
		return out->octets[ALGORITHM] == 0;
	for (size_t i = KEY; i < n; i++)
		len += fields[i].len;
	if (len / 4 * 3 > sizeof(out->octets) - out->len)
		return false;
	char *text = mem_alloc(len), *p = text;
	for (size_t i = KEY; i < n; i++)
		p = mempcpy(p, fields[i].text, fields[i].len);
	bool sound = out->octets[ALGORITHM] != 0 && base64_decode(text, len, out->octets + out->len, &octets);
	free(text);
	out->len = (uint16_t)(out->len + octets);
	return sound;
}

bool ipseckey_read(const struct entry *entry, size_t first, const struct name *origin, struct rdata *out,
		   struct faults *faults)
{
	const struct token *fields = entry->tokens + first;
	size_t n = entry->n - first;
	const char *why;
	out->len = GATEWAY;
	if (n < KEY)
		return refuse(entry, &fields[n - 1], faults, "something is missing behind this");
	for (size_t i = PRECEDENCE; i <= ALGORITHM; i++) {
		uint64_t number;
		if (!value_number(fields[i].text, fields[i].len, &number) ||
		    number > (i == GATEWAY_TYPE ? GATEWAYS - 1 : UINT8_MAX))
			return refuse(entry, &fields[i], faults, "the value does not fit its field");
		out->octets[i] = (uint8_t)number;
	}
	if (!read_gateway(&fields[GATEWAY], origin, out, &why))
		return refuse(entry, &fields[GATEWAY], faults, why);
	if (!read_key(fields, n, out))
		return refuse(entry, &fields[n > KEY ? KEY : GATEWAY], faults,
			      "a key stands behind the gateway, in base64, but with algorithm 0");
	return true;
}
