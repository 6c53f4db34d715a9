/* SPDX-License-Identifier: ISC */
/* CNAMEs that lead in a circle. */
#include "wire/types.h"
#include "zone/draft.h"

#include <string.h>

/* The first record of a name that is an alias for all clients; NULL where there is none. */
static const struct draft_record *plain_cname(const struct draft_owner *owner)
{
	const struct draft_record *cname = draft_first(owner, TYPE_CNAME);
	return cname != NULL && cname->steer == NULL && owner->cut == NULL ? cname : NULL;
}

static void parent_of(struct name *name)
{
	unsigned skip = name->octets[0] + 1u;
	memmove(name->octets, name->octets + skip, name->len - skip);
	name->len = (uint8_t)(name->len - skip);
	name->labels--;
}

/* Who answers for the name: itself, or the wildcard at its closest encloser (RFC 4592 §3.3.1); NULL: nobody
 * here. */
static struct draft_owner *answers_for(const struct draft *draft, const struct name *name)
{
	const struct name *apex = &draft->owners[0]->name;
	struct draft_owner *owner = draft_find(draft, name);
	struct name above = *name, wildcard = {.octets = {1, '*'}};
	if (owner != NULL || !name_within(name, apex))
		return owner;
	do
		parent_of(&above);
	while (draft_find(draft, &above) == NULL);
	if (above.len + 2u > NAME_OCTETS_MAX)
		return NULL;
	memcpy(wildcard.octets + 2, above.octets, above.len);
	wildcard.len = (uint8_t)(above.len + 2);
	wildcard.labels = (uint8_t)(above.labels + 1);
	return draft_find(draft, &wildcard);
}

static struct draft_owner *target_of(const struct draft *draft, const struct draft_record *cname)
{
	struct name target;
	name_from_octets(cname->rdata, &target);
	return answers_for(draft, &target);
}

/* Follows aliases until they end, or come to a name that was met before: on this way, that is a circle. */
static void follow(const struct draft *draft, struct draft_owner *owner, uint32_t way, struct faults *faults)
{
	const struct draft_record *cname;
	while (owner != NULL && owner->way == 0 && (cname = plain_cname(owner)) != NULL) {
		owner->way = way;
		owner = target_of(draft, cname);
	}
	if (owner == NULL || owner->way != way)
		return;
	cname = plain_cname(owner);
	fault_warn(faults, cname->at,
		   target_of(draft, cname) == owner
			   ? "the CNAME leads to its own name, so nobody gets an answer"
			   : "the CNAMEs from here lead back here, so nobody gets an answer");
}

void draft_check_loops(struct draft *draft, struct faults *faults)
{
	for (size_t i = 0; i < draft->n; i++) {
		struct draft_owner *owner = draft->owners[i];
		follow(draft, owner, (uint32_t)i + 1, faults);
		for (const struct draft_record *r = draft_first(owner, TYPE_CNAME); r != NULL; r = r->next) {
			if (r->type == TYPE_CNAME && r->steer != NULL && target_of(draft, r) == owner)
				fault_warn(faults, r->at,
					   "the CNAME leads to its own name, so nobody gets an answer");
		}
	}
}
