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
	const struct zone_context *context;
	const struct zone_file *file;
	struct faults *faults;
};

static bool is_wildcard(const struct name *name)
{
	return name->octets[0] == 1 && name->octets[1] == '*';
}

static const char *owner_text(const struct draft_owner *owner, char *out)
{
	return name_format(owner->name.octets, out);
}

static void check_apex(struct checker *c, bool whole)
{
	const struct draft_owner *apex = c->draft->owners[0];
	const struct draft_record *soa = draft_first(apex, TYPE_SOA);
	char name[NAME_TEXT_MAX];
	if (soa == NULL && whole)
		fault_add(c->faults, c->file->at, "%s has no SOA record at %s", c->file->path,
			  owner_text(apex, name));
	if (draft_first(apex, TYPE_NS) == NULL && whole)
		fault_add(c->faults, c->file->at, "%s has no NS record at %s", c->file->path,
			  owner_text(apex, name));
	for (const struct draft_record *r = soa ? soa->next : NULL; r != NULL; r = r->next) {
		if (r->type == TYPE_SOA)
			fault_add(c->faults, r->at, "a zone has one SOA record; the first is at line %u",
				  soa->at.line);
	}
}

static struct draft_owner *ns_target(struct checker *c, const struct draft_record *ns)
{
	struct name target;
	name_from_octets(ns->rdata, &target);
	return name_within(&target, &c->file->apex) ? draft_find(c->draft, &target) : NULL;
}

/* Marks what is at or below a delegation, and what glue is for. Parents come before children. */
static void mark_cuts(struct checker *c)
{
	for (size_t i = 0; i < c->draft->n; i++) {
		struct draft_owner *owner = c->draft->owners[i];
		if (owner->parent != NULL && owner->parent->cut != NULL)
			owner->cut = owner->parent->cut;
		else if (owner->parent != NULL && draft_first(owner, TYPE_NS) != NULL)
			owner->cut = owner;
		for (struct draft_record *r = owner->first; r != NULL; r = r->next) {
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
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		bool glue = (r->type == TYPE_A || r->type == TYPE_AAAA) && r->steer == NULL &&
			    owner->address_wanted;
		bool delegation = owner->cut == owner && (r->type == TYPE_NS || r->type == TYPE_DS);
		if (!glue && !delegation)
			fault_add(c->faults, r->at,
				  "%s data at or below the delegation %s; only its NS and DS and the "
				  "addresses of name "
				  "servers may stand there",
				  rdata_type_format(r->type, type), owner_text(owner->cut, name));
	}
}

static bool record_equal(const struct draft_record *a, const struct draft_record *b)
{
	if (a->type != b->type || a->len != b->len || memcmp(a->rdata, b->rdata, a->len) != 0)
		return false;
	if (a->steer == NULL || b->steer == NULL)
		return a->steer == b->steer;
	return a->steer->datacenter == b->steer->datacenter;
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
		order = x->steer->datacenter - y->steer->datacenter;
	return order != 0 ? order : x->at.line < y->at.line ? -1 : x->at.line > y->at.line;
}

static void check_duplicates(struct checker *c, const struct draft_owner *owner, size_t n)
{
	const struct draft_record **list = mem_alloc(n * sizeof(*list));
	size_t at = 0;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next)
		list[at++] = r;
	qsort(list, n, sizeof(*list), record_compare);
	for (size_t i = 1; i < n; i++) {
		if (record_equal(list[i - 1], list[i]))
			fault_add(c->faults, list[i]->at, "the same record stands at line %u already",
				  list[i - 1]->at.line);
	}
	free(list);
}

/* One TTL an rrset (RFC 2181 §5.2); candidates may differ, as few of them are answered at once. */
static void settle_ttls(struct checker *c, const struct draft_owner *owner)
{
	for (struct draft_record *r = owner->first; r != NULL; r = r->next) {
		struct draft_record *first = draft_first(owner, r->type);
		if (r->steer != NULL || first->steer != NULL || r->ttl_s == first->ttl_s)
			continue;
		uint32_t least = r->ttl_s < first->ttl_s ? r->ttl_s : first->ttl_s;
		fault_warn(c->faults, r->at,
			   "the TTL differs from that of line %u; the lower one, %u, counts for both",
			   first->at.line, least);
		for (struct draft_record *s = first; s != NULL; s = s->next) {
			if (s->type == r->type)
				s->ttl_s = least;
		}
	}
}

/* A CNAME stands alone (RFC 1034 §3.6.2). */
static void check_cname(struct checker *c, const struct draft_owner *owner)
{
	const struct draft_record *cname = draft_first(owner, TYPE_CNAME);
	if (cname == NULL)
		return;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		char type[16];
		if (r->type == TYPE_CNAME && r != cname && (r->steer == NULL || cname->steer == NULL))
			fault_add(c->faults, r->at, "a name has one CNAME record; the first is at line %u",
				  cname->at.line);
		else if (r->steer != NULL && cname->steer != NULL)
			continue; /* by turns: zones_link() sees to it that no answer has both */
		else if (r->type != TYPE_CNAME && r->at.line > cname->at.line)
			fault_add(c->faults, r->at,
				  "%s data beside the CNAME of line %u; a CNAME stands alone",
				  rdata_type_format(r->type, type), cname->at.line);
		else if (r->type != TYPE_CNAME)
			fault_add(c->faults, cname->at,
				  "a CNAME beside the %s data of line %u; a CNAME stands alone",
				  rdata_type_format(r->type, type), r->at.line);
	}
}

static void check_structure(struct checker *c, const struct draft_owner *owner)
{
	const struct draft_record *dname = draft_first(owner, TYPE_DNAME);
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		char type[16], name[NAME_TEXT_MAX];
		if (r->type == TYPE_SOA && owner->parent != NULL)
			fault_add(c->faults, r->at, "the SOA record belongs to the apex, %s",
				  owner_text(c->draft->owners[0], name));
		if ((r->type == TYPE_NS || r->type == TYPE_DNAME || r->type == TYPE_DS) &&
		    is_wildcard(&owner->name))
			fault_add(c->faults, r->at, "%s at a wildcard has no meaning (RFC 4592 §4)",
				  rdata_type_format(r->type, type));
		if (r->type == TYPE_DS && (owner->parent == NULL || draft_first(owner, TYPE_NS) == NULL))
			fault_add(c->faults, r->at,
				  "DS needs a delegation: there is no NS at this name below the apex");
		if (r->type == TYPE_DNAME && r != dname)
			fault_add(c->faults, r->at, "a name has one DNAME record; the first is at line %u",
				  dname->at.line);
		const struct draft_record *first = draft_first(owner, r->type);
		if ((first->steer == NULL) != (r->steer == NULL))
			fault_add(c->faults, r->at,
				  "plain and AT records of one name and type; line %u has the other kind",
				  first->at.line);
	}
	for (const struct draft_owner *above = owner->parent; above != NULL && owner->first != NULL;
	     above = above->parent) {
		dname = draft_first(above, TYPE_DNAME);
		if (dname != NULL)
			fault_add(c->faults, owner->first->at,
				  "data below the DNAME of line %u can't be reached (RFC 6672 §2.4)",
				  dname->at.line);
	}
}

static void check_candidates(struct checker *c, const struct draft_owner *owner)
{
	bool any = false;
	for (const struct draft_record *r = owner->first; r != NULL; r = r->next) {
		any |= r->steer != NULL;
		if (r->steer == NULL || r != draft_first(owner, r->type))
			continue;
		unsigned n = 0;
		for (const struct draft_record *s = r; s != NULL; s = s->next) {
			n += s->type == r->type;
			if (s->type == r->type && n == CANDIDATES_MAX + 1)
				fault_add(c->faults, s->at, "more than %d AT records of one name and type",
					  CANDIDATES_MAX);
		}
	}
	char name[NAME_TEXT_MAX];
	if (owner->steer != NULL && !any && owner->parent != NULL)
		fault_add(c->faults, owner->steer_at, "STEER without any AT record at %s",
			  owner_text(owner, name));
}

/* One CNAME is answered at most, whoever's STEER it is: a name without takes the apex's. */
static void check_single(struct checker *c, const struct draft_owner *owner)
{
	static const char text[] =
		"only one CNAME can be answered: answers=1 and a pick other than all would be right";
	const struct draft_owner *apex = c->draft->owners[0], *of = owner->steer != NULL ? owner : apex;
	const struct draft_record *cname = draft_first(owner, TYPE_CNAME);
	if (cname == NULL || cname->steer == NULL || of->steer == NULL ||
	    (of->steer->pick != PICK_ALL && of->steer->answers == 1))
		return;
	if (of == owner)
		fault_add(c->faults, owner->steer_at, "%s", text);
	else
		fault_add(c->faults, cname->at, "%s; the STEER is that of the apex, at line %u", text,
			  apex->steer_at.line);
}

/* An NS whose name is in the zone needs an address there; without one nobody can get to the server. */
static void check_ns_targets(struct checker *c, const struct draft_owner *owner)
{
	for (const struct draft_record *r = draft_first(owner, TYPE_NS); r != NULL; r = r->next) {
		struct name target;
		char name[NAME_TEXT_MAX];
		if (r->type != TYPE_NS)
			continue;
		name_from_octets(r->rdata, &target);
		if (!name_within(&target, &c->file->apex))
			continue;
		const struct draft_owner *t = draft_find(c->draft, &target);
		if (t == NULL || (draft_first(t, TYPE_A) == NULL && draft_first(t, TYPE_AAAA) == NULL))
			fault_warn(c->faults, r->at, "the name server %s has no A or AAAA record in the zone",
				   name_format(target.octets, name));
	}
}

void draft_check(struct draft *draft, const struct zone_context *context, const struct zone_file *file,
		 bool whole)
{
	struct checker c = {draft, context, file, context->faults};
	check_apex(&c, whole);
	mark_cuts(&c);
	for (size_t i = 0; i < draft->n; i++) {
		struct draft_owner *owner = draft->owners[i];
		size_t n = 0;
		for (const struct draft_record *r = owner->first; r != NULL; r = r->next)
			n++;
		if (owner->cut != NULL)
			check_below_cut(&c, owner);
		if (n > 1) {
			check_duplicates(&c, owner, n);
			settle_ttls(&c, owner);
			check_cname(&c, owner);
		}
		check_structure(&c, owner);
		check_candidates(&c, owner);
		check_single(&c, owner);
		check_ns_targets(&c, owner);
		draft_check_sizes(draft, owner, c.faults);
	}
	draft_check_loops(draft, c.faults);
}
