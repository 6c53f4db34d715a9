/* SPDX-License-Identifier: ISC */
/* Any octets as a frame: what is read lies within it, and its reply is a sound frame that goes back. */
#include "require.h"
#include "wire/octets.h"
#include "xdp/frame.h"

enum { IP_AT = 14, IPV4_OCTETS = 20, PAYLOAD_MAX = 1232 };

static uint16_t fold(const uint8_t *octets, size_t len)
{
	uint32_t sum = 0;
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += octets_get16(octets + i);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Sums are hard to find by chance: an IPv4 header has the right one, and UDP says that it has none. */
static void complete(uint8_t *frame, size_t size)
{
	static const uint8_t ipv4[] = {8, 0, 0x45};
	if (size < IP_AT + IPV4_OCTETS + 8 || memcmp(frame + IP_AT - 2, ipv4, sizeof(ipv4)) != 0)
		return;
	octets_put16(frame + IP_AT + 10, 0);
	octets_put16(frame + IP_AT + 10, (uint16_t)~fold(frame + IP_AT, IPV4_OCTETS));
	octets_put16(frame + IP_AT + IPV4_OCTETS + 6, 0);
}

static void check_answer(const struct frame *query, uint8_t *octets, struct span payload)
{
	uint8_t before[12];
	struct frame reply;
	memcpy(before, octets, sizeof(before));
	size_t len = frame_answer(query, octets, payload);
	require(len == query->headers + payload.len);
	require(memcmp(octets, before + 6, 6) == 0 && memcmp(octets + 6, before, 6) == 0);
	if (!frame_read((struct span){octets, len}, &reply))
		return; /* the query was to an address or port that can't be answered at */
	require(reply.from.family == query->from.family && reply.headers == query->headers);
	require(reply.payload.len == payload.len && reply.payload.octets == octets + reply.headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size + 1), *room = malloc(size + PAYLOAD_MAX), payload[PAYLOAD_MAX];
	struct frame query;
	memcpy(exact, data, size);
	complete(exact, size);
	memset(payload, (int)size, sizeof(payload));
	if (frame_read((struct span){exact, size}, &query)) {
		require(query.payload.octets == exact + query.headers);
		require(query.headers + query.payload.len <= size);
		require(query.from.family == FAMILY_V4 || query.from.family == FAMILY_V6);
		memcpy(room, exact, size);
		check_answer(&query, room, (struct span){payload, exact[size - 1] % (PAYLOAD_MAX + 1)});
	}
	free(exact);
	free(room);
	return 0;
}
