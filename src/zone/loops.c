/* SPDX-License-Identifier: ISC */
/* CNAMEs and DNAMEs that lead in a circle. */
#include "base/memory.h"
#include "wire/types.h"
#include "zone/draft.h"

#include <stdlib.h>
#include <string.h>

/* The CNAME or DNAME of a name, where it is the same for all clients; NULL where there is none. */
static const struct draft_record *plain(const struct draft_owner *owner, uint16_t type)
{
	const struct draft_record *alias = draft_first(owner->records, type);
	return alias != NULL && alias->steer == NULL && owner->cut == 0 ? alias : NULL;
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
	const struct name *apex = &draft->apex;
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

/* Whose DNAME all that is below the name comes under: its own, or that of a name above; NULL: nobody's here.
 */
static struct draft_owner *renames_below(const struct draft *draft, const struct name *name)
{
	for (struct name above = *name; name_within(&above, &draft->apex); parent_of(&above)) {
		struct draft_owner *owner = draft_find(draft, &above);
		if (owner != NULL && plain(owner, TYPE_DNAME) != NULL)
			return owner;
		if (above.len == draft->apex.len)
			return NULL;
	}
	return NULL;
}

static struct draft_owner *target_of(const struct draft *draft, const struct draft_record *alias)
{
	struct name target;
	name_from_octets(alias->rdata, &target);
	return (alias->type == TYPE_DNAME ? renames_below : answers_for)(draft, &target);
}

/* The names that have such a record, by where they are, and which way along them came to each first; 0: none.
 */
struct ways {
	const struct draft *draft;
	uint16_t type; /* CNAME or DNAME */
	size_t n, cap;
	struct way {
		const struct draft_owner *owner;
		size_t way;
	} * list;
};

static struct way *way_of(const struct ways *w, const struct draft_owner *owner)
{
	size_t low = 0, high = w->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->list[middle].owner == owner)
			return &w->list[middle];
		if (w->list[middle].owner < owner)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Follows aliases until they end, or come to a name that was met before: on this way, that is a circle. */
static void follow(const struct ways *w, struct way *at, size_t number, struct faults *faults)
{
	while (at != NULL && at->way == 0) {
		at->way = number;
		at = way_of(w, target_of(w->draft, plain(at->owner, w->type)));
	}
	if (at == NULL || at->way != number)
		return;
	const struct draft_record *alias = plain(at->owner, w->type);
	const char *type = w->type == TYPE_CNAME ? "CNAME" : "DNAME";
	if (target_of(w->draft, alias) == at->owner)
		fault_warn(faults, draft_spot(w->draft, alias),
			   "the %s leads to its own name, so nobody gets an answer", type);
	else
		fault_warn(faults, draft_spot(w->draft, alias),
			   "the %ss from here lead back here, so nobody gets an answer", type);
}

static void check_candidates(const struct draft *draft, const struct draft_owner *owner,
			     struct faults *faults)
{
	for (const struct draft_record *r = draft_first(owner->records, TYPE_CNAME); r != NULL; r = r->next) {
		if (r->type == TYPE_CNAME && r->steer != NULL && target_of(draft, r) == owner)
			fault_warn(faults, draft_spot(draft, r),
				   "the CNAME leads to its own name, so nobody gets an answer");
	}
}

static void check_type(const struct draft *draft, uint16_t type, struct faults *faults)
{
	struct ways w = {.draft = draft, .type = type};
	for (struct draft_owner *o = draft_apex(draft); o != NULL; o = draft_next(draft, o)) {
		if (type == TYPE_CNAME && o->steered != 0)
			check_candidates(draft, o, faults);
		if (plain(o, type) == NULL)
			continue;
		w.list = mem_grow(w.list, &w.cap, w.n + 1, sizeof(*w.list));
		w.list[w.n++] = (struct way){o, 0};
	}
	for (size_t i = 0; i < w.n; i++)
		follow(&w, &w.list[i], i + 1, faults);
	free(w.list);
}

void draft_check_loops(const struct draft *draft, struct faults *faults)
{
	check_type(draft, TYPE_CNAME, faults);
	if (draft->dnames)
		check_type(draft, TYPE_DNAME, faults);
}
