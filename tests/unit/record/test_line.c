/* SPDX-License-Identifier: ISC */
/* A record as JSON: every member, whatever is asked, and what strangers write stays a text. */
#include "record/line.h"
#include "record_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <json-c/json.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

#define HEAD                                                                              \
	"{\"time\":\"2026-11-21T13:39:20.950Z\",\"client\":\"192.0.2.1\",\"port\":53214," \
	"\"transport\":\"udp\",\"server\":\"192.0.2.53\",\"server_port\":53,"

/* www.E. A and its answer, with the owner as a pointer */
#define WWW    "03777777 0145 00 0001 0001"
#define SUBNET "00 0029 04d0 00000000 000b 0008 0007 0001 18"

static void each_record_is_an_object_on_a_line(void **state)
{
	(void)state;
	static const struct {
		const char *name, *query, *reply, *places;
		uint8_t zone_len;
		const char *expected;
	} rows[] = {
		{"an answer, by subnet", "0001 0000 0001 0000 0000 0001 " WWW SUBNET "00 cb0071",
		 "0001 8400 0001 0001 0000 0001 " WWW "c00c 0001 0001 0000001e 0004 c0000250" SUBNET
		 "14 cb0071",
		 "fra\0", 3,
		 HEAD "\"subnet\":\"203.0.113.0/24\",\"name\":\"www.e.\",\"type\":\"A\",\"class\":\"IN\","
		      "\"zone\":\"e.\",\"size\":61,\"rcode\":\"NOERROR\",\"flags\":[\"aa\"],\"scope\":20,"
		      "\"ttl\":30,\"answers\":1,\"records\":[\"A 192.0.2.80\"],\"datacenters\":[\"fra\"],"
		      "\"worker\":3}"},
		{"several datacenters, one of them twice, and truncated",
		 "0001 0000 0001 0000 0000 0000 " WWW, "0001 8600 0001 0000 0000 0000 " WWW,
		 "fra\0iad\0fra\0*\0", 7,
		 HEAD
		 "\"subnet\":null,\"name\":\"www.e.\",\"type\":\"A\",\"class\":\"IN\",\"zone\":\"www.e.\","
		 "\"size\":23,\"rcode\":\"NOERROR\",\"flags\":[\"aa\",\"tc\"],\"scope\":null,\"ttl\":null,"
		 "\"answers\":0,\"records\":[],\"datacenters\":[\"fra\",\"iad\",\"*\"],\"worker\":3}"},
		{"a name that would end the text, of a type and class that nobody knows",
		 "0001 0000 0001 0000 0000 0000 06 225c0a00ff2e 00 ff00 0005",
		 "0001 8005 0001 0000 0000 0000 06 225c0a00ff2e 00 ff00 0005", "", 0,
		 HEAD
		 "\"subnet\":null,\"name\":\"\\\\\\\"\\\\\\\\\\\\010\\\\000\\\\255\\\\..\",\"type\":"
		 "\"TYPE65280\","
		 "\"class\":\"CLASS5\",\"zone\":null,\"size\":24,\"rcode\":\"REFUSED\",\"flags\":[],"
		 "\"scope\":null,\"ttl\":null,\"answers\":0,\"records\":[],\"datacenters\":[],\"worker\":3}"},
		{"a text with quotes and octets that are no UTF-8",
		 "0001 0000 0001 0000 0000 0000 00 0010 0001",
		 "0001 8000 0001 0001 0000 0000 00 0010 0001 00 0010 0001 00000000 0004 03 22ff0a", "", 0,
		 HEAD
		 "\"subnet\":null,\"name\":\".\",\"type\":\"TXT\",\"class\":\"IN\",\"zone\":null,\"size\":32,"
		 "\"rcode\":\"NOERROR\",\"flags\":[],\"scope\":null,\"ttl\":0,\"answers\":1,"
		 "\"records\":[\"TXT \\\"\\\\\\\"\\\\255\\\\010\\\"\"],\"datacenters\":[],\"worker\":3}"},
		{"an EDNS version that is not known",
		 "0001 0000 0001 0000 0000 0001 00 0001 0001 00 0029 0200 00010000 0000",
		 "0001 8000 0001 0000 0000 0001 00 0001 0001 00 0029 04d0 01000000 0000", "", 0,
		 HEAD
		 "\"subnet\":null,\"name\":\".\",\"type\":\"A\",\"class\":\"IN\",\"zone\":null,\"size\":28,"
		 "\"rcode\":\"BADVERS\",\"flags\":[],\"scope\":null,\"ttl\":null,\"answers\":0,\"records\":[]"
		 ","
		 "\"datacenters\":[],\"worker\":3}"},
		{"dropped", "0001 8000", "", "", 0,
		 HEAD "\"subnet\":null,\"name\":null,\"type\":null,\"class\":null,\"zone\":null,\"size\":0,"
		      "\"rcode\":null,\"flags\":[],\"scope\":null,\"ttl\":null,\"answers\":0,\"records\":[],"
		      "\"datacenters\":[],\"worker\":3}"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct record_room room;
		struct record *r = record_build(&room, rows[i].query, rows[i].reply, rows[i].places);
		r->zone_len = rows[i].zone_len;
		if (strstr(rows[i].query, SUBNET) != NULL)
			r->subnet = (struct prefix){{FAMILY_V4, {203, 0, 113}}, 24};
		struct json_object *o = line_json(r);
		const char *got = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
									    JSON_C_TO_STRING_NOSLASHESCAPE);
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s\nexpected: %s\ngot:      %s", rows[i].name, rows[i].expected, got);
		json_object_put(o);
	}
}

static void what_is_not_known_of_an_address_is_null(void **state)
{
	(void)state;
	struct record_room room;
	struct record *r = record_build(&room, "", "", "");
	r->server = (struct endpoint){0};
	r->client = (struct endpoint){{FAMILY_V6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 0};
	struct json_object *o = line_json(r);
	assert_null(json_object_object_get(o, "server"));
	assert_null(json_object_object_get(o, "server_port"));
	assert_null(json_object_object_get(o, "port"));
	assert_string_equal(json_object_get_string(json_object_object_get(o, "client")), "2001:db8::1");
	json_object_put(o);
}

static void no_more_than_twenty_records_are_listed(void **state)
{
	(void)state;
	struct record_room room;
	char reply[4096];
	int len = snprintf(reply, sizeof(reply), "0001 8000 0001 0019 0000 0000 00 0001 0001 ");
	for (int i = 0; i < 25; i++)
		len += snprintf(reply + len, sizeof(reply) - (size_t)len,
				"00 0001 0001 000000%02x 0004 c00002%02x ", 100 - i, i);
	struct json_object *o =
		line_json(record_build(&room, "0001 0000 0001 0000 0000 0000 00 0001 0001", reply, ""));
	assert_int_equal(json_object_array_length(json_object_object_get(o, "records")), 20);
	assert_int_equal(json_object_get_int(json_object_object_get(o, "answers")), 25);
	assert_int_equal(json_object_get_int(json_object_object_get(o, "ttl")), 76);
	json_object_put(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_is_an_object_on_a_line),
		cmocka_unit_test(what_is_not_known_of_an_address_is_null),
		cmocka_unit_test(no_more_than_twenty_records_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
