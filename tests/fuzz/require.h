/* SPDX-License-Identifier: ISC */
/* What must hold of every input: where it does not, the input is a finding. */
#ifndef TESTS_FUZZ_REQUIRE_H
#define TESTS_FUZZ_REQUIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition) ((condition) ? (void)0 : require_failed(__FILE__, __LINE__, #condition))

static inline void require_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: required: %s\n", file, line, condition);
	abort();
}

/* A copy of just that size, so that the sanitizer sees what is read beyond. The caller frees it. */
static inline uint8_t *exactly(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	require(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* Takes the first octet off the input: what it decides is not the format under test. 0 at its end. */
static inline uint8_t take_octet(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	--*size;
	return *(*data)++;
}

#endif
