/* SPDX-License-Identifier: ISC */
/* RDATA: what is common and plainly written is read here, all else by ldns, one record at a time. */
#include "zone/rdata.h"
#include "base/addr.h"
#include "base/memory.h"
#include "config/value.h"
#include "wire/types.h"
#include "zone/fields.h"
#include "zone/ipseckey.h"
#include "zone/line.h"
#include "zone/svcb.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TYPE_TEXT_MAX = 32, LINE_MAX_LDNS = 65535 };

uint16_t rdata_type(const struct token *token)
{
	char text[TYPE_TEXT_MAX];
	uint16_t common = fields_type(token);
	if (common != 0)
		return common;
	if (token->len >= sizeof(text))
		return 0;
	memcpy(text, token->text, token->len);
	text[token->len] = '\0';
	if (strncasecmp(text, "TYPE", 4) == 0) { /* ldns takes any number, and letters behind it */
		uint64_t type;
		return value_number(text + 4, token->len - 4, &type) && type <= UINT16_MAX ? (uint16_t)type
											   : 0;
	}
	return (uint16_t)ldns_get_rr_type_by_name(text);
}

static bool type_served(uint16_t type)
{
	switch (type) {
	case TYPE_OPT:
	case TYPE_RRSIG:
	case TYPE_NSEC:
	case TYPE_NSEC3:
	case TYPE_NSEC3PARAM: return false;
	default: return type < 128 || type > 255;
	}
}

bool rdata_type_check(const struct entry *entry, size_t type_token, struct faults *faults)
{
	static const char *const words[] = {"A",   "AAAA", "CNAME", "DNAME", "NS",    "SOA",  "MX",
					    "TXT", "SRV",  "PTR",   "CAA",   "HTTPS", "SVCB", "NAPTR",
					    "DS",  "TLSA", "SSHFP", "STEER", "AT",    "ALIAS"};
	const struct token *t = &entry->tokens[type_token];
	uint16_t type = rdata_type(t);
	if (type == 0) {
		const char *near = value_nearest(t->text, t->len, words, sizeof(words) / sizeof(words[0]));
		fault_add(faults, token_spot(entry, t), "unknown record type \"%.*s\"%s%s%s", (int)t->len,
			  t->text, near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		return false;
	}
	if (!type_served(type)) {
		fault_add(faults, token_spot(entry, t), "%.*s records have no place in an unsigned zone file",
			  (int)t->len, t->text);
		return false;
	}
	return true;
}

char *rdata_type_format(uint16_t type, char *out)
{
	const ldns_rr_descriptor *descriptor = ldns_rr_descript(type);
	if (descriptor != NULL && descriptor->_name != NULL && descriptor->_type == type)
		snprintf(out, 16, "%s", descriptor->_name);
	else
		snprintf(out, 16, "TYPE%u", type);
	return out;
}

static bool parse_address(const struct entry *entry, size_t type_token, struct rdata *out,
			  struct faults *faults)
{
	const struct token *token = &entry->tokens[type_token + 1];
	bool v4 = out->type == TYPE_A;
	struct addr addr;
	if (!addr_parse(token->text, token->len, &addr) || addr.family != (v4 ? FAMILY_V4 : FAMILY_V6)) {
		fault_add(faults, token_spot(entry, token), "\"%.*s\" is not an IPv%c address",
			  (int)token->len, token->text, v4 ? '4' : '6');
		return false;
	}
	out->len = v4 ? 4 : 16;
	memcpy(out->octets, addr.octets, out->len);
	return true;
}

/* \# LENGTH HEX... (RFC 3597 §5) */
static bool read_generic(const struct entry *entry, size_t at, struct rdata *out)
{
	uint64_t len;
	size_t digits = 0;
	if (at + 1 >= entry->n ||
	    !value_number(entry->tokens[at + 1].text, entry->tokens[at + 1].len, &len) ||
	    len > sizeof(out->octets))
		return false;
	memset(out->octets, 0, len);
	for (size_t i = at + 2; i < entry->n; i++) {
		for (size_t j = 0; j < entry->tokens[i].len; j++, digits++) {
			char c = (char)tolower((unsigned char)entry->tokens[i].text[j]);
			if (!isxdigit((unsigned char)c) || digits / 2 >= len)
				return false;
			unsigned value = (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
			out->octets[digits / 2] |= (uint8_t)(value << (digits % 2 ? 0 : 4));
		}
	}
	out->len = (uint16_t)len;
	return digits == 2 * len;
}

/* Are the octets what the type's RDATA is made of, all of it and nothing behind it? */
static bool octets_right(const struct rdata *r)
{
	const ldns_rr_descriptor *d = ldns_rr_descript(r->type);
	if (d == NULL || d->_type != r->type || d->_name == NULL)
		return true;
	size_t len = 11u + r->len, at = 0, again_len = 0;
	uint8_t *wire = mem_alloc(len), *again = NULL;
	wire[1] = (uint8_t)(r->type >> 8);
	wire[2] = (uint8_t)r->type;
	wire[4] = CLASS_IN;
	wire[9] = (uint8_t)(r->len >> 8);
	wire[10] = (uint8_t)r->len;
	memcpy(wire + 11, r->octets, r->len);
	ldns_rr *rr = NULL;
	bool ok = ldns_wire2rr(&rr, wire, len, &at, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK;
	size_t empty = r->type == TYPE_CAA; /* a value of no octets is no field to ldns */
	ok = ok && ldns_rr_rd_count(rr) + empty >= ldns_rr_descriptor_minimum(d) &&
	     ldns_rr2wire(&again, rr, LDNS_SECTION_ANSWER, &again_len) == LDNS_STATUS_OK &&
	     again_len == len && memcmp(again, wire, len) == 0;
	ldns_rr_free(rr);
	free(again);
	free(wire);
	return ok;
}

static bool refuse(const struct entry *entry, const struct token *at, struct faults *faults, const char *text)
{
	fault_add(faults, token_spot(entry, at), "%s", text);
	return false;
}

static bool copy_rdata(const ldns_rr *rr, struct rdata *out)
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		size_t size = ldns_rdf_size(field);
		/* ldns puts the origin behind a relative name whatever the length of both */
		if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME && size > NAME_OCTETS_MAX)
			return false;
		if (size > sizeof(out->octets) - len)
			return false;
		if (size > 0)
			memcpy(out->octets + len, ldns_rdf_data(field), size);
		len += size;
	}
	out->len = (uint16_t)len;
	return true;
}

static bool is_svcb(uint16_t type)
{
	return type == TYPE_SVCB || type == TYPE_HTTPS;
}

static bool parse_generic(const struct entry *entry, size_t type_token, struct rdata *out,
			  struct faults *faults)
{
	const struct token *type = &entry->tokens[type_token], *first = type + 1;
	if (!read_generic(entry, type_token + 1, out))
		return refuse(
			entry, first, faults,
			"behind \\# stand the number of octets and as many of them, in hexadecimal digits");
	if (!octets_right(out)) {
		fault_add(faults, token_spot(entry, first),
			  "bad data for a %.*s record: a field is missing or too long", (int)type->len,
			  type->text);
		return false;
	}
	const char *wrong = is_svcb(out->type) ? svcb_wrong(out) : NULL;
	return wrong == NULL || refuse(entry, first, faults, wrong);
}

/* ldns takes \# for the generic form wherever it comes across it, and then reads no further. */
static bool ends_early(const struct entry *entry, size_t type_token, size_t end, const struct rdata *r)
{
	for (size_t i = type_token + 1; i < end; i++) {
		if (token_is(&entry->tokens[i], "\\#"))
			return !octets_right(r);
	}
	return false;
}

/* The fields up to the token `end` (not included). */
static bool parse_by_ldns(const struct entry *entry, size_t type_token, size_t end, const struct name *origin,
			  struct rdata *out, struct faults *faults)
{
	const struct token *type = &entry->tokens[type_token], *first = type + 1;
	char *line = line_make(entry, type_token, end, faults);
	if (line == NULL)
		return false;
	if (strlen(line) > LINE_MAX_LDNS) {
		free(line);
		return refuse(entry, first, faults, "the record's data is longer than 65535 characters");
	}
	ldns_rdf *ldns_origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin->len, origin->octets);
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, ldns_origin, NULL);
	ldns_rdf_deep_free(ldns_origin);
	free(line);

	if (status == LDNS_STATUS_OK)
		line_mend(entry, type_token, end, rr);
	bool fits = status == LDNS_STATUS_OK && copy_rdata(rr, out);
	ldns_rr_free(rr);
	if (status != LDNS_STATUS_OK)
		fault_add(faults, token_spot(entry, first), "bad data for a %.*s record: %s%s",
			  (int)type->len, type->text, ldns_get_errorstr_by_id(status), line_form(out->type));
	else if (!fits)
		return refuse(entry, first, faults,
			      "a name in the data is longer than 255 octets, or the data than 65535");
	else if (ends_early(entry, type_token, end, out))
		return refuse(entry, first, faults,
			      "a field is missing; \\# stands before all data or not at all");
	return fits;
}

bool rdata_parse(const struct entry *entry, size_t type_token, const struct name *origin, struct rdata *out,
		 struct faults *faults)
{
	const struct token *type = &entry->tokens[type_token];
	out->type = rdata_type(type);
	if (entry->n == type_token + 1) {
		fault_add(faults, token_spot(entry, type), "the %.*s record has no data", (int)type->len,
			  type->text);
		return false;
	}
	if (fields_read(type + 1, entry->n - type_token - 1, origin, out))
		return true;
	if ((out->type == TYPE_A || out->type == TYPE_AAAA) && entry->n == type_token + 2)
		return parse_address(entry, type_token, out, faults);
	if (token_is(type + 1, "\\#"))
		return parse_generic(entry, type_token, out, faults);
	if (out->type == LDNS_RR_TYPE_IPSECKEY)
		return ipseckey_read(entry, type_token + 1, origin, out, faults);
	size_t end = entry->n, parameters = type_token + 3;
	if (is_svcb(out->type) && parameters < end)
		end = parameters;
	return parse_by_ldns(entry, type_token, end, origin, out, faults) &&
	       (!is_svcb(out->type) || svcb_read(entry, parameters, out, faults));
}
