/* SPDX-License-Identifier: ISC */
/* IPv6 addresses without brackets, whose last group a reader may take for a port. */
#include "config/fields.h"

#include <string.h>

bool port_doubtful(const char *text, size_t len, size_t *address_len)
{
	const char *colon = memrchr(text, ':', len);
	struct addr whole, before;
	if (colon == NULL || text[0] == '[')
		return false;
	size_t digits = len - (size_t)(colon - text) - 1;
	*address_len = (size_t)(colon - text);
	if (digits > 5 || strspn(colon + 1, "0123456789") < digits || colon[1] == '0')
		return false;
	return addr_parse(text, len, &whole) && addr_parse(text, *address_len, &before) &&
	       before.family == FAMILY_V6;
}

bool listen_read(const struct reader *r, const struct entry *entry, const struct token *token, uint16_t port,
		 struct endpoint *out)
{
	const char *text = token_text(r, entry, token);
	size_t address_len;
	if (text == NULL)
		return false;
	if (!endpoint_parse(text, strlen(text), out))
		return refuse(r, entry, token,
			      "\"%s\" is no socket address, such as 192.0.2.1:%u or [2001:db8::1]:%u", text,
			      port, port);
	if (out->addr.family != FAMILY_V6 || text[0] == '[')
		return true;
	if (port_doubtful(text, strlen(text), &address_len))
		return refuse(r, entry, token,
			      "an IPv6 address needs brackets: write it as [%.*s]:%s or [%s]:%u",
			      (int)address_len, text, text + address_len + 1, text, port);
	return refuse(r, entry, token, "an IPv6 address needs brackets: write it as [%s]:%u", text, port);
}
