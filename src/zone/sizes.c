/* SPDX-License-Identifier: ISC */
/* What no message can hold. */
#include "wire/rrset.h"
#include "wire/types.h"
#include "zone/draft.h"
#include "zone/rdata.h"

enum {
	RRSET_OCTETS_MAX =
		65000, /* of a message's 65,535, which has a header, a question and an OPT record besides */
	GLUE_MAX = 60  /* a referral has room for so many rrsets at least (answer.h) */
};

/* A plain rrset is answered whole; of candidates each must fit at least alone. */
static void check_type(const struct draft *draft, const struct draft_record *first, struct faults *faults)
{
	size_t octets = 0;
	unsigned n = 0;
	char type[16];
	for (const struct draft_record *r = first; r != NULL; r = r->next) {
		if (r->type != first->type)
			continue;
		octets = RECORD_RDATA_AT + r->len + (first->steer == NULL ? octets : 0);
		n++;
		if (first->steer != NULL && octets > RRSET_OCTETS_MAX)
			fault_add(faults, draft_spot(draft, r),
				  "the record has %zu octets; a message has room for %d", octets,
				  RRSET_OCTETS_MAX);
	}
	if (first->steer == NULL && octets > RRSET_OCTETS_MAX)
		fault_add(faults, draft_spot(draft, first),
			  "the name's %u %s record%s ha%s %zu octets; a message has room for %d", n,
			  rdata_type_format(first->type, type), n == 1 ? "" : "s", n == 1 ? "s" : "ve",
			  octets, RRSET_OCTETS_MAX);
}

static unsigned addresses(const struct draft_owner *host)
{
	unsigned n = 0;
	for (const struct draft_record *r = host->records; r != NULL; r = r->next)
		n += r->steer == NULL && (r->type == TYPE_A || r->type == TYPE_AAAA);
	return n;
}

/* A referral has all addresses of its name servers (RFC 9471 §3), or nobody gets there. */
static void check_glue(const struct draft *draft, const struct draft_owner *owner, struct faults *faults)
{
	const struct draft_record *first = draft_first(owner->records, TYPE_NS);
	unsigned n = 0;
	for (const struct draft_record *ns = first; ns != NULL; ns = ns->next) {
		struct name host;
		if (ns->type != TYPE_NS)
			continue;
		name_from_octets(ns->rdata, &host);
		const struct draft_owner *found =
			name_within(&host, &draft->apex) ? draft_find(draft, &host) : NULL;
		n += found ? addresses(found) : 0;
	}
	if (n > GLUE_MAX)
		fault_add(faults, draft_spot(draft, first),
			  "the delegation's name servers have %u addresses; a referral has room for %d", n,
			  GLUE_MAX);
}

void draft_check_sizes(const struct draft *draft, const struct draft_owner *owner, struct faults *faults)
{
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next) {
		if (draft_first(owner->records, r->type) == r)
			check_type(draft, r, faults);
	}
	if (draft_cut(draft, owner) == owner)
		check_glue(draft, owner, faults);
}
