/* SPDX-License-Identifier: ISC */
/* Headers of the PROXY protocol: what is taken, what is waited for, and what is refused. */
#include "wire/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define N(x)      (sizeof(x) / sizeof((x)[0]))
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4        "\xc0\x00\x02\x07\x7f\x00\x00\x01\x30\x39\x00\x35"
#define V6                                                                 \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09" \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x30\x39\x00\x35"
#define MAPPED                                                             \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x08" \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x00\x00\x01\x30\x39\x00\x35"
#define ROW(text) (text), sizeof(text) - 1

struct row {
	const char *name, *octets;
	size_t len;
	enum proxy_result result;
	size_t told;        /* *len; not of a malformed one */
	const char *client; /* NULL: it stays the proxy */
};

static const struct row rows[] = {
	{"IPv4 over UDP", ROW(SIGNATURE "\x21\x12\x00\x0c" V4), PROXY_SOUND, 28, "192.0.2.7:12345"},
	{"IPv4 over TCP", ROW(SIGNATURE "\x21\x11\x00\x0c" V4), PROXY_SOUND, 28, "192.0.2.7:12345"},
	{"IPv4, protocol not told", ROW(SIGNATURE "\x21\x10\x00\x0c" V4), PROXY_SOUND, 28, "192.0.2.7:12345"},
	{"more behind it", ROW(SIGNATURE "\x21\x12\x00\x0c" V4 "query"), PROXY_SOUND, 28, "192.0.2.7:12345"},
	{"values behind the addresses", ROW(SIGNATURE "\x21\x12\x00\x11" V4 "\xe0\x00\x02hi"), PROXY_SOUND,
	 33, "192.0.2.7:12345"},
	{"values that are cut", ROW(SIGNATURE "\x21\x12\x00\x0e" V4 "\xe0\xff"), PROXY_SOUND, 30,
	 "192.0.2.7:12345"},
	{"IPv6", ROW(SIGNATURE "\x21\x22\x00\x24" V6), PROXY_SOUND, 52, "[2001:db8::9]:12345"},
	{"IPv4 within IPv6", ROW(SIGNATURE "\x21\x21\x00\x24" MAPPED), PROXY_SOUND, 52, "192.0.2.8:12345"},
	{"the proxy's own", ROW(SIGNATURE "\x20\x00\x00\x00"), PROXY_SOUND, 16, NULL},
	{"the proxy's own, with addresses that mean nothing", ROW(SIGNATURE "\x20\x12\x00\x0c" V4),
	 PROXY_SOUND, 28, NULL},
	{"the proxy's own, of a family to come", ROW(SIGNATURE "\x20\xff\x00\x01x"), PROXY_SOUND, 17, NULL},
	{"no family", ROW(SIGNATURE "\x21\x00\x00\x00"), PROXY_SOUND, 16, NULL},
	{"no family, with values", ROW(SIGNATURE "\x21\x00\x00\x03\x04\x00\x00"), PROXY_SOUND, 19, NULL},
	{"nothing yet", ROW(""), PROXY_SHORT, 16, NULL},
	{"a beginning", ROW("\r\n\r\n"), PROXY_SHORT, 16, NULL},
	{"the signature", ROW(SIGNATURE), PROXY_SHORT, 16, NULL},
	{"without its addresses", ROW(SIGNATURE "\x21\x12\x00\x0c"), PROXY_SHORT, 28, NULL},
	{"without its last octet",
	 ROW(SIGNATURE "\x21\x12\x00\x0c\xc0\x00\x02\x07\x7f\x00\x00\x01\x30\x39\x00"), PROXY_SHORT, 28,
	 NULL},
	{"without its values", ROW(SIGNATURE "\x21\x12\x00\x11" V4), PROXY_SHORT, 33, NULL},
	{"the longest", ROW(SIGNATURE "\x21\x12\x07\xf0" V4), PROXY_SHORT, 2048, NULL},
	{"too long", ROW(SIGNATURE "\x21\x12\x07\xf1" V4), PROXY_MALFORMED, 0, NULL},
	{"no header", ROW("\0\1\0\0\0\1\0\0\0\0\0\0\3www"), PROXY_MALFORMED, 0, NULL},
	{"the beginning of none", ROW("\r\n\r\r"), PROXY_MALFORMED, 0, NULL},
	{"version 1", ROW("PROXY TCP4 192.0.2.7 127.0.0.1 12345 53\r\n"), PROXY_MALFORMED, 0, NULL},
	{"version 3", ROW(SIGNATURE "\x31\x12\x00\x0c" V4), PROXY_MALFORMED, 0, NULL},
	{"a command to come", ROW(SIGNATURE "\x22\x12\x00\x0c" V4), PROXY_MALFORMED, 0, NULL},
	{"a family to come", ROW(SIGNATURE "\x21\x42\x00\x0c" V4), PROXY_MALFORMED, 0, NULL},
	{"a protocol to come", ROW(SIGNATURE "\x21\x13\x00\x0c" V4), PROXY_MALFORMED, 0, NULL},
	{"too short for IPv4", ROW(SIGNATURE "\x21\x12\x00\x0b" V4), PROXY_MALFORMED, 0, NULL},
	{"too short for IPv6", ROW(SIGNATURE "\x21\x22\x00\x0c" V4), PROXY_MALFORMED, 0, NULL},
	{"too short for UNIX", ROW(SIGNATURE "\x21\x31\x00\xd7"), PROXY_MALFORMED, 0, NULL},
	{"UNIX, without its addresses", ROW(SIGNATURE "\x21\x31\x00\xd8"), PROXY_SHORT, 232, NULL},
};

static void check(const struct row *row, const char *name)
{
	static const struct endpoint proxy = {{FAMILY_V4, {127, 0, 0, 1}}, 53};
	struct endpoint client = proxy, expected = proxy;
	size_t len;
	uint8_t *exact = test_malloc(row->len + 1); /* so that a sanitizer sees what lies behind */
	memcpy(exact + 1, row->octets, row->len);
	enum proxy_result result = proxy_read((struct span){exact + 1, row->len}, &client, &len);
	if (row->client != NULL)
		assert_true(endpoint_parse(row->client, strlen(row->client), &expected));
	if (result != row->result || (result != PROXY_MALFORMED && len != row->told) ||
	    !addr_equal(&client.addr, &expected.addr) || client.port != expected.port)
		fail_msg("%s: %d, %zu octets", name, (int)result, len);
	test_free(exact);
}

static void each_header_has_its_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		check(&rows[i], rows[i].name);
}

/* Octet by octet a sound header is never refused, and never asks for less than it has. */
static void every_beginning_of_a_sound_header_is_a_beginning(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		for (size_t len = 0; rows[i].result == PROXY_SOUND && len < rows[i].told; len++) {
			struct endpoint client = {{FAMILY_V4, {127, 0, 0, 1}}, 53};
			size_t need;
			uint8_t octets[64];
			memcpy(octets, rows[i].octets, len);
			assert_int_equal(proxy_read((struct span){octets, len}, &client, &need), PROXY_SHORT);
			assert_true(need > len && need <= rows[i].told);
			assert_int_equal(client.addr.octets[0], 127);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_header_has_its_client),
		cmocka_unit_test(every_beginning_of_a_sound_header_is_a_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
