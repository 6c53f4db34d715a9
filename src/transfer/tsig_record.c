/* SPDX-License-Identifier: ISC */
/* The TSIG record of a message: finding and reading it. */
#include "transfer/tsig_record.h"
#include "wire/octets.h"

#include <string.h>

enum { POINTERS_MAX = 16 };

size_t tsig_name_read(struct span message, size_t at, struct name *out)
{
	uint8_t octets[NAME_OCTETS_MAX];
	size_t len = 0, end = 0;
	for (unsigned jumps = 0; at < message.len;) {
		unsigned label = message.octets[at];
		if (label >= 0xc0) {
			if (at + 2 > message.len || jumps++ == POINTERS_MAX)
				return 0;
			end = end ? end : at + 2;
			at = octets_get16(message.octets + at) & 0x3fff;
			continue;
		}
		if (label > LABEL_OCTETS_MAX || at + 1 + label > message.len ||
		    len + 1 + label > sizeof(octets) - (label != 0))
			return 0;
		memcpy(octets + len, message.octets + at, label + 1);
		len += label + 1;
		at += label + 1;
		if (label == 0) {
			name_from_octets(octets, out);
			return end ? end : at;
		}
	}
	return 0;
}

/* Where the record that begins at `at` ends; 0: the message ends before. */
static size_t record_end(struct span m, size_t at)
{
	struct name owner;
	at = tsig_name_read(m, at, &owner);
	if (at == 0 || m.len - at < RECORD_FIXED)
		return 0;
	size_t rdlength = octets_get16(m.octets + at + 8);
	return m.len - at - RECORD_FIXED < rdlength ? 0 : at + RECORD_FIXED + rdlength;
}

/* Where the last record of the additional section begins; 0: there is none, or not all is right before it. */
static size_t last_record(struct span m)
{
	struct name name;
	size_t at = HEADER_OCTETS, last = 0;
	unsigned records = 0;
	for (unsigned i = octets_get16(m.octets + 4); i > 0; i--) {
		at = tsig_name_read(m, at, &name);
		if (at == 0 || m.len - at < 4)
			return 0;
		at += 4;
	}
	for (size_t section = 6; section <= ARCOUNT_AT; section += 2)
		records += octets_get16(m.octets + section);
	for (; records > 0; records--) {
		last = at;
		at = record_end(m, at);
		if (at == 0)
			return 0;
	}
	return at == m.len && octets_get16(m.octets + ARCOUNT_AT) > 0 ? last : 0;
}

static bool read_rdata(struct span m, size_t at, struct tsig_record *out)
{
	size_t fixed = tsig_name_read(m, at, &out->algorithm);
	if (fixed == 0 || m.len - fixed < TSIG_BEFORE_MAC)
		return false;
	const uint8_t *p = m.octets + fixed;
	out->signed_s = (uint64_t)octets_get16(p) << 32 | octets_get32(p + 2);
	out->fudge_s = octets_get16(p + 6);
	out->mac_len = octets_get16(p + 8);
	out->mac = p + TSIG_BEFORE_MAC;
	size_t left = m.len - fixed - TSIG_BEFORE_MAC;
	if (left < out->mac_len || left - out->mac_len < TSIG_BEHIND_MAC)
		return false;
	p = out->mac + out->mac_len;
	out->id = octets_get16(p);
	out->error = octets_get16(p + 2);
	out->other_len = octets_get16(p + 4);
	out->other = p + TSIG_BEHIND_MAC;
	return (size_t)(m.octets + m.len - out->other) == out->other_len;
}

bool tsig_record_find(struct span m, struct tsig_record *out)
{
	if (m.len < HEADER_OCTETS)
		return false;
	out->at = last_record(m);
	size_t fixed = out->at ? tsig_name_read(m, out->at, &out->key) : 0;
	if (fixed == 0 || octets_get16(m.octets + fixed) != TYPE_TSIG)
		return false;
	bool head =
		octets_get16(m.octets + fixed + 2) == CLASS_ANY && octets_get32(m.octets + fixed + 4) == 0;
	return head && read_rdata(m, fixed + RECORD_FIXED, out);
}
