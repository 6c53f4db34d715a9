/* SPDX-License-Identifier: ISC */
/* Preparing a record: it is written into a reply as any other, and where its pointers are is noted. */
#include "wire/prepared.h"
#include "wire/octets.h"
#include "wire/reply.h"

#include <assert.h>
#include <string.h>

enum { QUESTION_MAX = NAME_OCTETS_MAX + 4 };

/* Steps over a name, noting its pointer. */
static size_t step_over(struct prepared *p, size_t at)
{
	while (p->octets[at] != 0 && p->octets[at] <= LABEL_OCTETS_MAX)
		at += p->octets[at] + 1u;
	if (p->octets[at] == 0)
		return at + 1;
	p->pointers_at[p->n++] = (uint16_t)at;
	return at + 2;
}

void prepared_make(const struct rrset *soa, const struct name *owner, struct prepared *out)
{
	uint8_t asked[HEADER_OCTETS + QUESTION_MAX] = {0}, octets[sizeof(asked) + PREPARED_OCTETS_MAX];
	const struct reply_records records = {.set = soa, .owner = owner->octets};
	struct query q = {.message = asked, .question_len = (uint16_t)(owner->len + 4u)};
	struct reply reply;
	memcpy(asked + HEADER_OCTETS, owner->octets, owner->len);
	name_from_octets(owner->octets, &q.name);
	reply_begin(&reply, &q, octets, sizeof(octets), TRANSPORT_TCP);
	size_t begin = reply.len;
	bool added = reply_add(&reply, SECTION_AUTHORITY, &records);
	assert(added && soa->type == TYPE_SOA);
	(void)added;

	*out = (struct prepared){.len = (uint16_t)(reply.len - begin), .owner_len = owner->len};
	memcpy(out->octets, octets + begin, out->len);
	size_t mname = step_over(out, 0) + RECORD_RDATA_AT - RECORD_TYPE_AT;
	step_over(out, step_over(out, mname));
}
