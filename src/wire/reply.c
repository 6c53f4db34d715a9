/* SPDX-License-Identifier: ISC */
/* Writing a response. */
#include "wire/reply.h"
#include "wire/octets.h"

#include <string.h>

enum { OPT_OCTETS = 11, OPTION_HEADER = 4, POINTER = 0xc000, POINTER_REACH = 0x3fff, LONG_QUESTION = 128 };

static size_t opt_len(const struct query *q)
{
	if (!q->edns)
		return 0;
	return OPT_OCTETS + (q->subnet.present ? OPTION_HEADER + 4u + (q->subnet.source + 7u) / 8 : 0);
}

void reply_begin(struct reply *r, const struct query *q, uint8_t *octets, size_t room,
		 enum transport transport)
{
	r->octets = octets;
	r->q = q;
	r->opt_len = opt_len(q);
	r->options_len = r->block = 0;
	r->limit = reply_limit(q, transport, room) - r->opt_len;
	r->counts = (uint64_t)(q->question_len > 0) << 48;
	r->n_names = 0;
	r->len = HEADER_OCTETS + q->question_len;
	if (r->len - 16 > LONG_QUESTION) /* or none, which are fewer */
		memcpy(octets, q->message, r->len);
	else
		octets_copy(octets, q->message, r->len);
}

void reply_empty(struct reply *r)
{
	r->len = HEADER_OCTETS + (size_t)r->q->question_len;
	r->counts &= (uint64_t)0xffff << 48;
	r->n_names = 0;
}

/* Follows a pointer, or stays: where the label is that the name at this offset goes on with. */
static size_t resolve(const struct reply *r, size_t at)
{
	while (r->octets[at] >= 0xc0)
		at = (octets_get16(r->octets + at)) & POINTER_REACH;
	return at;
}

/* Are they the same, letter case aside? Length octets are no letters. */
static bool octets_alike(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t folded = a[i] | 0x20;
		if (a[i] != b[i] && (folded != (b[i] | 0x20) || folded < 'a' || folded > 'z'))
			return false;
	}
	return true;
}

/* Is the name written at `at` the same as this one, letter case aside? */
static bool written_equal(const struct reply *r, size_t at, const uint8_t *name)
{
	for (;;) {
		at = resolve(r, at);
		if (!octets_alike(r->octets + at, name, *name + 1u))
			return false;
		if (*name == 0)
			return true;
		at += *name + 1u;
		name += *name + 1u;
	}
}

static void remember(struct reply *r, size_t at, size_t len)
{
	if (r->n_names < REPLY_NAMES_MAX && at <= POINTER_REACH)
		r->names[r->n_names++] = (struct written_name){(uint16_t)at, (uint16_t)len};
}

/* Most names in a response end the question's, which is the first in the message. */
static size_t find_in_question(const struct query *q, const uint8_t *name, size_t len)
{
	if (len > q->name.len)
		return 0;
	size_t at = q->name.len - len;
	const uint8_t *end = q->name.octets + at;
	return octets_equal(end, name, len) || octets_alike(end, name, len) ? HEADER_OCTETS + at : 0;
}

static size_t find_written(const struct reply *r, const uint8_t *name, size_t len)
{
	size_t at = find_in_question(r->q, name, len);
	if (at != 0)
		return at;
	for (unsigned i = 0; i < r->n_names; i++) {
		if (r->names[i].len == len && written_equal(r, r->names[i].at, name))
			return r->names[i].at;
	}
	return 0;
}

/* Writes a name with the longest ancestor that is in the message already as a pointer. False: no room. */
static bool put_name(struct reply *r, const uint8_t *name, size_t len)
{
	size_t pointer = 0;
	while (len > 1 && (pointer = find_written(r, name, len)) == 0) {
		size_t label = *name + 1u;
		if (r->limit - r->len < label)
			return false;
		remember(r, r->len, len);
		memcpy(r->octets + r->len, name, label);
		r->len += label;
		name += label;
		len -= label;
	}
	if (r->limit - r->len < 2)
		return false;
	if (pointer != 0) {
		octets_put16(r->octets + r->len, POINTER | (unsigned)pointer);
		r->len += 2;
	} else {
		r->octets[r->len++] = 0;
	}
	return true;
}

static bool put_octets(struct reply *r, const uint8_t *octets, size_t len)
{
	if (r->limit - r->len < len)
		return false;
	memcpy(r->octets + r->len, octets, len);
	r->len += len;
	return true;
}

/* RDATA with names to compress, and RDLENGTH before it. */
static bool put_rdata(struct reply *r, const uint8_t *record, struct rdata_shape shape)
{
	const uint8_t *rdata = record + RECORD_RDATA_AT, *end = record + record_len(record);
	size_t rdlength_at = r->len - 2;
	if (!put_octets(r, rdata, shape.before))
		return false;
	rdata += shape.before;
	for (unsigned i = 0; i < shape.names; i++) {
		size_t len = name_length(rdata);
		if (!put_name(r, rdata, len))
			return false;
		rdata += len;
	}
	if (!put_octets(r, rdata, (size_t)(end - rdata)))
		return false;
	octets_put16(r->octets + rdlength_at, (unsigned)(r->len - rdlength_at - 2));
	return true;
}

/* Records as they are kept, which most are answered as. */
static inline bool put_as_kept(struct reply *r, const uint8_t *records, size_t len)
{
	size_t at = r->len;
	if (r->limit - at < len)
		return false;
	octets_copy(r->octets + at, records, len);
	r->len = at + len;
	return true;
}

/* A record with another owner, or with names to compress. */
static bool put_rewritten(struct reply *r, const uint8_t *record, const struct reply_records *records)
{
	if (records->owner == NULL) {
		if (!put_octets(r, record, 2))
			return false;
	} else if (!put_name(r, records->owner, name_length(records->owner))) {
		return false;
	}
	size_t fixed = r->len;
	if (!put_octets(r, record + 2, RECORD_RDATA_AT - 2))
		return false;
	if (records->has_ttl)
		octets_put32(r->octets + fixed + RECORD_TTL_AT - 2, records->ttl_s);
	return put_rdata(r, record, records->set->shape);
}

/* The first of all records, of which the caller counts the first section's: pointers are to what is as far
 * behind its place as the question is longer. */
__attribute__((cold, noinline)) static bool put_prepared(struct reply *r, const struct prepared *prepared)
{
	uint8_t *to = r->octets + r->len;
	unsigned longer = r->q->name.len - (unsigned)prepared->owner_len;
	if (!put_as_kept(r, prepared->octets, prepared->len))
		return false;
	for (unsigned i = 0; i < prepared->n; i++) {
		uint8_t *pointer = to + prepared->pointers_at[i];
		octets_put16(pointer, octets_get16(pointer) + longer);
	}
	r->counts += prepared->additional;
	return true;
}

__attribute__((cold, noinline)) static bool put_records_rewritten(struct reply *r,
								  const struct reply_records *records)
{
	const struct rrset *set = records->set;
	uint8_t n_names = r->n_names;
	bool ok = true;
	if (records->picked != NULL) {
		for (unsigned i = 0; i < records->n && ok; i++)
			ok = put_rewritten(r, set->octets + records->picked[i], records);
	} else {
		for (size_t at = 0; at < set->octets_len && ok; at += record_len(set->octets + at))
			ok = put_rewritten(r, set->octets + at, records);
	}
	if (!ok)
		r->n_names = n_names; /* what was written of it is taken back */
	return ok;
}

static inline bool put_record(struct reply *r, const uint8_t *record, const struct reply_records *records)
{
	uint8_t *to = r->octets + r->len;
	if (!put_as_kept(r, record, record_len(record)))
		return false;
	if (records->has_ttl)
		octets_put32(to + RECORD_TTL_AT, records->ttl_s);
	return true;
}

static inline bool put_records(struct reply *r, const struct reply_records *records)
{
	const struct rrset *set = records->set;
	if (records->owner != NULL || set->shape.names != 0)
		return records->prepared != NULL ? put_prepared(r, records->prepared)
						 : put_records_rewritten(r, records);
	if (records->picked != NULL) {
		for (unsigned i = 0; i < records->n; i++) {
			if (!put_record(r, set->octets + records->picked[i], records))
				return false;
		}
		return true;
	}
	if (!records->has_ttl)
		return put_as_kept(r, set->octets, set->octets_len);
	for (size_t at = 0; at < set->octets_len; at += record_len(set->octets + at)) {
		if (!put_record(r, set->octets + at, records))
			return false;
	}
	return true;
}

bool reply_add(struct reply *r, enum section section, const struct reply_records *records)
{
	size_t len = r->len;
	if (!put_records(r, records)) {
		r->len = len;
		return false;
	}
	unsigned n = records->picked ? records->n : records->set->n;
	r->counts += (uint64_t)n << section;
	return true;
}

static void put_opt(struct reply *r, const struct query *q, const struct reply_status *status)
{
	uint8_t *p = r->octets + r->len;
	size_t len = r->opt_len;
	uint64_t owner_to_version = (uint64_t)TYPE_OPT << 40 | (uint64_t)UDP_OCTETS_MAX << 24 |
				    (uint64_t)(status->rcode >> 4) << 16; /* the root's; our version is 0 */
	octets_put64(p, owner_to_version);
	octets_put32(p + 7, (q->dnssec_ok ? 0x80000000u : 0) | (uint32_t)(len - OPT_OCTETS));
	if (q->subnet.present) {
		octets_copy(p + OPT_OCTETS, q->subnet.option, len - OPT_OCTETS);
		p[OPT_OCTETS + OPTION_HEADER + 3] = status->scope;
	}
	r->len += len;
}

size_t reply_end(struct reply *r, const struct query *q, const struct reply_status *status)
{
	unsigned flags = FLAG_QR | (q->flags & (0xfu << 11 | FLAG_RD)) | (status->rcode & 0xfu);
	flags |= (status->authoritative ? FLAG_AA : 0u) | (status->truncated ? FLAG_TC : 0u);
	uint8_t *header = r->octets;
	octets_put16(header + 2, flags);
	octets_put64(header + 4, r->counts + (uint64_t)q->edns);
	if (!q->edns)
		return r->len;
	put_opt(r, q, status);
	if (q->asked != 0 || status->error != NULL)
		return edns_end(r, status->error);
	return r->len;
}
