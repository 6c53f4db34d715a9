/* SPDX-License-Identifier: ISC */
/* The table of the kinds of checks. */
#include "check/kind.h"

const struct kind *kind_of(const struct check *check)
{
	static const struct kind *const kinds[] = {
		[CHECK_HTTP] = &kind_http,
		[CHECK_TCP] = &kind_tcp,
	};
	return kinds[check->kind];
}
