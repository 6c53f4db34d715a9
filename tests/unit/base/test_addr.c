/* SPDX-License-Identifier: ISC */
/* Addresses, prefixes and socket addresses as text. */
#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static void endpoints_are_read_and_written(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected; /* NULL: refused */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1"},
		{"192.0.2.1:53", "192.0.2.1:53"},
		{"2001:db8::1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:DB8:0::1]:53", "[2001:db8::1]:53"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
		{"192.0.2.1:0", NULL},
		{"192.0.2.1:65536", NULL},
		{"192.0.2.1:053", NULL},
		{"192.0.2.1:", NULL},
		{"192.0.2.256", NULL},
		{"192.0.2", NULL},
		{"[192.0.2.1]:53", NULL},
		{"[2001:db8::1", NULL},
		{"[2001:db8::1]53", NULL},
		{"2001:db8::1:", NULL},
		{"", NULL},
		{"localhost", NULL},
		{" 192.0.2.1", NULL},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct endpoint endpoint;
		char text[ADDR_TEXT_MAX];
		bool ok = endpoint_parse(rows[i].text, strlen(rows[i].text), &endpoint);
		if (ok != (rows[i].expected != NULL))
			fail_msg("%s: %d", rows[i].text, ok);
		if (ok)
			assert_string_equal(endpoint_format(&endpoint, text), rows[i].expected);
	}
}

static void prefixes_have_no_bits_behind_their_length(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool expected;
	} rows[] = {
		{"0.0.0.0/0", true},       {"10.0.0.0/8", true},    {"10.0.0.1/8", false},
		{"10.0.0.1", true},        {"10.0.0.0/33", false},  {"2001:db8::/32", true},
		{"2001:db8::1/32", false}, {"::/0", true},          {"10.0.0.0/", false},
		{"10.0.0.0/08", false},    {"10.0.0.128/25", true}, {"::1/129", false},
		{"10.0.0.128/24", false},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct prefix prefix;
		if (prefix_parse(rows[i].text, strlen(rows[i].text), &prefix) != rows[i].expected)
			fail_msg("%s", rows[i].text);
	}
}

static void a_prefix_holds_its_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *addr;
		bool expected;
	} rows[] = {
		{"10.0.0.0/8", "10.255.255.255", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"0.0.0.0/0", "1.2.3.4", true},
		{"0.0.0.0/0", "::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct prefix prefix;
		struct addr addr;
		assert_true(prefix_parse(rows[i].prefix, strlen(rows[i].prefix), &prefix));
		assert_true(addr_parse(rows[i].addr, strlen(rows[i].addr), &addr));
		assert_int_equal(prefix_holds(&prefix, &addr), rows[i].expected);
	}
}

static void addresses_are_masked(void **state)
{
	(void)state;
	static const struct {
		const char *addr;
		unsigned len;
		const char *expected;
	} rows[] = {
		{"255.255.255.255", 0, "0.0.0.0"},           {"255.255.255.255", 1, "128.0.0.0"},
		{"255.255.255.255", 8, "255.0.0.0"},         {"255.255.255.255", 23, "255.255.254.0"},
		{"255.255.255.255", 32, "255.255.255.255"},  {"ffff:ffff::ffff", 0, "::"},
		{"ffff:ffff::ffff", 17, "ffff:8000::"},      {"ffff:ffff::ffff", 127, "ffff:ffff::fffe"},
		{"ffff:ffff::ffff", 128, "ffff:ffff::ffff"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct addr addr;
		char text[ADDR_TEXT_MAX];
		assert_true(addr_parse(rows[i].addr, strlen(rows[i].addr), &addr));
		addr_mask(&addr, rows[i].len);
		assert_string_equal(addr_format(&addr, text), rows[i].expected);
	}
}

static void prefixes_are_written(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.0.0.1", "10.0.0.1/32"},
		{"::/0", "::/0"},
		{"2001:DB8:0:0::1", "2001:db8::1/128"},
		{"::ffff:255.255.255.255/128", "::ffff:255.255.255.255/128"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct prefix prefix;
		char text[ADDR_TEXT_MAX];
		assert_true(prefix_parse(rows[i].text, strlen(rows[i].text), &prefix));
		assert_string_equal(prefix_format(&prefix, text), rows[i].expected);
	}
}

static void only_as_many_characters_are_read_as_told(void **state)
{
	(void)state;
	struct addr addr;
	struct prefix prefix;
	struct endpoint endpoint;
	char text[ADDR_TEXT_MAX];
	assert_true(addr_parse("192.0.2.123", 9, &addr));
	assert_string_equal(addr_format(&addr, text), "192.0.2.1");
	assert_true(prefix_parse("10.0.0.0/80", 10, &prefix));
	assert_int_equal(prefix.len, 8);
	assert_true(endpoint_parse("192.0.2.1:5353", 12, &endpoint));
	assert_int_equal(endpoint.port, 53);
	assert_false(addr_parse("192.0.2.1\0", 10, &addr));
	assert_false(addr_parse("192.0.2.1", 0, &addr));
}

static void endpoints_go_through_sockets_and_back(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
		socklen_t len;
	} rows[] = {
		{"192.0.2.1:53", "192.0.2.1:53", sizeof(struct sockaddr_in)},
		{"[2001:db8::1]:65535", "[2001:db8::1]:65535", sizeof(struct sockaddr_in6)},
		{"[::ffff:192.0.2.1]:1", "192.0.2.1:1", sizeof(struct sockaddr_in6)}, /* as a client's */
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct endpoint endpoint;
		struct sockaddr_storage storage;
		char text[ADDR_TEXT_MAX];
		assert_true(endpoint_parse(rows[i].text, strlen(rows[i].text), &endpoint));
		assert_int_equal(endpoint_to_sockaddr(&endpoint, &storage), rows[i].len);
		memset(&endpoint, 0xff, sizeof(endpoint));
		endpoint_from_sockaddr((const struct sockaddr *)&storage, &endpoint);
		assert_string_equal(endpoint_format(&endpoint, text), rows[i].expected);
	}
	struct sockaddr other = {.sa_family = AF_UNIX};
	struct endpoint none;
	endpoint_from_sockaddr(&other, &none);
	assert_int_equal(none.addr.family, FAMILY_NONE);
}

static void mapped_addresses_are_unmapped(void **state)
{
	(void)state;
	struct addr mapped, v4, other;
	addr_parse("::ffff:192.0.2.1", 16, &mapped);
	addr_parse("192.0.2.1", 9, &v4);
	addr_parse("::fffe:192.0.2.1", 16, &other);
	addr_unmap(&mapped);
	assert_true(addr_equal(&mapped, &v4));
	addr_unmap(&other);
	assert_int_equal(other.family, FAMILY_V6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_read_and_written),
		cmocka_unit_test(prefixes_have_no_bits_behind_their_length),
		cmocka_unit_test(a_prefix_holds_its_addresses),
		cmocka_unit_test(addresses_are_masked),
		cmocka_unit_test(prefixes_are_written),
		cmocka_unit_test(only_as_many_characters_are_read_as_told),
		cmocka_unit_test(endpoints_go_through_sockets_and_back),
		cmocka_unit_test(mapped_addresses_are_unmapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
