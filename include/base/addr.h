/* SPDX-License-Identifier: ISC */
/* IP addresses, prefixes and socket addresses, as text and as octets. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* IANA's address family numbers, which are also those of the EDNS client-subnet option. */
enum family { FAMILY_NONE = 0, FAMILY_V4 = 1, FAMILY_V6 = 2 };

/* An address in network order; an IPv4 one is in the first four octets and the rest is zero. */
struct addr {
	uint8_t family; /* enum family */
	uint8_t octets[16];
};

struct prefix {
	struct addr addr; /* the bits beyond `len` are zero */
	uint8_t len;      /* bits: 0..32 or 0..128 */
};

struct endpoint {
	struct addr addr;
	uint16_t port; /* host order; 0: none given */
};

enum { ADDR_TEXT_MAX = 64 }; /* room for any of the three as text, with its NUL */

/* The address's width in bits: 32 or 128. */
static inline unsigned addr_bits(const struct addr *a)
{
	return a->family == FAMILY_V4 ? 32 : 128;
}

bool addr_equal(const struct addr *a, const struct addr *b);

/* Does the prefix hold the address? Never, where the families differ. */
bool prefix_holds(const struct prefix *p, const struct addr *a);

/* Zeroes the bits of `a` beyond the first `len`. */
void addr_mask(struct addr *a, unsigned len);

/* An IPv4-mapped IPv6 address (::ffff:0:0/96, RFC 4291 §2.5.5.2) becomes the IPv4 address it stands for. */
void addr_unmap(struct addr *a);

/*
 * Parse `len` characters; nothing may follow. A prefix without `/len` is the whole address; one with bits set
 * beyond its length is refused. An endpoint is `ADDR`, `ADDR:PORT`, `[V6]` or `[V6]:PORT`; a bare IPv6
 * address has no port.
 */
bool addr_parse(const char *text, size_t len, struct addr *out);
bool prefix_parse(const char *text, size_t len, struct prefix *out);
bool endpoint_parse(const char *text, size_t len, struct endpoint *out);

/* Write the text with its NUL into `out`, of ADDR_TEXT_MAX characters, and return it. */
char *addr_format(const struct addr *a, char *out);
char *prefix_format(const struct prefix *p, char *out);
char *endpoint_format(const struct endpoint *e, char *out);

/* To and from the socket interface. The first returns the length that goes with the address. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *out);
void endpoint_from_sockaddr(const struct sockaddr *sa, struct endpoint *out);

#endif
