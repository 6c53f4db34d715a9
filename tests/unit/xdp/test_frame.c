/* SPDX-License-Identifier: ISC */
/* Which frames are read, and what their replies look like. */
#include "frames.h"
#include "xdp/frame.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define N(x)                   (sizeof(x) / sizeof((x)[0]))

#define V4                     FAMILY_V4
#define V6                     FAMILY_V6
#define SET(where, count, ...) .at = (where), .n = (count), .octets = {__VA_ARGS__}

enum { IP = 14, UDP4 = 34, UDP6 = 54, PAYLOAD = 20 };

/* What is done to a sound frame. */
struct change {
	size_t at; /* from where on it has these octets */
	size_t n;
	uint8_t octets[16];
	int longer; /* by so many octets of zero; below 0: shorter */
	bool kept;  /* sums stay as they were */
};

static void apply(struct sent *f, const struct change *change)
{
	memcpy(f->octets + change->at, change->octets, change->n);
	if (!change->kept)
		frames_complete(f);
	f->len = (size_t)((int)f->len + change->longer);
}

/* Reads from memory that ends with the frame, for the sanitizer. */
static bool read_exactly(const struct sent *f, struct frame *out)
{
	uint8_t *exact = malloc(f->len > 0 ? f->len : 1);
	memcpy(exact, f->octets, f->len);
	bool ok = frame_read((struct span){exact, f->len}, out);
	if (ok)
		out->payload.octets = (uint8_t *)(uintptr_t)f->octets + (out->payload.octets - exact);
	free(exact);
	return ok;
}

static void frames_that_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum family family;
		struct change change;
		int payload; /* octets; -1: refused */
	} rows[] = {
		{"IPv4", V4, {.n = 0}, PAYLOAD},
		{"IPv6", V6, {.n = 0}, PAYLOAD},
		{"padding behind IPv4", V4, {.longer = 18}, PAYLOAD},
		{"padding behind IPv6", V6, {.longer = 3}, PAYLOAD},
		{"padding behind UDP, in IPv4", V4, {SET(UDP4 + 4, 2, 0, 20)}, 12},
		{"padding behind UDP, in IPv6", V6, {SET(UDP6 + 4, 2, 0, 8)}, 0},
		{"no UDP checksum, IPv4", V4, {SET(UDP4 + 6, 2, 0, 0), .kept = true}, PAYLOAD},
		{"no UDP checksum, IPv6", V6, {SET(UDP6 + 6, 2, 0, 0), .kept = true}, -1},
		{"wrong UDP checksum, IPv4", V4, {SET(UDP4 + 6, 2, 1, 2), .kept = true}, -1},
		{"wrong UDP checksum, IPv6", V6, {SET(UDP6 + 6, 2, 1, 2), .kept = true}, -1},
		{"an octet of the payload damaged", V4, {SET(UDP4 + 9, 1, 99), .kept = true}, -1},
		{"wrong IPv4 checksum", V4, {SET(IP + 10, 2, 1, 2), .kept = true}, -1},
		{"do not fragment", V4, {SET(IP + 6, 1, 0x40)}, PAYLOAD},
		{"the evil bit", V4, {SET(IP + 6, 1, 0x80)}, PAYLOAD},
		{"more fragments", V4, {SET(IP + 6, 1, 0x20)}, -1},
		{"a last fragment", V4, {SET(IP + 7, 1, 1)}, -1},
		{"IPv4 options", V4, {SET(IP, 1, 0x46)}, -1},
		{"a header too short", V4, {SET(IP, 1, 0x44)}, -1},
		{"version 6 as IPv4", V4, {SET(IP, 1, 0x65), .kept = true}, -1},
		{"version 4 as IPv6", V6, {SET(IP, 1, 0x4b), .kept = true}, -1},
		{"TCP, IPv4", V4, {SET(IP + 9, 1, 6)}, -1},
		{"TCP, IPv6", V6, {SET(IP + 6, 1, 6)}, -1},
		{"hop-by-hop options", V6, {SET(IP + 6, 1, 0)}, -1},
		{"a fragment header", V6, {SET(IP + 6, 1, 44)}, -1},
		{"IPv4 length over the frame", V4, {SET(IP + 2, 2, 0, 49)}, -1},
		{"IPv4 length under its headers", V4, {SET(IP + 2, 2, 0, 27)}, -1},
		{"IPv6 length over the frame", V6, {SET(IP + 4, 2, 0, 29)}, -1},
		{"IPv6 length of 65535", V6, {SET(IP + 4, 2, 0xff, 0xff)}, -1},
		{"IPv6 length under UDP's", V6, {SET(IP + 4, 2, 0, 7)}, -1},
		{"a jumbogram", V6, {SET(IP + 4, 2, 0, 0)}, -1},
		{"UDP length over the packet, IPv4", V4, {SET(UDP4 + 4, 2, 0, 29)}, -1},
		{"UDP length over the packet, IPv6", V6, {SET(UDP6 + 4, 2, 0, 29)}, -1},
		{"UDP length under its header", V4, {SET(UDP4 + 4, 2, 0, 7), .kept = true}, -1},
		{"UDP length 0, IPv6", V6, {SET(UDP6 + 4, 2, 0, 0), .kept = true}, -1},
		{"from port 0", V4, {SET(UDP4, 2, 0, 0)}, -1},
		{"from port 53", V4, {SET(UDP4, 2, 0, 53)}, PAYLOAD},
		{"from 0.0.0.0", V4, {SET(IP + 12, 4, 0, 0, 0, 0)}, -1},
		{"from loopback", V4, {SET(IP + 12, 4, 127, 0, 0, 1)}, -1},
		{"from multicast", V4, {SET(IP + 12, 4, 224, 0, 0, 251)}, -1},
		{"from broadcast", V4, {SET(IP + 12, 4, 255, 255, 255, 255)}, -1},
		{"from ::", V6, {SET(IP + 8, 16, 0)}, -1},
		{"from ::1", V6, {SET(IP + 8, 16, [15] = 1)}, -1},
		{"from ::2", V6, {SET(IP + 8, 16, [15] = 2)}, PAYLOAD},
		{"from IPv6 multicast", V6, {SET(IP + 8, 1, 0xff)}, -1},
		{"from a mapped address", V6, {SET(IP + 8, 16, [10] = 255, 255, 10, 1, 2, 3)}, -1},
		{"from link-local", V6, {SET(IP + 8, 2, 0xfe, 0x80)}, PAYLOAD},
		{"ARP", V4, {SET(12, 2, 8, 6)}, -1},
		{"a VLAN tag", V4, {SET(12, 2, 0x81, 0)}, -1},
		{"LLC", V4, {SET(12, 2, 0, 48)}, -1},
		{"an octet short, IPv4", V4, {.longer = -1}, -1},
		{"an octet short, IPv6", V6, {.longer = -1}, -1},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct sent f;
		struct frame got;
		frames_write(&f, rows[i].family, PAYLOAD);
		apply(&f, &rows[i].change);
		bool ok = read_exactly(&f, &got);
		if (ok != (rows[i].payload >= 0))
			fail_msg("%s: %s", rows[i].name, ok ? "read" : "refused");
		if (!ok)
			continue;
		if (got.payload.len != (size_t)rows[i].payload)
			fail_msg("%s: %zu octets", rows[i].name, got.payload.len);
		assert_ptr_equal(got.payload.octets, f.octets + (rows[i].family == V4 ? UDP4 : UDP6) + 8);
		assert_int_equal(got.from.family, rows[i].family);
		assert_memory_equal(got.from.octets, f.octets + IP + (rows[i].family == V4 ? 12 : 8),
				    rows[i].family == V4 ? 4 : 16);
	}
}

/* A virtual interface hands over what its neighbour's stack left for hardware to complete. */
static void a_sum_that_hardware_was_to_complete(void **state)
{
	(void)state;
	for (enum family family = V4; family <= V6; family++) {
		struct sent f;
		struct frame got;
		frames_write(&f, family, PAYLOAD);
		frames_put(f.octets + (family == V4 ? UDP4 : UDP6) + 6, frames_udp_sum(&f, false));
		assert_true(read_exactly(&f, &got));
	}
}

static void every_length_of_a_frame(void **state)
{
	(void)state;
	for (enum family family = V4; family <= V6; family++) {
		struct sent f;
		struct frame got;
		frames_write(&f, family, PAYLOAD);
		for (size_t whole = f.len; f.len-- > 0;)
			assert_false(read_exactly(&f, &got) && f.len < whole);
	}
}

static void check_reply(enum family family, const struct sent *query, const struct sent *reply)
{
	const uint8_t *was = query->octets, *is = reply->octets;
	size_t udp = family == V4 ? UDP4 : UDP6, from = IP + (family == V4 ? 12 : 8),
	       to = IP + (family == V4 ? 16 : 24), len = family == V4 ? 4 : 16;
	assert_memory_equal(is, was + 6, 6);
	assert_memory_equal(is + 6, was, 6);
	assert_memory_equal(is + 12, was + 12, 2);
	assert_memory_equal(is + from, was + to, len);
	assert_memory_equal(is + to, was + from, len);
	assert_memory_equal(is + udp, was + udp + 2, 2);
	assert_memory_equal(is + udp + 2, was + udp, 2);
	assert_int_equal(frames_get(is + udp + 4), reply->len - udp);
	assert_int_equal(frames_udp_sum(reply, true), 0xffff);
	assert_int_not_equal(frames_get(is + udp + 6), 0);
	if (family == V4) {
		static const uint8_t begin[] = {0x45, 0};
		assert_memory_equal(is + IP, begin, sizeof(begin));
		assert_int_equal(frames_get(is + IP + 2), reply->len - IP);
		assert_int_equal(frames_get(is + IP + 6), 0);
		assert_int_equal(is[IP + 8], 64);
		assert_int_equal(frames_ip_sum(reply), 0xffff);
	} else {
		static const uint8_t begin[] = {0x60, 0, 0, 0};
		assert_memory_equal(is + IP, begin, sizeof(begin));
		assert_int_equal(frames_get(is + IP + 4), reply->len - IP - 40);
		assert_int_equal(is[IP + 7], 64);
	}
}

static void replies_go_back_the_way_queries_came(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 12, 19, 20, 21, 511, 512, 1231, 1232};
	uint8_t payload[1232];
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 31);
	for (enum family family = V4; family <= V6; family++) {
		for (size_t i = 0; i < N(lengths); i++) {
			struct sent query, reply;
			struct frame frame;
			frames_write(&query, family, PAYLOAD);
			reply = query;
			assert_true(frame_read((struct span){reply.octets, reply.len}, &frame));
			reply.len = frame_answer(&frame, reply.octets, (struct span){payload, lengths[i]});
			check_reply(family, &query, &reply);
			assert_int_equal(reply.len, frame.headers + lengths[i]);
			assert_memory_equal(reply.octets + frame.headers, payload, lengths[i]);
		}
	}
}

static void where_a_frame_comes_from_and_goes_to(void **state)
{
	(void)state;
	static const char *const expected[] = {[V4] = "10.1.2.1:53", [V6] = "[2001:db8::1]:53"};
	for (enum family family = V4; family <= V6; family++) {
		struct sent query;
		struct frame frame;
		struct endpoint to;
		uint16_t port;
		char text[ADDR_TEXT_MAX];
		frames_write(&query, family, PAYLOAD);
		assert_true(frame_read((struct span){query.octets, query.len}, &frame));
		frame_route(&frame, &to, &port);
		assert_string_equal(endpoint_format(&to, text), expected[family]);
		assert_int_equal(ntohs(port), 4321);
	}
}

/* RFC 768: a sum of zero is sent as all ones. Which payload has it is found by trying. */
static void a_sum_of_zero(void **state)
{
	(void)state;
	for (enum family family = V4; family <= V6; family++) {
		struct sent query, reply;
		struct frame frame;
		size_t udp = family == V4 ? UDP4 : UDP6;
		uint8_t payload[2] = {0, 0};
		frames_write(&query, family, 2);
		reply = query;
		frame_read((struct span){reply.octets, reply.len}, &frame);
		frame_answer(&frame, reply.octets, (struct span){payload, 2});
		memcpy(payload, reply.octets + udp + 6, 2);
		reply = query;
		reply.len = frame_answer(&frame, reply.octets, (struct span){payload, 2});
		assert_int_equal(frames_get(reply.octets + udp + 6), 0xffff);
		assert_int_equal(frames_udp_sum(&reply, true), 0xffff);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_are_read),
		cmocka_unit_test(a_sum_that_hardware_was_to_complete),
		cmocka_unit_test(every_length_of_a_frame),
		cmocka_unit_test(replies_go_back_the_way_queries_came),
		cmocka_unit_test(where_a_frame_comes_from_and_goes_to),
		cmocka_unit_test(a_sum_of_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
