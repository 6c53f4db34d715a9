/* SPDX-License-Identifier: ISC */
/* SipHash-2-4 by the vectors of its authors: the key 00 01 … 0f, and messages 00 01 … of each length. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void the_vectors_come_out(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		uint64_t hash;
	} rows[] = {{0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
		    {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {16, 0x3f2acc7f57c29bdb},
		    {63, 0x958a324ceb064572}};
	uint8_t key[SIPHASH_KEY_OCTETS];
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *octets = malloc(rows[i].len + 1); /* of its length, for the sanitizer */
		for (size_t k = 0; k < rows[i].len; k++)
			octets[k] = (uint8_t)k;
		uint64_t hash = siphash(key, octets, rows[i].len);
		if (hash != rows[i].hash)
			fail_msg("%zu octets: %016llx", rows[i].len, (unsigned long long)hash);
		free(octets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_come_out)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
