/* SPDX-License-Identifier: ISC */
/* A record as protocol buffers, octet by octet. */
#include "record/dnstap.h"
#include "record_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N(x)   (sizeof(x) / sizeof((x)[0]))

#define QUERY  "0001 0000 0001 0000 0000 0000 03777777 0145 00 0001 0001"
#define REPLY  "0001 8405"
#define WHO    "0a02 6d65 1203 302e31 7801 " /* identity "me", version "0.1", type MESSAGE */
#define SIDES4 "2204 c0000201 30 de9f03 2a04 c0000235 38 35 "
#define TIME   "88be86d806 " /* 1795268360 */
#define NANO   "c0bba138 "

static void each_message_has_the_octets_of_its_protobuf(void **state)
{
	(void)state;
	static const struct record_options options = {.identity = "me", .version = "0.1"};
	static const struct {
		const char *name;
		enum dnstap_message type;
		uint8_t family, transport, zone_len;
		const char *expected;
	} rows[] = {
		{"a query over UDP, in a zone", DNSTAP_AUTH_QUERY, FAMILY_V4, TRANSPORT_UDP, 3,
		 WHO "72 49 0801 1001 1801 " SIDES4 "40 " TIME "4d" NANO "5a03 014500 5217" QUERY},
		{"a response over TCP, in no zone", DNSTAP_AUTH_RESPONSE, FAMILY_V4, TRANSPORT_TCP, 0,
		 WHO "72 00 0802 1001 1802 " SIDES4 "40" TIME "4d" NANO "60" TIME "6d" NANO "7204" REPLY},
		{"a query by XDP, from IPv6, to nobody knows where", DNSTAP_AUTH_QUERY, FAMILY_V6,
		 TRANSPORT_XDP, 0,
		 WHO "72 00 0801 1002 1801 2210 20010db8000000000000000000000001 30de9f03 40" TIME "4d" NANO
		     "5217" QUERY},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct record_room room;
		struct record *r = record_build(&room, QUERY, REPLY, "");
		uint8_t expected[512], got[2048];
		r->transport = rows[i].transport;
		r->zone_len = rows[i].zone_len;
		if (rows[i].family == FAMILY_V6) {
			r->client.addr = (struct addr){FAMILY_V6, {0x20, 1, 0xd, 0xb8, [15] = 1}};
			r->server = (struct endpoint){0};
		}
		size_t len = hex_octets(rows[i].expected, expected);
		size_t who =
			sizeof("me0.1") - 1 + 4 + 2; /* behind which the message stands, with its length */
		expected[who + 1] = (uint8_t)(len - who - 2);
		assert_true(dnstap_most(&options, r) <= sizeof(got));
		size_t got_len = dnstap_write(&options, r, rows[i].type, got);
		if (got_len != len || memcmp(got, expected, len) != 0) {
			for (size_t k = 0; k < got_len; k++)
				fprintf(stderr, "%02x%s", got[k],
					k < len && got[k] == expected[k] ? "" : "!");
			fail_msg("%s: %zu octets, not %zu", rows[i].name, got_len, len);
		}
		assert_true(got_len <= dnstap_most(&options, r));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_has_the_octets_of_its_protobuf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
