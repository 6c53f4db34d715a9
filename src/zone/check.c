/* SPDX-License-Identifier: ISC */
/* What a zone must be beside well written: the rules that span several records. */
#include "base/memory.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "zone/draft.h"
#include "zone/rdata.h"

#include <stdlib.h>
#include <string.h>

struct checker {
	struct draft *draft;
	const struct zone_file *file;
	struct faults *faults;
};

static const char *owner_text(const struct draft_owner *owner, char *out)
{
	return name_format(owner->name, out);
}

static void check_apex(struct checker *c, bool whole)
{
	const struct draft_owner *apex = draft_apex(c->draft);
	const struct draft_record *soa = draft_first(apex->records, TYPE_SOA);
	char name[NAME_TEXT_MAX];
	if (soa == NULL && whole)
		fault_add(c->faults, c->file->at, "%s has no SOA record at %s", c->file->path,
			  owner_text(apex, name));
	if (draft_first(apex->records, TYPE_NS) == NULL && whole)
		fault_add(c->faults, c->file->at, "%s has no NS record at %s", c->file->path,
			  owner_text(apex, name));
	for (const struct draft_record *r = soa ? soa->next : NULL; r != NULL; r = r->next) {
		if (r->type == TYPE_SOA)
			fault_add(c->faults, draft_spot(c->draft, r),
				  "a zone has one SOA record; the first is at line %u", soa->line);
	}
}

static struct draft_owner *ns_target(struct checker *c, const struct draft_record *ns)
{
	struct name target;
	name_from_octets(ns->rdata, &target);
	return name_within(&target, &c->draft->apex) ? draft_find(c->draft, &target) : NULL;
}

/* Marks what is at or below a delegation, and what glue is for. Parents come before children. */
static void mark_cuts(struct checker *c)
{
	const struct draft *draft = c->draft;
	for (struct draft_owner *owner = draft_apex(draft); owner != NULL; owner = draft_next(draft, owner)) {
		const struct draft_owner *parent = draft_parent(draft, owner);
		if (parent != NULL && parent->cut != 0)
			owner->cut = parent->cut;
		else if (parent != NULL && draft_first(owner->records, TYPE_NS) != NULL)
			owner->cut = draft_ref(draft, owner);
		for (struct draft_record *r = owner->records; r != NULL; r = r->next) {
			struct draft_owner *target = r->type == TYPE_NS ? ns_target(c, r) : NULL;
			if (target != NULL)
				target->address_wanted = true;
		}
	}
}

/* Data at a delegation is NS and DS; at and below it there is glue besides (RFC 1034 §4.2.1). */
static void check_below_cut(struct checker *c, const struct draft_owner *owner)
{
	char name[NAME_TEXT_MAX], type[16];
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next) {
		bool glue = (r->type == TYPE_A || r->type == TYPE_AAAA) && r->steer == NULL &&
			    owner->address_wanted;
		bool delegation =
			draft_cut(c->draft, owner) == owner && (r->type == TYPE_NS || r->type == TYPE_DS);
		if (!glue && !delegation)
			fault_add(c->faults, draft_spot(c->draft, r),
				  "%s data at or below the delegation %s; only its NS and DS and the "
				  "addresses of name "
				  "servers may stand there",
				  rdata_type_format(r->type, type),
				  owner_text(draft_cut(c->draft, owner), name));
	}
}

static bool record_equal(const struct draft_record *a, const struct draft_record *b)
{
	if (a->type != b->type || a->len != b->len || memcmp(a->rdata, b->rdata, a->len) != 0)
		return false;
	if (a->steer == NULL || b->steer == NULL)
		return a->steer == b->steer;
	return a->steer->entry.datacenter == b->steer->entry.datacenter;
}

/* Compares neighbours after sorting, so that a large rrset costs no more than it must. */
static int record_compare(const void *a, const void *b)
{
	const struct draft_record *x = *(const struct draft_record *const *)a;
	const struct draft_record *y = *(const struct draft_record *const *)b;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	int order = memcmp(x->rdata, y->rdata, x->len);
	if (order == 0 && x->steer != NULL && y->steer != NULL)
		order = x->steer->entry.datacenter - y->steer->entry.datacenter;
	return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

static void check_duplicates(struct checker *c, const struct draft_owner *owner, size_t n)
{
	const struct draft_record **list = mem_alloc(n * sizeof(*list));
	size_t at = 0;
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next)
		list[at++] = r;
	qsort(list, n, sizeof(*list), record_compare);
	for (size_t i = 1; i < n; i++) {
		if (record_equal(list[i - 1], list[i]))
			fault_add(c->faults, draft_spot(c->draft, list[i]),
				  "the same record stands at line %u already", list[i - 1]->line);
	}
	free(list);
}

/* One TTL an rrset (RFC 2181 §5.2); candidates may differ, as few of them are answered at once. */
static void settle_ttls(struct checker *c, const struct draft_owner *owner)
{
	for (struct draft_record *r = owner->records; r != NULL; r = r->next) {
		struct draft_record *first = draft_first(owner->records, r->type);
		if (r->steer != NULL || first->steer != NULL || r->ttl_s == first->ttl_s)
			continue;
		uint32_t least = r->ttl_s < first->ttl_s ? r->ttl_s : first->ttl_s;
		fault_warn(c->faults, draft_spot(c->draft, r),
			   "the TTL differs from that of line %u; the lower one, %u, counts for both",
			   first->line, least);
		for (struct draft_record *s = first; s != NULL; s = s->next) {
			if (s->type == r->type)
				s->ttl_s = least & INT32_MAX;
		}
	}
}

/* A CNAME stands alone (RFC 1034 §3.6.2). */
static void check_cname(struct checker *c, const struct draft_owner *owner)
{
	const struct draft_record *cname = draft_first(owner->records, TYPE_CNAME);
	if (cname == NULL)
		return;
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next) {
		char type[16];
		if (r->type == TYPE_CNAME && r != cname && (r->steer == NULL || cname->steer == NULL))
			fault_add(c->faults, draft_spot(c->draft, r),
				  "a name has one CNAME record; the first is at line %u", cname->line);
		else if (r->steer != NULL && cname->steer != NULL)
			continue; /* by turns: zones_link() sees to it that no answer has both */
		else if (r->type != TYPE_CNAME && r->line > cname->line)
			fault_add(c->faults, draft_spot(c->draft, r),
				  "%s data beside the CNAME of line %u; a CNAME stands alone",
				  rdata_type_format(r->type, type), cname->line);
		else if (r->type != TYPE_CNAME)
			fault_add(c->faults, draft_spot(c->draft, cname),
				  "a CNAME beside the %s data of line %u; a CNAME stands alone",
				  rdata_type_format(r->type, type), r->line);
	}
}

static void check_structure(struct checker *c, const struct draft_owner *owner)
{
	const struct draft_record *dname = draft_first(owner->records, TYPE_DNAME);
	bool apex = owner == draft_apex(c->draft);
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next) {
		char type[16], name[NAME_TEXT_MAX];
		if (r->type == TYPE_SOA && !apex)
			fault_add(c->faults, draft_spot(c->draft, r),
				  "the SOA record belongs to the apex, %s",
				  owner_text(draft_apex(c->draft), name));
		if ((r->type == TYPE_NS || r->type == TYPE_DNAME || r->type == TYPE_DS) &&
		    label_is_wildcard(owner->name))
			fault_add(c->faults, draft_spot(c->draft, r),
				  "%s at a wildcard has no meaning (RFC 4592 §4)",
				  rdata_type_format(r->type, type));
		if (r->type == TYPE_DS && (apex || draft_first(owner->records, TYPE_NS) == NULL))
			fault_add(c->faults, draft_spot(c->draft, r),
				  "DS needs a delegation: there is no NS at this name below the apex");
		if (r->type == TYPE_DNAME && r != dname)
			fault_add(c->faults, draft_spot(c->draft, r),
				  "a name has one DNAME record; the first is at line %u", dname->line);
		const struct draft_record *first = draft_first(owner->records, r->type);
		if ((first->steer == NULL) != (r->steer == NULL))
			fault_add(c->faults, draft_spot(c->draft, r),
				  "plain and AT records of one name and type; line %u has the other kind",
				  first->line);
	}
	if (!c->draft->dnames || owner->records == NULL)
		return;
	for (const struct draft_owner *above = draft_parent(c->draft, owner); above != NULL;
	     above = draft_parent(c->draft, above)) {
		dname = draft_first(above->records, TYPE_DNAME);
		if (dname != NULL)
			fault_add(c->faults, draft_spot(c->draft, owner->records),
				  "data below the DNAME of line %u can't be reached (RFC 6672 §2.4)",
				  dname->line);
	}
}

static void check_candidates(struct checker *c, const struct draft_owner *owner)
{
	bool any = false;
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next) {
		any |= r->steer != NULL;
		if (r->steer == NULL || r != draft_first(owner->records, r->type))
			continue;
		unsigned n = 0;
		for (const struct draft_record *s = r; s != NULL; s = s->next) {
			n += s->type == r->type;
			if (s->type == r->type && n == CANDIDATES_MAX + 1)
				fault_add(c->faults, draft_spot(c->draft, s),
					  "more than %d AT records of one name and type", CANDIDATES_MAX);
		}
	}
	const struct draft_steered *steered = draft_steered(c->draft, owner);
	char name[NAME_TEXT_MAX];
	if (steered->steer != NULL && !any && owner != draft_apex(c->draft))
		fault_add(c->faults, steered->steer_at, "STEER without any AT record at %s",
			  owner_text(owner, name));
}

/* One CNAME is answered at most, whoever's STEER it is: a name without takes the apex's. */
static void check_single(struct checker *c, const struct draft_owner *owner)
{
	static const char text[] =
		"only one CNAME can be answered: answers=1 and a pick other than all would be right";
	const struct draft_steered *own = draft_steered(c->draft, owner),
				   *apex = draft_steered(c->draft, draft_apex(c->draft)),
				   *of = own->steer != NULL ? own : apex;
	const struct draft_record *cname = draft_first(owner->records, TYPE_CNAME);
	if (cname == NULL || cname->steer == NULL || of == NULL || of->steer == NULL ||
	    (of->steer->pick != PICK_ALL && of->steer->answers == 1))
		return;
	if (of == own)
		fault_add(c->faults, own->steer_at, "%s", text);
	else
		fault_add(c->faults, draft_spot(c->draft, cname),
			  "%s; the STEER is that of the apex, at line %u", text, apex->steer_at.line);
}

/* Where in its RDATA a record names a host that must have addresses of its own, as that of a service binding
 * need not; -1: it names none. */
static int host_at(uint16_t type)
{
	return type == TYPE_SVCB || type == TYPE_HTTPS ? -1 : rdata_host(type);
}

/*
 * A host that is named is no CNAME (RFC 2181 §10.3, RFC 2782), and a name server in the zone has an address
 * there; without one nobody can get to it.
 */
static void check_host(struct checker *c, const struct draft_record *r)
{
	struct name host;
	char name[NAME_TEXT_MAX], type[16];
	name_from_octets(r->rdata + host_at(r->type), &host);
	if (!name_within(&host, &c->draft->apex))
		return;
	const struct draft_owner *owner = draft_find(c->draft, &host);
	const struct draft_record *records = owner ? owner->records : NULL,
				  *cname = draft_first(records, TYPE_CNAME);
	if (cname != NULL)
		fault_warn(c->faults, draft_spot(c->draft, r),
			   "%s names %s, which is a CNAME (line %u); a name with addresses of its own would "
			   "be right",
			   rdata_type_format(r->type, type), name_format(host.octets, name), cname->line);
	else if (r->type == TYPE_NS && draft_first(records, TYPE_A) == NULL &&
		 draft_first(records, TYPE_AAAA) == NULL)
		fault_warn(c->faults, draft_spot(c->draft, r),
			   "the name server %s has no A or AAAA record in the zone",
			   name_format(host.octets, name));
}

static void check_owner(struct checker *c, struct draft_owner *owner)
{
	size_t n = 0;
	for (const struct draft_record *r = owner->records; r != NULL; r = r->next, n++) {
		if (host_at(r->type) >= 0)
			check_host(c, r);
	}
	if (owner->cut != 0)
		check_below_cut(c, owner);
	if (n > 1) {
		check_duplicates(c, owner, n);
		settle_ttls(c, owner);
		check_cname(c, owner);
	}
	check_structure(c, owner);
	if (owner->steered != 0) {
		check_candidates(c, owner);
		check_single(c, owner);
	}
	draft_check_sizes(c->draft, owner, c->faults);
}

void draft_check(struct draft *draft, const struct zone_context *context, const struct zone_file *file,
		 bool whole)
{
	struct checker c = {draft, file, context->faults};
	check_apex(&c, whole);
	mark_cuts(&c);
	for (struct draft_owner *owner = draft_apex(draft); owner != NULL; owner = draft_next(draft, owner))
		check_owner(&c, owner);
	draft_check_loops(draft, c.faults);
}
