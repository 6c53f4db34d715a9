/* SPDX-License-Identifier: ISC */
/* What ldns reads otherwise than it is meant is written so that it can't, or refused. */
#include "zone/line.h"
#include "base/memory.h"
#include "config/value.h"
#include "wire/types.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

struct line {
	const struct entry *entry;
	const struct token *fields; /* behind the type */
	size_t n;
	uint16_t type;
	const struct ldns_struct_rr_descriptor *descriptor;
	struct faults *faults;
};

enum { STAND_IN = 'x' }; /* for the label "@" */

#define FORM "; the form is: "

struct form {
	uint16_t type;
	const char *first; /* its first field, a number */
	const char *text;
};

static const struct form forms[] = {
	{TYPE_MX, "preference", FORM "MX PREFERENCE NAME"},
	{TYPE_SRV, "priority", FORM "SRV PRIORITY WEIGHT PORT NAME"},
	{TYPE_SVCB, "priority", FORM "SVCB PRIORITY TARGET [KEY=VALUE...]"},
	{TYPE_HTTPS, "priority", FORM "HTTPS PRIORITY TARGET [KEY=VALUE...]"},
	{TYPE_SOA, NULL, FORM "SOA SERVER MAILBOX SERIAL REFRESH RETRY EXPIRE MINIMUM"},
	{TYPE_NAPTR, "order", FORM "NAPTR ORDER PREFERENCE FLAGS SERVICES REGEXP NAME"},
	{TYPE_DS, "key tag", FORM "DS KEY-TAG ALGORITHM DIGEST-TYPE DIGEST"},
	{TYPE_SSHFP, "algorithm", FORM "SSHFP ALGORITHM TYPE FINGERPRINT"},
	{TYPE_TLSA, "usage", FORM "TLSA USAGE SELECTOR MATCHING DATA"},
	{TYPE_CAA, "flags", FORM "CAA FLAGS TAG VALUE"},
};

static const struct form *form_of(uint16_t type)
{
	static const struct form none = {0, NULL, ""};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return &none;
}

const char *line_form(uint16_t type)
{
	return form_of(type)->text;
}

static bool refuse(const struct line *l, size_t field, const char *text)
{
	fault_add(l->faults, token_spot(l->entry, &l->fields[field]), "%s", text);
	return false;
}

/* Does the number, or duration, fit its field? ldns cuts it to the field's size. */
static bool number_fits(const struct token *t, ldns_rdf_type field)
{
	uint64_t value;
	uint32_t seconds;
	bool number = value_number(t->text, t->len, &value);
	switch ((int)field) {
	case LDNS_RDF_TYPE_INT8: return number && value <= UINT8_MAX;
	case LDNS_RDF_TYPE_ALG: /* or a mnemonic */
	case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
	case LDNS_RDF_TYPE_SELECTOR:
	case LDNS_RDF_TYPE_MATCHING_TYPE:
		return number ? value <= UINT8_MAX : isalpha((unsigned char)t->text[0]);
	case LDNS_RDF_TYPE_INT16: return number && value <= UINT16_MAX;
	case LDNS_RDF_TYPE_INT32: return number && value <= UINT32_MAX;
	case LDNS_RDF_TYPE_PERIOD: return number ? value <= UINT32_MAX : value_ttl(t->text, t->len, &seconds);
	default: return true;
	}
}

static bool refuse_number(const struct line *l, size_t field)
{
	const struct token *t = &l->fields[field];
	const struct form *form = form_of(l->type);
	if (field == 0 && form->first != NULL && !isdigit((unsigned char)t->text[0]) && t->text[0] != '-')
		fault_add(l->faults, token_spot(l->entry, t), "the %s is missing before \"%.*s\"%s",
			  form->first, (int)t->len, t->text, form->text);
	else
		fault_add(l->faults, token_spot(l->entry, t), "\"%.*s\" does not fit its field%s",
			  (int)t->len, t->text, form->text);
	return false;
}

static bool numbers_fit(const struct line *l)
{
	for (size_t i = 0; i < l->n && i < ldns_rr_descriptor_minimum(l->descriptor); i++) {
		ldns_rdf_type field = ldns_rr_descriptor_field_type(l->descriptor, i);
		size_t digits = 0;
		if (!number_fits(&l->fields[i], field))
			return refuse_number(l, i);
		for (size_t j = i; j < l->n && field == LDNS_RDF_TYPE_HEX; j++)
			digits += l->fields[j].len;
		if (digits % 2 != 0)
			return refuse(l, i, "the hexadecimal digits are not an even number");
	}
	return true;
}

/* [!]FAMILY:ADDRESS/LENGTH (RFC 3123 §5), the length within the family's. */
static bool prefixes_fit(const struct line *l)
{
	for (size_t i = 0; i < l->n && l->type == LDNS_RR_TYPE_APL; i++) {
		const struct token *t = &l->fields[i];
		const char *end = t->text + t->len, *slash = memrchr(t->text, '/', t->len);
		bool v6 = memchr(t->text, '2', 2 < t->len ? 2 : t->len) != NULL;
		uint64_t len;
		if (slash == NULL || !value_number(slash + 1, (size_t)(end - slash) - 1, &len) ||
		    len > (v6 ? 128 : 32))
			return refuse(l, i,
				      v6 ? "an IPv6 prefix has a length from 0 to 128"
					 : "an IPv4 prefix has a length from 0 to 32");
	}
	return true;
}

/* A field that ldns reads as a name. HIP has fewer fields than tokens, so which of them are names can't be
 * told from its descriptor. */
static bool is_name(const struct line *l, size_t field)
{
	return l->type != LDNS_RR_TYPE_HIP && field < ldns_rr_descriptor_maximum(l->descriptor) &&
	       ldns_rr_descriptor_field_type(l->descriptor, field) == LDNS_RDF_TYPE_DNAME;
}

/* How long the escaped first label "@" is, 0 where it is another: ldns takes such a name for the origin. */
static size_t at_label(const struct token *t)
{
	static const char *const forms_of_at[] = {"\\@", "\\064"};
	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(forms_of_at[i]);
		if (t->len >= len && memcmp(t->text, forms_of_at[i], len) == 0 &&
		    (t->len == len || t->text[len] == '.'))
			return len;
	}
	return 0;
}

/* A CAA value without quotes (RFC 8659 §4.1.1), which ldns does not take. */
static bool wants_quotes(const struct line *l, size_t field)
{
	return l->type == TYPE_CAA && field == 2 &&
	       memchr(l->fields[field].text, '"', l->fields[field].len) == NULL;
}

static char *put_field(const struct line *l, size_t field, char *p)
{
	const struct token *t = &l->fields[field];
	size_t at = at_label(t) > 0 && is_name(l, field) ? at_label(t) : 0;
	*p++ = ' ';
	if (wants_quotes(l, field)) {
		*p++ = '"';
		p = mempcpy(p, t->text, t->len);
		*p++ = '"';
		return p;
	}
	if (at > 0)
		*p++ = STAND_IN;
	return mempcpy(p, t->text + at, t->len - at);
}

static struct line line_of(const struct entry *entry, size_t type_token, size_t end)
{
	const struct token *type = &entry->tokens[type_token];
	uint16_t number = rdata_type(type);
	return (struct line){.entry = entry,
			     .fields = type + 1,
			     .n = end - type_token - 1,
			     .type = number,
			     .descriptor = ldns_rr_descript(number)};
}

char *line_make(const struct entry *entry, size_t type_token, size_t end, struct faults *faults)
{
	const struct token *type = &entry->tokens[type_token];
	struct line l = line_of(entry, type_token, end);
	l.faults = faults;
	if (!numbers_fit(&l) || !prefixes_fit(&l))
		return NULL;
	size_t room = sizeof(". 0 IN ") + type->len;
	for (size_t i = 0; i < l.n; i++)
		room += l.fields[i].len + sizeof(" \"\"");
	char *line = mem_alloc(room), *p = stpcpy(line, ". 0 IN ");
	p = mempcpy(p, type->text, type->len);
	for (size_t i = 0; i < l.n; i++)
		p = put_field(&l, i, p);
	*p = '\0';
	return line;
}

void line_mend(const struct entry *entry, size_t type_token, size_t end, ldns_rr *rr)
{
	struct line l = line_of(entry, type_token, end);
	for (size_t i = 0; i < l.n && i < ldns_rr_rd_count(rr); i++) {
		if (at_label(&l.fields[i]) > 0 && is_name(&l, i))
			ldns_rdf_data(ldns_rr_rdf(rr, i))[1] = '@';
	}
}
