/* SPDX-License-Identifier: ISC */
/* Whom an answer is for. */
#include "answer/answer.h"

void client_find(const struct query *q, const struct addr *peer, struct client *out)
{
	if (!q->subnet.present || q->subnet.source == 0) {
		*out = (struct client){.addr = *peer};
		return;
	}
	*out = (struct client){.addr = q->subnet.addr, .from_subnet = true};
	if (q->subnet.source >= 96)
		addr_unmap(&out->addr);
	if (out->addr.family != q->subnet.addr.family)
		out->scope_base = 96;
}
