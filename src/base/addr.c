/* SPDX-License-Identifier: ISC */
/* IP addresses, prefixes and socket addresses. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

void addr_mask(struct addr *a, unsigned len)
{
	unsigned whole = len / 8, rest = len % 8;
	if (whole >= sizeof(a->octets))
		return;
	a->octets[whole] = (uint8_t)(a->octets[whole] & ~(0xffu >> rest));
	memset(a->octets + whole + 1, 0, sizeof(a->octets) - whole - 1);
}

bool prefix_holds(const struct prefix *p, const struct addr *a)
{
	struct addr masked = *a;
	addr_mask(&masked, p->len);
	return addr_equal(&masked, &p->addr);
}

void addr_unmap(struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (a->family != FAMILY_V6 || memcmp(a->octets, mapped, sizeof(mapped)) != 0)
		return;
	struct addr v4 = {.family = FAMILY_V4};
	memcpy(v4.octets, a->octets + 12, 4);
	*a = v4;
}

/* Copies to a NUL-terminated buffer, for the functions of libc. */
static bool bounded_copy(const char *text, size_t len, char *out, size_t room)
{
	if (len == 0 || len >= room || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

bool addr_parse(const char *text, size_t len, struct addr *out)
{
	char copy[ADDR_TEXT_MAX];
	if (!bounded_copy(text, len, copy, sizeof(copy)))
		return false;
	*out = (struct addr){0};
	bool v6 = strchr(copy, ':') != NULL;
	out->family = v6 ? FAMILY_V6 : FAMILY_V4;
	return inet_pton(v6 ? AF_INET6 : AF_INET, copy, out->octets) == 1;
}

/* A decimal number of at most `max`, without sign, blank or leading zero. */
static bool number_parse(const char *text, size_t len, unsigned max, unsigned *out)
{
	unsigned value = 0;
	if (len == 0 || len > 5 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*out = value;
	return value <= max;
}

bool prefix_parse(const char *text, size_t len, struct prefix *out)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	if (!addr_parse(text, addr_len, &out->addr))
		return false;
	unsigned bits = addr_bits(&out->addr);
	if (slash && !number_parse(slash + 1, len - addr_len - 1, bits, &bits))
		return false;
	out->len = (uint8_t)bits;
	return prefix_holds(out, &out->addr);
}

bool endpoint_parse(const char *text, size_t len, struct endpoint *out)
{
	const char *addr = text, *end = text + len, *addr_end = end;
	out->port = 0;
	if (len > 0 && text[0] == '[') {
		addr_end = memchr(text, ']', len);
		if (addr_end == NULL)
			return false;
		addr = text + 1;
	} else if (memchr(text, '.', len) != NULL) {
		/* an IPv4 address, or an IPv6 one that ends in it, has one colon behind it or none */
		const char *colon = memrchr(text, ':', len);
		if (colon && memchr(colon, '.', (size_t)(end - colon)) == NULL)
			addr_end = colon;
	}
	if (!addr_parse(addr, (size_t)(addr_end - addr), &out->addr))
		return false;
	if (addr != text) {
		if (out->addr.family != FAMILY_V6)
			return false;
		addr_end++;
	}
	if (addr_end == end)
		return true;
	unsigned port;
	if (*addr_end != ':' || !number_parse(addr_end + 1, (size_t)(end - addr_end) - 1, 65535, &port) ||
	    port == 0)
		return false;
	out->port = (uint16_t)port;
	return true;
}

char *addr_format(const struct addr *a, char *out)
{
	if (inet_ntop(a->family == FAMILY_V4 ? AF_INET : AF_INET6, a->octets, out, ADDR_TEXT_MAX) == NULL)
		out[0] = '\0';
	return out;
}

char *prefix_format(const struct prefix *p, char *out)
{
	addr_format(&p->addr, out);
	size_t len = strlen(out);
	snprintf(out + len, ADDR_TEXT_MAX - len, "/%u", p->len);
	return out;
}

char *endpoint_format(const struct endpoint *e, char *out)
{
	char addr[ADDR_TEXT_MAX];
	addr_format(&e->addr, addr);
	bool v6 = e->addr.family == FAMILY_V6;
	if (e->port == 0)
		snprintf(out, ADDR_TEXT_MAX, "%s", addr);
	else
		snprintf(out, ADDR_TEXT_MAX, "%s%.50s%s:%u", v6 ? "[" : "", addr, v6 ? "]" : "", e->port);
	return out;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (e->addr.family == FAMILY_V4) {
		struct sockaddr_in *sin = (struct sockaddr_in *)out;
		sin->sin_family = AF_INET;
		sin->sin_port = htons(e->port);
		memcpy(&sin->sin_addr, e->addr.octets, 4);
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(e->port);
	memcpy(&sin6->sin6_addr, e->addr.octets, 16);
	return sizeof(*sin6);
}

void endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out)
{
	*out = (struct endpoint){0};
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *sin = (const struct sockaddr_in *)sa;
		out->addr.family = FAMILY_V4;
		memcpy(out->addr.octets, &sin->sin_addr, 4);
		out->port = ntohs(sin->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)sa;
		out->addr.family = FAMILY_V6;
		memcpy(out->addr.octets, &sin6->sin6_addr, 16);
		out->port = ntohs(sin6->sin6_port);
		addr_unmap(&out->addr);
	}
}
