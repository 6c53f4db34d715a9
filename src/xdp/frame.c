/* SPDX-License-Identifier: ISC */
/* Ethernet, IP and UDP headers of a query, and of its reply. */
#include "xdp/frame.h"
#include "wire/octets.h"
#include "xdp/layout.h"

#include <string.h>

enum { HOPS = 64 };

/* A sum whose carry comes round again (RFC 1071 §2). */
static inline uint64_t add(uint64_t sum, uint64_t words)
{
	sum += words;
	return sum + (sum < words);
}

/*
 * Adds up 16-bit words, four at a time and as they lie in memory: the sum's byte order is then theirs. At
 * least eight octets, so that the last eight can be loaded at once, and those of them that are in the sum
 * shifted out.
 */
static uint64_t add_up(const uint8_t *octets, size_t len, uint64_t sum)
{
	uint64_t words;
	const uint8_t *end = octets + len;
	for (; octets + sizeof(words) <= end; octets += sizeof(words)) {
		memcpy(&words, octets, sizeof(words));
		sum = add(sum, words);
	}
	if (octets == end)
		return sum;
	memcpy(&words, end - sizeof(words), sizeof(words));
	return add(sum, words >> 8 * (sizeof(words) - (size_t)(end - octets)));
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16 & UINT16_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
}

/* Of the addresses, the protocol and the length, which the UDP checksum covers too. */
static uint64_t pseudo_header(const uint8_t *addresses, size_t len, size_t udp_len)
{
	uint64_t rest = __builtin_bswap16(PROTOCOL_UDP);
	return add_up(addresses, len, rest + __builtin_bswap16((uint16_t)udp_len));
}

static bool answerable_v4(const uint8_t *a)
{
	return a[0] != 0 && a[0] != 127 && a[0] < 224;
}

static bool answerable_v6(const uint8_t *a)
{
	static const uint8_t zero[15];
	bool mapped = memcmp(a, zero, 10) == 0 && a[10] == 0xff && a[11] == 0xff;
	return a[0] != 0xff && !mapped && (memcmp(a, zero, 15) != 0 || a[15] > 1);
}

static bool udp_read(struct span in, const uint8_t *addresses, struct frame *out)
{
	const uint8_t *udp = in.octets;
	size_t addresses_len = addr_bits(&out->from) / 8 * 2;
	size_t len = octets_get16(udp + 4);
	if (len < UDP_OCTETS || len > in.len || octets_get16(udp) == 0)
		return false;
	out->payload = (struct span){in.octets + UDP_OCTETS, len - UDP_OCTETS};
	uint16_t sum;
	memcpy(&sum, udp + 6, sizeof(sum));
	if (sum == 0)
		return out->from.family == FAMILY_V4;
	uint64_t pseudo = pseudo_header(addresses, addresses_len, len);
	return fold(add_up(udp, len, pseudo)) == UINT16_MAX || sum == fold(pseudo);
}

static bool ipv4_read(struct span in, struct frame *out)
{
	const uint8_t *ip = in.octets;
	if (in.len < IPV4_OCTETS + UDP_OCTETS || ip[0] != IPV4_PLAIN || ip[9] != PROTOCOL_UDP)
		return false;
	size_t total = octets_get16(ip + 2);
	if (total < IPV4_OCTETS + UDP_OCTETS || total > in.len || (octets_get16(ip + 6) & FRAGMENT_MASK) != 0)
		return false;
	if (fold(add_up(ip, IPV4_OCTETS, 0)) != UINT16_MAX || !answerable_v4(ip + 12))
		return false;
	out->from.family = FAMILY_V4;
	memcpy(out->from.octets, ip + 12, 4);
	out->headers = FRAME_ETHERNET_OCTETS + IPV4_OCTETS + UDP_OCTETS;
	return udp_read((struct span){in.octets + IPV4_OCTETS, total - IPV4_OCTETS}, ip + 12, out);
}

static bool ipv6_read(struct span in, struct frame *out)
{
	const uint8_t *ip = in.octets;
	if (in.len < IPV6_OCTETS + UDP_OCTETS || ip[0] >> 4 != 6 || ip[6] != PROTOCOL_UDP)
		return false;
	size_t len = octets_get16(ip + 4);
	if (len < UDP_OCTETS || len > in.len - IPV6_OCTETS || !answerable_v6(ip + 8))
		return false;
	out->from.family = FAMILY_V6;
	memcpy(out->from.octets, ip + 8, 16);
	out->headers = FRAME_ETHERNET_OCTETS + IPV6_OCTETS + UDP_OCTETS;
	return udp_read((struct span){in.octets + IPV6_OCTETS, len}, ip + 8, out);
}

bool frame_read(struct span in, struct frame *out)
{
	if (in.len < FRAME_ETHERNET_OCTETS)
		return false;
	struct span packet = {in.octets + FRAME_ETHERNET_OCTETS, in.len - FRAME_ETHERNET_OCTETS};
	*out = (struct frame){0};
	switch (octets_get16(in.octets + ETHERNET_TYPE_AT)) {
	case TYPE_IPV4: return ipv4_read(packet, out);
	case TYPE_IPV6: return ipv6_read(packet, out);
	default: return false;
	}
}

/* The length is a constant wherever it is called. */
static inline __attribute__((always_inline)) void swap(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t kept[16];
	memcpy(kept, a, len);
	memcpy(a, b, len);
	memcpy(b, kept, len);
}

/* The identification stays: the sender's numbers are as good as any for what is sent back to it. */
static void ipv4_answer(uint8_t *ip, size_t udp_len)
{
	swap(ip + 12, ip + 16, 4);
	ip[1] = 0;
	octets_put16(ip + 2, (unsigned)(IPV4_OCTETS + udp_len));
	octets_put16(ip + 6, 0);
	ip[8] = HOPS;
	octets_put16(ip + 10, 0);
	uint16_t sum = (uint16_t)~fold(add_up(ip, IPV4_OCTETS, 0));
	memcpy(ip + 10, &sum, sizeof(sum));
}

static void ipv6_answer(uint8_t *ip, size_t udp_len)
{
	swap(ip + 8, ip + 24, 16);
	octets_put32(ip, 6u << 28);
	octets_put16(ip + 4, (unsigned)udp_len);
	ip[7] = HOPS;
}

static void udp_answer(uint8_t *udp, size_t len, uint64_t pseudo)
{
	swap(udp, udp + 2, 2);
	octets_put16(udp + 4, (unsigned)len);
	octets_put16(udp + 6, 0);
	uint16_t sum = (uint16_t)~fold(add_up(udp, len, pseudo));
	if (sum == 0) /* which would say that there is none */
		sum = UINT16_MAX;
	memcpy(udp + 6, &sum, sizeof(sum));
}

void frame_route(const struct frame *frame, struct endpoint *to, uint16_t *from_port)
{
	const uint8_t *udp = frame->payload.octets - UDP_OCTETS;
	size_t len = addr_bits(&frame->from) / 8;
	*to = (struct endpoint){.addr.family = frame->from.family, .port = (uint16_t)octets_get16(udp + 2)};
	memcpy(to->addr.octets, udp - len, len);
	memcpy(from_port, udp, sizeof(*from_port));
}

size_t frame_answer(const struct frame *query, uint8_t *octets, struct span payload)
{
	uint8_t *ip = octets + FRAME_ETHERNET_OCTETS, *udp = octets + query->headers - UDP_OCTETS;
	size_t len = UDP_OCTETS + payload.len;
	bool v4 = query->from.family == FAMILY_V4;
	swap(octets, octets + MAC_OCTETS, MAC_OCTETS);
	memcpy(octets + query->headers, payload.octets, payload.len);
	if (v4)
		ipv4_answer(ip, len);
	else
		ipv6_answer(ip, len);
	udp_answer(udp, len, pseudo_header(v4 ? ip + 12 : ip + 8, v4 ? 8 : 32, len));
	return query->headers + payload.len;
}
