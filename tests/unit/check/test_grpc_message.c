/* SPDX-License-Identifier: ISC */
/* The messages of grpc.health.v1, octet by octet. */
#include "check/grpc_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char long_name[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static void requests_are_framed(void **state)
{
	(void)state;
	static const struct {
		const char *service, *octets;
		size_t len;
	} cases[] = {
		{"", "\0\0\0\0\0", 5},
		{"a",
		 "\0\0\0\0\x03\x0a\x01"
		 "a",
		 8},
		{long_name, "\0\0\0\x01\x2f\x0a\xac\x02xxx", 5 + 3 + 300},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len;
		uint8_t *frame = grpc_request_write(cases[i].service, &len);
		assert_int_equal(len, cases[i].len);
		assert_memory_equal(frame, cases[i].octets, len < 11 ? len : 11);
		free(frame);
	}
}

static void replies_are_read_to_the_octet(void **state)
{
	(void)state;
	static const struct {
		const char *name, *message;
		size_t len;
		bool good;
		uint64_t status;
	} cases[] = {
		{"nothing", "", 0, true, SERVING_UNKNOWN},
		{"serving", "\x08\x01", 2, true, SERVING_SERVING},
		{"not minimal", "\x08\x81\x80\x00", 4, true, SERVING_SERVING},
		{"twice: the last counts", "\x08\x01\x08\x02", 4, true, SERVING_NOT_SERVING},
		{"unknown fields",
		 "\x15"
		 "abcd"
		 "\x19"
		 "abcdefgh"
		 "\x22\x00\x28\x05\x08\x01",
		 20, true, SERVING_SERVING},
		{"status of another type", "\x0a\x01\x01", 3, true, SERVING_UNKNOWN},
		{"cut in a tag", "\x88", 1, false, 0},
		{"cut in a number", "\x08\x81", 2, false, 0},
		{"cut in 32 bits",
		 "\x15"
		 "abc",
		 4, false, 0},
		{"cut in 64 bits",
		 "\x19"
		 "abcdefg",
		 8, false, 0},
		{"cut in octets",
		 "\x22\x02"
		 "a",
		 3, false, 0},
		{"octets without end", "\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, false, 0},
		{"a number of eleven octets", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, false,
		 0},
		{"a group", "\x0b\x0c", 2, false, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t status;
		uint8_t *body =
			calloc(1, 5 + cases[i].len); /* no octet more, so that a read of one is seen */
		body[4] = (uint8_t)cases[i].len;
		memcpy(body + 5, cases[i].message, cases[i].len);
		bool good = grpc_reply_read(body, 5 + cases[i].len, &status);
		if (good != cases[i].good || (good && status != cases[i].status))
			fail_msg("%s", cases[i].name);
		free(body);
	}
	for (size_t len = 0; len < 5; len++) {
		uint64_t status;
		assert_false(grpc_reply_read((const uint8_t *)"\0\0\0\0", len, &status));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_framed),
		cmocka_unit_test(replies_are_read_to_the_octet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
