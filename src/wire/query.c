/* SPDX-License-Identifier: ISC */
/* Reading a query. */
#include "wire/query.h"
#include "wire/octets.h"

#include <string.h>

/* Lower case, eight octets at once. A label's length is at most 63, below 'A', so length octets stay as they
 * are. */
static void lower_octets(uint8_t *octets, size_t len)
{
	const uint64_t ones = 0x0101010101010101u;
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v;
		memcpy(&v, octets + i, 8);
		uint64_t low = v & (0x7f * ones);
		uint64_t from_a = low + (0x80 - 'A') * ones;     /* the top bit is set from 'A' on */
		uint64_t past_z = low + (0x80 - 'Z' - 1) * ones; /* and here behind 'Z' */
		v |= (from_a & ~past_z & ~v & 0x80 * ones) >> 2;
		memcpy(octets + i, &v, 8);
	}
}

/* The question's name, uncompressed (RFC 1035 §4.1.2); *at moves behind it. */
static bool read_name(struct span in, size_t *at, struct query *q)
{
	size_t begin = *at, end = begin;
	unsigned labels = 0;
	for (;;) {
		if (end >= in.len)
			return false;
		unsigned len = in.octets[end];
		q->label_at[labels] = (uint8_t)(end - begin);
		end += len + 1;
		if (len == 0)
			break;
		if (len > LABEL_OCTETS_MAX || end - begin > NAME_OCTETS_MAX - 1)
			return false;
		labels++;
	}
	q->name.len = (uint8_t)(end - begin);
	q->name.labels = (uint8_t)labels;
	memcpy(q->name.octets, in.octets + begin, end - begin);
	lower_octets(q->name.octets, end - begin);
	*at = end;
	return true;
}

static bool read_question(struct span in, size_t *at, struct query *q)
{
	size_t begin = *at;
	if (!read_name(in, at, q) || in.len - *at < 4)
		return false;
	q->type = octets_get16(in.octets + *at);
	q->class = octets_get16(in.octets + *at + 2);
	*at += 4;
	q->question = in.octets + begin;
	q->question_len = (uint16_t)(*at - begin);
	return true;
}

/* RFC 7871 §6: exactly the octets that SOURCE PREFIX-LENGTH needs, unused bits zero, SCOPE zero in a query.
 */
static bool read_subnet(const uint8_t *data, size_t len, struct client_subnet *subnet)
{
	if (len < 4 || subnet->present)
		return false;
	unsigned family = octets_get16(data), source = data[2], scope = data[3];
	size_t octets = (source + 7) / 8;
	unsigned widest = family == FAMILY_V4 ? 32 : family == FAMILY_V6 ? 128 : 0;
	if (family > FAMILY_V6 || source > widest || scope != 0 || len - 4 != octets)
		return false;
	*subnet = (struct client_subnet){
		.present = true, .source = (uint8_t)source, .addr.family = (uint8_t)family};
	memcpy(subnet->addr.octets, data + 4, octets);
	return source % 8 == 0 || (data[3 + octets] & (0xffu >> (source % 8))) == 0;
}

static bool read_options(const uint8_t *data, size_t len, struct query *q)
{
	while (len > 0) {
		if (len < 4)
			return false;
		unsigned code = octets_get16(data);
		size_t size = octets_get16(data + 2);
		if (size > len - 4)
			return false;
		if (code == EDNS_OPTION_SUBNET && !read_subnet(data + 4, size, &q->subnet))
			return false;
		data += size + 4;
		len -= size + 4;
	}
	return true;
}

/* Steps over a record. Where its type begins, and RDLENGTH; NULL where the message ends within it. */
static const uint8_t *read_record(struct span in, size_t *at, size_t *rdlength)
{
	size_t p = *at;
	while (p < in.len && in.octets[p] != 0 && in.octets[p] <= LABEL_OCTETS_MAX)
		p += in.octets[p] + 1u;
	if (p >= in.len || (in.octets[p] != 0 && in.octets[p] < 0xc0))
		return NULL;
	p += in.octets[p] == 0 ? 1 : 2;
	if (p > in.len || in.len - p < 10)
		return NULL;
	const uint8_t *fixed = in.octets + p;
	*rdlength = octets_get16(fixed + 8);
	if (in.len - p - 10 < *rdlength)
		return NULL;
	*at = p + 10 + *rdlength;
	return fixed;
}

/* One record of the additional section; only OPT (RFC 6891 §6.1.2) means anything here. */
static bool read_additional(struct span in, size_t *at, struct query *q)
{
	size_t rdlength;
	const uint8_t *name = in.octets + *at, *fixed = read_record(in, at, &rdlength);
	if (fixed == NULL)
		return false;
	if (octets_get16(fixed) != TYPE_OPT)
		return true;
	if (q->edns || fixed != name + 1)
		return false;
	unsigned size = octets_get16(fixed + 2);
	q->edns = true;
	q->udp_size = (uint16_t)(size < UDP_OCTETS_MIN ? UDP_OCTETS_MIN : size);
	q->edns_version = fixed[5];
	q->dnssec_ok = (fixed[6] & 0x80) != 0;
	return q->edns_version != 0 || read_options(fixed + 10, rdlength, q);
}

/* Answer and authority: nothing, but for the version that an IXFR starts from, an SOA (RFC 1995 §3). */
static bool read_version(struct span in, size_t *at, const struct query *q)
{
	size_t rdlength;
	uint32_t counts = octets_get32(in.octets + 6);
	if (counts == 0)
		return true;
	const uint8_t *fixed = counts == 1 && q->type == TYPE_IXFR ? read_record(in, at, &rdlength) : NULL;
	return fixed != NULL && octets_get16(fixed) == TYPE_SOA;
}

static bool read_sections(struct span in, struct query *q)
{
	size_t at = HEADER_OCTETS;
	unsigned additional = octets_get16(in.octets + 10);
	if (octets_get16(in.octets + 4) != 1 || !read_question(in, &at, q))
		return false;
	if (!read_version(in, &at, q))
		return false;
	for (; additional > 0; additional--) {
		if (!read_additional(in, &at, q))
			return false;
	}
	return at == in.len;
}

bool query_read(struct span in, struct query *q, enum rcode *rcode)
{
	if (in.len < HEADER_OCTETS)
		return false;
	q->id = octets_get16(in.octets);
	q->flags = octets_get16(in.octets + 2);
	if (q->flags & FLAG_QR)
		return false;
	q->question_len = 0;
	q->edns = false;
	q->subnet.present = false;

	bool sound = read_sections(in, q);
	if (!sound)
		q->subnet.present = false; /* no option is repeated of what can't be trusted */
	if ((q->flags >> 11 & 0xf) != OPCODE_QUERY)
		*rcode = RCODE_NOTIMP;
	else if (!sound)
		*rcode = RCODE_FORMERR;
	else if (q->edns && q->edns_version != 0)
		*rcode = RCODE_BADVERS;
	else
		*rcode = RCODE_NOERROR;
	return true;
}
