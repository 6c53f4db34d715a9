/* SPDX-License-Identifier: ISC */
/* Cookies by the examples of RFC 9018, appendix A, and how long they are good. */
#include "wire/cookie.h"
#include "wire/octets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;
	for (size_t i = 0; i < n; i++) {
		unsigned octet;
		assert_int_equal(sscanf(text + 2 * i, "%2x", &octet), 1);
		out[i] = (uint8_t)octet;
	}
	return n;
}

static struct addr addr_of(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, strlen(text), &addr));
	return addr;
}

static void the_examples_of_the_rfc_come_out(void **state)
{
	(void)state;
	static const struct {
		const char *name, *client, *secrets[2], *given;
		uint32_t given_s; /* when it is looked at: the third example's answer comes 112 minutes later
				   */
		enum cookie_state expected;
		const char *made;
		uint32_t now_s;
	} rows[] = {
		{"A.1, the first",
		 "198.51.100.100",
		 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
		 "2464c4abcf10c957",
		 1559731985,
		 COOKIE_WRONG,
		 "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
		 1559731985},
		{"A.2, after 40 minutes",
		 "198.51.100.100",
		 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
		 "2464c4abcf10c957010000005cf79f111f8130c3eee29480",
		 1559734385,
		 COOKIE_OLD,
		 "2464c4abcf10c957010000005cf7a871d4a564a1442aca77",
		 1559734385},
		{"A.3, with reserved octets",
		 "203.0.113.203",
		 {"e5e973e5a6b2a43f48e7dc849e37bfcf"},
		 "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5",
		 1559728000,
		 COOKIE_VALID,
		 "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e",
		 1559734700},
		{"A.4, IPv6, by the secret before",
		 "2001:db8:220:1:59de:d0f4:8769:82b8",
		 {"445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715"},
		 "22681ab97d52c298010000005cf7c57926556bd0934c72f8",
		 1559741961,
		 COOKIE_OLD,
		 "22681ab97d52c298010000005cf7c609a6bb79d16625507a",
		 1559741961},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct cookie_secret list[2];
		struct cookie_secrets secrets = {0, list};
		for (; secrets.n < 2 && rows[i].secrets[secrets.n] != NULL; secrets.n++)
			unhex(rows[i].secrets[secrets.n], list[secrets.n].octets);
		struct addr client = addr_of(rows[i].client);
		uint8_t cookie[COOKIE_OCTETS_MAX], expected[COOKIE_OCTETS];
		size_t len = unhex(rows[i].given, cookie);
		if (cookie_check(&secrets, cookie, len, &client, rows[i].given_s) != rows[i].expected)
			fail_msg("%s: taken for something else", rows[i].name);
		cookie_make(&secrets, &client, rows[i].now_s, cookie);
		unhex(rows[i].made, expected);
		if (memcmp(cookie, expected, COOKIE_OCTETS) != 0)
			fail_msg("%s: another cookie is made", rows[i].name);
	}
}

enum { MADE_S = 1700000000 };
static const struct cookie_secret list[] = {{"one secret"}, {"the one before"}, {"another"}};
static const struct cookie_secrets secrets = {1, list};

static void a_cookie_is_good_for_an_hour(void **state)
{
	(void)state;
	static const struct {
		int32_t age_s;
		enum cookie_state expected;
	} rows[] = {{0, COOKIE_VALID},    {1800, COOKIE_VALID},      {1801, COOKIE_OLD},
		    {3600, COOKIE_OLD},   {3601, COOKIE_WRONG},      {-300, COOKIE_VALID},
		    {-301, COOKIE_WRONG}, {INT32_MAX, COOKIE_WRONG}, {INT32_MIN, COOKIE_WRONG}};
	static const uint32_t made_s[] = {MADE_S, 0, UINT32_MAX}; /* the time may wrap around */
	struct addr client = addr_of("192.0.2.1");
	for (size_t i = 0; i < N(rows) * N(made_s); i++) {
		uint8_t cookie[COOKIE_OCTETS] = "client's";
		uint32_t made = made_s[i / N(rows)];
		int32_t age_s = rows[i % N(rows)].age_s;
		cookie_make(&secrets, &client, made, cookie);
		enum cookie_state got =
			cookie_check(&secrets, cookie, sizeof(cookie), &client, made + (uint32_t)age_s);
		if (got != rows[i % N(rows)].expected)
			fail_msg("made at %u, age %d: %d", made, age_s, got);
	}
}

static void a_cookie_is_of_one_client_and_one_address(void **state)
{
	(void)state;
	struct addr client = addr_of("2001:db8::1"), other = addr_of("2001:db8::2");
	uint8_t cookie[COOKIE_OCTETS_MAX] = "client's";
	cookie_make(&secrets, &client, MADE_S, cookie);
	assert_int_equal(cookie_check(&secrets, cookie, COOKIE_OCTETS, &client, MADE_S), COOKIE_VALID);
	assert_int_equal(cookie_check(&secrets, cookie, COOKIE_OCTETS, &other, MADE_S), COOKIE_WRONG);
	for (size_t len = COOKIE_CLIENT_OCTETS; len <= COOKIE_OCTETS_MAX; len++) {
		if (len != COOKIE_OCTETS)
			assert_int_equal(cookie_check(&secrets, cookie, len, &client, MADE_S), COOKIE_WRONG);
	}
	for (size_t i = 0; i < COOKIE_OCTETS * 8; i++) {
		if (i / 8 >= 12 && i / 8 < 16)
			continue; /* the time, which decides by itself */
		cookie[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(cookie_check(&secrets, cookie, COOKIE_OCTETS, &client, MADE_S),
				 COOKIE_WRONG);
		cookie[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void secrets_are_rolled(void **state)
{
	(void)state;
	struct addr client = addr_of("192.0.2.1");
	const struct cookie_secrets before = {1, &list[1]}, both = {2, list}, unknown = {1, &list[2]};
	uint8_t cookie[COOKIE_OCTETS] = "client's";
	cookie_make(&before, &client, MADE_S, cookie);
	assert_int_equal(cookie_check(&both, cookie, sizeof(cookie), &client, MADE_S), COOKIE_OLD);
	assert_int_equal(cookie_check(&secrets, cookie, sizeof(cookie), &client, MADE_S), COOKIE_WRONG);
	cookie_make(&both, &client, MADE_S, cookie);
	assert_int_equal(cookie_check(&secrets, cookie, sizeof(cookie), &client, MADE_S), COOKIE_VALID);
	assert_int_equal(cookie_check(&unknown, cookie, sizeof(cookie), &client, MADE_S), COOKIE_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_come_out),
		cmocka_unit_test(a_cookie_is_good_for_an_hour),
		cmocka_unit_test(a_cookie_is_of_one_client_and_one_address),
		cmocka_unit_test(secrets_are_rolled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
