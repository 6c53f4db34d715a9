/* SPDX-License-Identifier: ISC */
/* Reading a query. */
#include "wire/query.h"
#include "wire/edns.h"
#include "wire/labels.h"
#include "wire/lower.h"
#include "wire/octets.h"

#include <string.h>

/* The question: a name, uncompressed (RFC 1035 §4.1.2), type and class. *at moves behind it. */
static bool read_question(struct span in, size_t *at, struct query *q)
{
	const uint8_t *name = in.octets + *at;
	size_t room = in.len - *at, end = 0, len = 0;
	uint8_t *label_at = q->label_at;
	if (room < 5)
		return false;
	size_t limit = room - 4 < NAME_OCTETS_MAX ? room - 4 : NAME_OCTETS_MAX; /* type and class follow */
	for (; end < limit && (len = name[end]) - 2 < LABEL_OCTETS_MAX - 1; end += len + 1)
		*label_at++ = (uint8_t)end;
	*label_at = (uint8_t)end;
	if (end >= limit || len != 0) {
		label_at = labels_read(name, limit, end, label_at);
		if (label_at == NULL)
			return false;
		end = *label_at;
	}
	q->name.len = (uint8_t)(end + 1);
	q->name.labels = (uint8_t)(label_at - q->label_at);
	lower_copy(q->name.octets, name, end + 1);
	q->type = octets_get16(name + end + 1);
	q->class = octets_get16(name + end + 3);
	q->question_len = (uint16_t)(end + 5);
	*at += end + 5;
	return true;
}

/*
 * RFC 7871 §6: exactly the octets that SOURCE PREFIX-LENGTH needs, unused bits zero, SCOPE zero in a query.
 */
static bool read_subnet(const uint8_t *data, size_t len, struct client_subnet *subnet)
{
	if (len < 4 || subnet->present || data[3] != 0)
		return false;
	unsigned family = octets_get16(data), source = data[2];
	size_t octets = len - 4;
	if (family == FAMILY_V4 ? source > 32 : family == FAMILY_V6 ? source > 128 : (family | source) != 0)
		return false;
	if (octets != (source + 7) / 8)
		return false;
	subnet->present = true;
	subnet->option = data - 4;
	subnet->source = (uint8_t)source;
	subnet->addr.family = (uint8_t)family;
	uint64_t low = 0, high = 0; /* read with what is before them, which is shifted out */
	if (octets > 8) {
		memcpy(&low, data + 4, 8);
		memcpy(&high, data + octets - 4, 8);
		high >>= 128 - 8 * octets;
	} else if (octets > 0) {
		memcpy(&low, data + octets - 4, 8);
		low >>= 64 - 8 * octets;
	}
	memcpy(subnet->addr.octets, &low, 8);
	memcpy(subnet->addr.octets + 8, &high, 8);
	return source % 8 == 0 || (data[3 + octets] & (0xffu >> (source % 8))) == 0;
}

static bool read_options(const uint8_t *data, size_t len, struct query *q)
{
	while (len > 0) {
		if (len < 4)
			return false;
		uint32_t fixed = octets_get32(data); /* code and length */
		unsigned code = fixed >> 16;
		size_t size = fixed & 0xffff;
		if (size > len - 4)
			return false;
		if (code == EDNS_OPTION_SUBNET ? !read_subnet(data + 4, size, &q->subnet)
					       : !edns_read(code, data + 4, size, q))
			return false;
		data += size + 4;
		len -= size + 4;
	}
	return true;
}

/* Steps over a record. Where its type begins, and RDLENGTH; NULL where the message ends within it. */
static inline const uint8_t *read_record(struct span in, size_t *at, size_t *rdlength)
{
	size_t p = *at;
	if (in.len - p >= 11 && in.octets[p] == 0) { /* the root, which OPT has */
		const uint8_t *behind = in.octets + p + 1;
		*rdlength = octets_get16(behind + 8);
		*at = p + 11 + *rdlength;
		return *at <= in.len ? behind : NULL;
	}
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

/* OPT (RFC 6891 §6.1.2); `fixed` is behind its owner. */
static bool read_opt(const uint8_t *fixed, size_t rdlength, struct query *q)
{
	if (q->edns)
		return false;
	unsigned size = octets_get16(fixed + 2);
	q->edns = true;
	q->udp_size = (uint16_t)(size < UDP_OCTETS_MIN   ? UDP_OCTETS_MIN
				 : size > UDP_OCTETS_MAX ? UDP_OCTETS_MAX
							 : size);
	q->edns_version = fixed[5];
	q->dnssec_ok = (fixed[6] & 0x80) != 0;
	return q->edns_version != 0 || read_options(fixed + 10, rdlength, q);
}

/*
 * One record of the additional section; only OPT, whose owner is the root, means anything here, and a TSIG,
 * which is the last of all (RFC 8945 §5.1).
 */
static bool read_additional(struct span in, size_t *at, bool last, struct query *q)
{
	size_t rdlength;
	const uint8_t *name = in.octets + *at, *fixed = read_record(in, at, &rdlength);
	if (fixed == NULL)
		return false;
	if (octets_get16(fixed) != TYPE_OPT) {
		q->tsig = octets_get16(fixed) == TYPE_TSIG;
		return last || !q->tsig;
	}
	return fixed == name + 1 && read_opt(fixed, rdlength, q);
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

/* No question, where a cookie is all that is asked for (RFC 7873 §5.4): nothing before the OPT record. */
static bool read_no_question(struct span in, struct query *q)
{
	q->class = 0;
	return octets_get16(in.octets + 4) == 0 && octets_get32(in.octets + 6) == 0;
}

/* One question at most (RFC 9619). */
static bool read_sections(struct span in, struct query *q)
{
	size_t at = HEADER_OCTETS;
	unsigned additional = octets_get16(in.octets + 10);
	if (octets_get16(in.octets + 4) != 1) {
		if (!read_no_question(in, q))
			return false;
	} else if (!read_question(in, &at, q) || !read_version(in, &at, q)) {
		return false;
	}
	for (; additional > 0; additional--) {
		if (!read_additional(in, &at, additional == 1, q))
			return false;
	}
	return at == in.len && (q->question_len > 0 || (q->asked & ASKED_COOKIE) != 0);
}

bool query_read(struct span in, struct query *q, enum rcode *rcode)
{
	memset(q, 0, offsetof(struct query, udp_size));
	q->udp_size = UDP_OCTETS_MIN;
	q->subnet.present = false;
	if (in.len < HEADER_OCTETS)
		return false;
	unsigned flags = octets_get16(in.octets + 2);
	if (flags & FLAG_QR)
		return false;
	q->flags = (uint16_t)flags;
	q->message = in.octets;

	bool sound = read_sections(in, q);
	if (!sound) {
		q->tsig = q->subnet.present = false; /* nothing is repeated of what can't be trusted */
		q->asked = 0;
	}
	if ((flags >> 11 & 0xf) != OPCODE_QUERY)
		*rcode = RCODE_NOTIMP;
	else if (!sound)
		*rcode = RCODE_FORMERR;
	else if (q->edns_version != 0)
		*rcode = RCODE_BADVERS;
	else
		*rcode = RCODE_NOERROR;
	return true;
}
