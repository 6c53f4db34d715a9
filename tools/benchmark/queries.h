/* SPDX-License-Identifier: ISC */
/* Queries made once, ahead of the run, each with what its reply must be. */
#ifndef BENCHMARK_QUERIES_H
#define BENCHMARK_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUERY_MAX = 320 };

/* A reply is right that has the rcode and, where `mask` is not 0, A records that are all in `network`. */
struct query_bytes {
	uint16_t len;
	uint16_t question_len; /* of what a reply repeats behind its header */
	uint8_t rcode;
	uint32_t network, mask; /* host order */
	uint8_t octets[QUERY_MAX];
};

struct queries {
	size_t n;
	struct query_bytes *list; /* owned */
};

/*
 * The queries of a file, in its order. A line each: NAME [TYPE [SUBNET [RCODE [NETWORK]]]], where `-` stands
 * for what is not given: A, no EDNS, NOERROR, any records. With SUBNET (192.0.2.0/24) the query has an OPT
 * record with that client-subnet option. False: the file can't be read, or a line of it is wrong; says so.
 */
bool queries_read(struct queries *q, const char *path);

/* Is it the right reply to that query? Its id is not looked at. */
bool query_answered(const struct query_bytes *q, const uint8_t *reply, size_t len);

#endif
