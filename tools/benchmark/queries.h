/* SPDX-License-Identifier: ISC */
/* Queries made once, ahead of the run. */
#ifndef BENCHMARK_QUERIES_H
#define BENCHMARK_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERY_MAX = 320 };

struct query_bytes {
	uint16_t len;
	uint16_t question_len; /* of what a reply repeats behind its header */
	uint8_t octets[QUERY_MAX];
};

struct queries {
	size_t n;
	struct query_bytes *list; /* owned */
};

/*
 * `n` queries over the names of a file (a line each: NAME [TYPE]), in random order; with `subnet`, each with
 * EDNS and a random IPv4 client-subnet of that length (0: none). False: the file can't be read, or a line of
 * it is wrong; says so.
 */
bool queries_make(struct queries *q, const char *path, size_t n, unsigned subnet, uint64_t seed);

#endif
