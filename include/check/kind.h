/* SPDX-License-Identifier: ISC */
/* What tells the kinds of checks apart that are transfers: a row each. */
#ifndef CHECK_KIND_H
#define CHECK_KIND_H

#include "check/transfer.h"

struct kind {
	/* Makes a fresh transfer ready to go to transfer->check of `address`. */
	void (*prepare)(struct transfer *transfer, const struct endpoint *address);

	/* Fills the result of a transfer that has ended with `code`; it comes zeroed but for a whole weight.
	 */
	void (*judge)(const struct transfer *transfer, CURLcode code, struct check_result *result);

	/* May be NULL. Whether a transfer that has ended is but a part of the check: it is then ready to be
	 * started again. */
	bool (*goes_on)(struct transfer *transfer, CURLcode code);
};

/* Of a check that carrier_transfer carries. */
const struct kind *kind_of(const struct check *check);

extern const struct kind kind_http; /* https too */
extern const struct kind kind_tcp;
extern const struct kind kind_grpc;

#endif
