/* SPDX-License-Identifier: ISC */
/* What tells the kinds of checks apart: a row each. */
#ifndef CHECK_KIND_H
#define CHECK_KIND_H

#include "check/transfer.h"

struct kind {
	/* Makes a fresh transfer ready to go to transfer->check of `address`. */
	void (*prepare)(struct transfer *transfer, const struct endpoint *address);

	/* Fills the zeroed result of a transfer that has ended with `code`. */
	void (*judge)(const struct transfer *transfer, CURLcode code, struct check_result *result);
};

const struct kind *kind_of(const struct check *check);

extern const struct kind kind_http;
extern const struct kind kind_tcp;

#endif
