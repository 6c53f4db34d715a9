/* SPDX-License-Identifier: ISC */
/* RDATA: addresses are read here, every other type by ldns, one record at a time. */
#include "zone/rdata.h"
#include "base/addr.h"
#include "base/memory.h"
#include "wire/types.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_TEXT_MAX = 32 };

uint16_t rdata_type(const struct token *token)
{
	char text[TYPE_TEXT_MAX];
	if (token->len >= sizeof(text))
		return 0;
	memcpy(text, token->text, token->len);
	text[token->len] = '\0';
	return (uint16_t)ldns_get_rr_type_by_name(text);
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

/* The record as one line for ldns. The caller frees it. */
static char *record_line(const struct entry *entry, size_t type_token)
{
	size_t len = sizeof(". 0 IN ");
	for (size_t i = type_token; i < entry->n; i++)
		len += entry->tokens[i].len + 1;
	char *line = mem_alloc(len + 1), *p = stpcpy(line, ". 0 IN");
	for (size_t i = type_token; i < entry->n; i++) {
		*p++ = ' ';
		p = mempcpy(p, entry->tokens[i].text, entry->tokens[i].len);
	}
	*p = '\0';
	return line;
}

static bool copy_rdata(const ldns_rr *rr, struct rdata *out)
{
	size_t len = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		size_t size = ldns_rdf_size(field);
		if (size > sizeof(out->octets) - len)
			return false;
		memcpy(out->octets + len, ldns_rdf_data(field), size);
		len += size;
	}
	out->len = (uint16_t)len;
	return true;
}

/* What is before the names in the RDATA of the types in which queries follow them, and what is behind them.
 */
static const struct layout {
	uint16_t type;
	uint8_t before, names, behind_min, behind_max;
} layouts[] = {
	{TYPE_A, 4, 0, 0, 0},      {TYPE_AAAA, 16, 0, 0, 0},   {TYPE_NS, 0, 1, 0, 0},
	{TYPE_MD, 0, 1, 0, 0},     {TYPE_MF, 0, 1, 0, 0},      {TYPE_CNAME, 0, 1, 0, 0},
	{TYPE_SOA, 0, 2, 20, 20},  {TYPE_MB, 0, 1, 0, 0},      {TYPE_MG, 0, 1, 0, 0},
	{TYPE_MR, 0, 1, 0, 0},     {TYPE_PTR, 0, 1, 0, 0},     {TYPE_MINFO, 0, 2, 0, 0},
	{TYPE_MX, 2, 1, 0, 0},     {TYPE_SRV, 6, 1, 0, 0},     {TYPE_DNAME, 0, 1, 0, 0},
	{TYPE_SVCB, 2, 1, 0, 255}, {TYPE_HTTPS, 2, 1, 0, 255},
};

/* The length of a whole name within `room` octets, 0 where there is none. */
static size_t whole_name(const uint8_t *octets, size_t room)
{
	size_t at = 0;
	while (at < room && octets[at] != 0 && octets[at] <= LABEL_OCTETS_MAX)
		at += octets[at] + 1u;
	return at < room && octets[at] == 0 && at < NAME_OCTETS_MAX ? at + 1 : 0;
}

/* Are all fields there? In the form of unknown types (RFC 3597 §5) anything can be written. */
static bool rdata_whole(const struct rdata *rdata)
{
	const struct layout *l = layouts, *end = layouts + sizeof(layouts) / sizeof(layouts[0]);
	while (l < end && l->type != rdata->type)
		l++;
	if (l == end)
		return true;
	size_t at = l->before;
	for (unsigned i = 0; i < l->names; i++) {
		size_t len = at < rdata->len ? whole_name(rdata->octets + at, rdata->len - at) : 0;
		if (len == 0)
			return false;
		at += len;
	}
	return at <= rdata->len && rdata->len - at >= l->behind_min &&
	       (rdata->len - at <= l->behind_max || l->behind_max == 255);
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
	if ((out->type == TYPE_A || out->type == TYPE_AAAA) && entry->n == type_token + 2)
		return parse_address(entry, type_token, out, faults);

	char *line = record_line(entry, type_token);
	ldns_rdf *ldns_origin = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin->len, origin->octets);
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, ldns_origin, NULL);
	ldns_rdf_deep_free(ldns_origin);
	free(line);

	const struct token *data = type + 1;
	bool fits = status == LDNS_STATUS_OK && copy_rdata(rr, out), whole = fits && rdata_whole(out);
	ldns_rr_free(rr);
	if (status != LDNS_STATUS_OK)
		fault_add(faults, token_spot(entry, data), "bad data for a %.*s record: %s", (int)type->len,
			  type->text, ldns_get_errorstr_by_id(status));
	else if (!fits)
		fault_add(faults, token_spot(entry, data), "the record's data is longer than 65535 octets");
	else if (!whole)
		fault_add(faults, token_spot(entry, data),
			  "bad data for a %.*s record: a field is missing or too long", (int)type->len,
			  type->text);
	return whole;
}
