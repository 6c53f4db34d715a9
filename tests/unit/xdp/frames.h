/* SPDX-License-Identifier: ISC */
/* Frames as a client sends them, written octet by octet. */
#ifndef XDP_FRAMES_H
#define XDP_FRAMES_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FRAMES_ROOM = 2048 };

struct sent {
	size_t len;
	uint8_t octets[FRAMES_ROOM];
};

/* The Internet checksum of two stretches, the way RFC 1071 §1 defines it. */
static inline unsigned frames_sum(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	unsigned long sum = 0;
	for (size_t i = 0; i < a_len; i++)
		sum += (unsigned long)a[i] << (i % 2 == 0 ? 8 : 0);
	for (size_t i = 0; i < b_len; i++)
		sum += (unsigned long)b[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (unsigned)sum;
}

static inline void frames_put(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static inline unsigned frames_get(const uint8_t *from)
{
	return (unsigned)from[0] << 8 | from[1];
}

/* The sum of a frame's pseudo-header, and with its UDP packet too; 0xffff where that is right. */
static inline unsigned frames_udp_sum(const struct sent *f, bool whole)
{
	const uint8_t *ip = f->octets + 14;
	bool v4 = ip[0] >> 4 == 4;
	const uint8_t *udp = ip + (v4 ? 20 : 40);
	uint8_t pseudo[36] = {0};
	size_t n = v4 ? 8 : 32, len = frames_get(udp + 4);
	memcpy(pseudo, ip + (v4 ? 12 : 8), n);
	pseudo[n + 1] = 17;
	frames_put(pseudo + n + 2, (unsigned)len);
	return frames_sum(pseudo, n + 4, udp, whole ? len : 0);
}

static inline unsigned frames_ip_sum(const struct sent *f)
{
	return frames_sum(f->octets + 14, 20, NULL, 0);
}

/* Makes the sums of a frame right. */
static inline void frames_complete(struct sent *f)
{
	uint8_t *ip = f->octets + 14;
	bool v4 = ip[0] >> 4 == 4;
	uint8_t *udp = ip + (v4 ? 20 : 40);
	if (v4) {
		frames_put(ip + 10, 0);
		frames_put(ip + 10, ~frames_ip_sum(f) & 0xffff);
	}
	frames_put(udp + 6, 0);
	frames_put(udp + 6, ~frames_udp_sum(f, true) & 0xffff);
}

/*
 * From 02:00:00:00:00:02 and 10.1.2.3 or 2001:db8::3, port 4321, to 02:00:00:00:00:01 and 10.1.2.1 or
 * 2001:db8::1, port 53, with a payload of so many octets.
 */
static inline void frames_write(struct sent *f, enum family family, size_t payload)
{
	static const uint8_t ethernet[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
	static const uint8_t ipv4[] = {0x45, 0x10, 0,  0, 0x12, 0x34, 0x40, 0, 61, 17,
				       0,    0,    10, 1, 2,    3,    10,   1, 2,  1};
	static const uint8_t ipv6[40] = {0x6b, 0xc1, 2,    3,        0,    0, 17,  61,   0x20,
					 1,    0xd,  0xb8, [23] = 3, 0x20, 1, 0xd, 0xb8, [39] = 1};
	memset(f, 0, sizeof(*f));
	memcpy(f->octets, ethernet, sizeof(ethernet));
	uint8_t *ip = f->octets + 14, *udp = ip + (family == FAMILY_V4 ? 20 : 40);
	frames_put(f->octets + 12, family == FAMILY_V4 ? 0x0800 : 0x86dd);
	if (family == FAMILY_V4) {
		memcpy(ip, ipv4, sizeof(ipv4));
		frames_put(ip + 2, (unsigned)(28 + payload));
	} else {
		memcpy(ip, ipv6, sizeof(ipv6));
		frames_put(ip + 4, (unsigned)(8 + payload));
	}
	frames_put(udp, 4321);
	frames_put(udp + 2, 53);
	frames_put(udp + 4, (unsigned)(8 + payload));
	for (size_t i = 0; i < payload; i++)
		udp[8 + i] = (uint8_t)(i * 7 + 1);
	f->len = (size_t)(udp - f->octets) + 8 + payload;
	frames_complete(f);
}

#endif
