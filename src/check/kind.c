/* SPDX-License-Identifier: ISC */
/* The table of the kinds of checks that are transfers. */
#include "check/kind.h"

const struct kind *kind_of(const struct check *check)
{
	static const struct kind *const kinds[] = {
		[CHECK_HTTP] = &kind_http,
		[CHECK_HTTPS] = &kind_http,
		[CHECK_TCP] = &kind_tcp,
		[CHECK_GRPC] = &kind_grpc,
	};
	return kinds[check->kind];
}
