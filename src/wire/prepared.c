/* SPDX-License-Identifier: ISC */
/* Preparing records: they are written into a reply as any others, and where its pointers are is noted. */
#include "wire/prepared.h"
#include "wire/octets.h"
#include "wire/reply.h"

#include <string.h>

enum { QUESTION_MAX = NAME_OCTETS_MAX + 4 };

/* What is written, of a reply, and the pointers that were found there. */
struct preparation {
	const uint8_t *octets;
	unsigned n;
	bool too_many;
	uint16_t pointers_at[PREPARED_POINTERS_MAX];
};

/* Steps over a name, noting its pointer. */
static size_t step_over(struct preparation *p, size_t at)
{
	while (p->octets[at] != 0 && p->octets[at] <= LABEL_OCTETS_MAX)
		at += p->octets[at] + 1u;
	if (p->octets[at] == 0)
		return at + 1;
	p->too_many |= p->n == PREPARED_POINTERS_MAX;
	if (!p->too_many)
		p->pointers_at[p->n++] = (uint16_t)at;
	return at + 2;
}

static size_t step_over_record(struct preparation *p, size_t at, struct rdata_shape shape)
{
	size_t rdata = step_over(p, at) + RECORD_RDATA_AT - RECORD_TYPE_AT;
	size_t end = rdata + octets_get16(p->octets + rdata - 2);
	rdata += shape.before;
	for (unsigned i = 0; i < shape.names; i++)
		rdata = step_over(p, rdata);
	return end;
}

static void note_pointers(struct preparation *p, const struct reply_records *list, unsigned n)
{
	size_t at = 0;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned j = 0; j < list[i].set->n; j++)
			at = step_over_record(p, at, list[i].set->shape);
	}
}

static bool add_all(struct reply *reply, const struct reply_records *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!reply_add(reply, i == 0 ? SECTION_AUTHORITY : SECTION_ADDITIONAL, &list[i]))
			return false;
	}
	return true;
}

const struct prepared *prepared_make(const struct reply_records *list, unsigned n, const struct name *owner,
				     struct arena *arena)
{
	uint8_t asked[HEADER_OCTETS + QUESTION_MAX] = {0}, octets[sizeof(asked) + PREPARED_OCTETS_MAX];
	struct query q = {.message = asked, .question_len = (uint16_t)(owner->len + 4u)};
	struct reply reply;
	memcpy(asked + HEADER_OCTETS, owner->octets, owner->len);
	name_from_octets(owner->octets, &q.name);
	size_t begin = HEADER_OCTETS + (size_t)q.question_len;
	reply_begin(&reply, &q, octets, begin + PREPARED_OCTETS_MAX, TRANSPORT_TCP);
	if (!add_all(&reply, list, n))
		return NULL;
	struct preparation p = {.octets = octets + begin};
	note_pointers(&p, list, n);
	if (p.too_many)
		return NULL;

	struct prepared *out = arena_alloc(arena, sizeof(*out));
	*out = (struct prepared){.len = (uint16_t)(reply.len - begin),
				 .additional = (uint16_t)reply.counts,
				 .owner_len = owner->len,
				 .n = (uint8_t)p.n};
	out->octets = arena_copy(arena, p.octets, out->len);
	out->pointers_at = arena_copy(arena, p.pointers_at, p.n * sizeof(p.pointers_at[0]));
	return out;
}
