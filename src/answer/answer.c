/* SPDX-License-Identifier: ISC */
/* Finding the answer: RFC 1034 §4.3.2 over the world's tables, with choices where a name is steered. */
#include "answer/respond.h"
#include "wire/octets.h"

#include <string.h>

enum next { NEXT_DONE, NEXT_FOLLOW };

/* The piece behind the last one of all is overwritten again and again: there is room for it, and nobody reads
 * it. */
inline struct piece *answer_add(struct answer *a, enum section section, const struct reply_records *records)
{
	struct piece *piece = &a->pieces[a->n];
	a->n += a->n < PIECES_MAX;
	piece->section = section;
	piece->glue = false;
	piece->records = *records;
	a->hosts |= records->set->shape.host;
	return piece;
}

/* All records of a set. */
static void add_all(struct answer *a, enum section section, const uint8_t *owner, const struct rrset *set)
{
	answer_add(a, section, &(struct reply_records){.set = set, .owner = owner});
}

static void add_negative(struct responder *r)
{
	struct answer *a = &r->answer;
	const struct zone *zone = a->at->zone;
	answer_add(a, SECTION_AUTHORITY,
		   &(struct reply_records){.set = &zone->negative,
					   .owner = zone->apex->octets,
					   .prepared = a->n == 0 ? zone->denial : NULL});
}

/* The same data in two datacenters is one record of an answer (RFC 2181 §5). */
__attribute__((cold, noinline)) static void drop_doubles(const struct rrset *set, struct choice *choice)
{
	unsigned n = 0;
	for (unsigned i = 0; i < choice->n_records; i++) {
		const uint8_t *record = set->octets + choice->records[i];
		size_t len = record_len(record) - RECORD_RDLENGTH_AT;
		bool seen = false;
		for (unsigned j = 0; j < n && !seen; j++)
			seen = record_len(set->octets + choice->records[j]) == record_len(record) &&
			       memcmp(set->octets + choice->records[j] + RECORD_RDLENGTH_AT,
				      record + RECORD_RDLENGTH_AT, len) == 0;
		if (!seen)
			choice->records[n++] = choice->records[i];
	}
	choice->n_records = n;
}

static inline const struct choice *choose(struct responder *r, const struct rrset *set)
{
	struct answer *a = &r->answer;
	struct choice *choice = a->choices_end++;
	choice->set = set;
	steer_choose(set->steered, r->view->board, r->client.addr, &r->picker, choice);
	a->located |= choice->located;
	a->all_down |= choice->all_down;
	if (choice->scope > a->scope)
		a->scope = choice->scope;
	if (choice->n_records > 1)
		drop_doubles(set, choice);
	return choice;
}

__attribute__((cold, noinline)) static const uint8_t *give_up(struct answer *a)
{
	a->status.rcode = RCODE_SERVFAIL;
	a->status.authoritative = false;
	a->n = 0;
	return NULL;
}

static void add_choice(struct responder *r, const struct rrset *set, const struct choice *choice)
{
	answer_add(&r->answer, SECTION_ANSWER,
		   &(struct reply_records){.set = set,
					   .owner = r->answer.owner,
					   .picked = choice->records,
					   .n = (uint16_t)choice->n_records,
					   .has_ttl = true,
					   .ttl_s = choice->ttl_s});
}

/* What is left is the chain's, whose steps are fewer. */
static bool may_choose(const struct answer *a)
{
	return a->choices_end < a->choices + ALIASES_MAX;
}

/* What candidates that were picked stand for. */
struct aliases {
	unsigned n;
	const struct rrset *list[CANDIDATES_MAX];
};

static void aliases_note(struct aliases *aliases, const struct steered *steered, const struct choice *choice)
{
	for (unsigned i = 0; i < choice->n; i++) {
		const struct rrset *alias = steered_alias(steered, choice->picked[i]);
		bool seen = alias == NULL;
		for (unsigned j = 0; j < aliases->n && !seen; j++)
			seen = aliases->list[j] == alias;
		if (!seen && aliases->n < CANDIDATES_MAX)
			aliases->list[aliases->n++] = alias;
	}
}

/*
 * Adds what the candidates stand for that were picked from `asked`, and from what those stand for; *ttl_s
 * becomes the lowest of all. False: one of them has all-down=servfail.
 */
__attribute__((cold, noinline)) static bool add_aliases(struct responder *r, const struct rrset *asked,
							const struct choice *choice, uint32_t *ttl_s)
{
	struct aliases aliases;
	aliases.n = 0;
	aliases_note(&aliases, asked->steered, choice);
	for (unsigned i = 0; i < aliases.n; i++) {
		const struct rrset *set = aliases.list[i];
		uint32_t its_ttl_s = UINT32_MAX;
		if (set->steered == NULL) {
			add_all(&r->answer, SECTION_ANSWER, r->answer.owner, set);
			its_ttl_s = octets_get32(set->octets + RECORD_TTL_AT);
		} else if (may_choose(&r->answer)) {
			choice = choose(r, set);
			if (choice->outcome == CHOICE_SERVFAIL)
				return false;
			if (choice->n > 0)
				its_ttl_s = choice->ttl_s;
			if (choice->n_records > 0)
				add_choice(r, set, choice);
			aliases_note(&aliases, set->steered, choice);
		}
		*ttl_s = its_ttl_s < *ttl_s ? its_ttl_s : *ttl_s;
	}
	return true;
}

/* Records of one name and type have one TTL (RFC 2181 §5.2). */
__attribute__((cold, noinline)) static void settle_ttl(struct answer *a, unsigned first, uint32_t ttl_s)
{
	for (unsigned i = first; i < a->n; i++) {
		a->pieces[i].records.ttl_s = ttl_s;
		a->pieces[i].records.has_ttl = true;
	}
}

/*
 * Goes on where nothing was chosen of the set that has a record, or what was chosen may lead elsewhere;
 * `first` is the first piece that is of it. Returns as add_chosen().
 */
__attribute__((cold, noinline)) static const uint8_t *add_led(struct responder *r, const struct rrset *set,
							      const struct choice *choice, unsigned first)
{
	struct answer *a = &r->answer;
	if (choice->outcome == CHOICE_SERVFAIL)
		return give_up(a);
	if (set->steered->aliases != NULL) {
		uint32_t ttl_s = choice->n > 0 ? choice->ttl_s : UINT32_MAX;
		if (!add_aliases(r, set, choice, &ttl_s))
			return give_up(a);
		settle_ttl(a, first, ttl_s);
	}
	if (a->n == first && !may_choose(a))
		return give_up(a); /* there may be something */
	if (a->n == first) {
		add_negative(r);
		return NULL;
	}
	const struct reply_records *records = &a->pieces[first].records;
	return records->set->octets + (records->picked ? records->picked[0] : 0);
}

/* Adds what is chosen of a steered set, with what the chosen stand for. Returns the first record where that
 * may be a CNAME. */
static const uint8_t *add_chosen(struct responder *r, const struct rrset *set)
{
	const struct choice *choice = choose(r, set);
	unsigned first = r->answer.n;
	if (choice->n_records > 0) {
		add_choice(r, set, choice);
		if (!set->steered->leads)
			return NULL;
	}
	return add_led(r, set, choice, first);
}

/* Adds what a set says to the answer section. Returns the first record where that may be a CNAME. */
static const uint8_t *add_answer(struct responder *r, const struct rrset *set)
{
	if (set->steered != NULL)
		return add_chosen(r, set);
	add_all(&r->answer, SECTION_ANSWER, r->answer.owner, set);
	return set->octets;
}

static bool in_answer(const struct answer *a, const struct rrset *set)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (a->pieces[i].records.set == set)
			return true;
	}
	return false;
}

/* Goes on at a CNAME's target, `owner` being that name's octets, where it is in this zone or in one below it.
 */
__attribute__((cold, noinline)) static enum next follow(struct responder *r, const uint8_t *owner)
{
	struct answer *a = &r->answer;
	name_from_octets(owner, &a->target);
	name_labels(&a->target, a->target_labels);
	r->answer.owner = owner;
	if (!name_within(&a->target, r->answer.at->zone->apex))
		return NEXT_DONE;
	const struct lookup lookup = {&a->target, a->target_labels};
	zones_find(r->view->world->zones, &lookup, r->query->type, &r->answer.followed);
	r->answer.at = &r->answer.followed;
	return NEXT_FOLLOW;
}

/* Adds the set, and goes on where it turns out to be a CNAME that was not asked for. */
static enum next answer_and_follow(struct responder *r, const struct rrset *set)
{
	if (r->answer.n >= CHAIN_MAX)
		return NEXT_DONE;
	const uint8_t *record = add_answer(r, set);
	if (record == NULL || octets_get16(record + RECORD_TYPE_AT) != TYPE_CNAME ||
	    r->query->type == TYPE_CNAME || r->query->type == TYPE_ANY)
		return NEXT_DONE;
	return follow(r, record + RECORD_RDATA_AT);
}

static enum next at_node(struct responder *r)
{
	const struct node *node = r->answer.at->node;
	uint16_t type = r->query->type;
	const struct rrset *set = node_rrset(node, type); /* none is of TYPE_ANY */
	if (set == NULL && type == TYPE_ANY && node->n_sets > 0)
		set = &node->sets[0]; /* one rrset is a whole answer to ANY (RFC 8482 §4.1) */
	if (set == NULL)
		set = node_rrset(node, TYPE_CNAME);
	if (set != NULL)
		return in_answer(&r->answer, set) ? NEXT_DONE : answer_and_follow(r, set);
	add_negative(r);
	return NEXT_DONE;
}

/* The CNAME that a DNAME stands for (RFC 6672 §3.1): the labels below its owner, then its target. False: too
 * long. */
static bool synthesize(struct responder *r, const uint8_t *dname, struct synthesis *out)
{
	const struct name *name = r->answer.owner != NULL ? &r->answer.target : &r->query->name;
	const uint8_t *target = dname + RECORD_RDATA_AT;
	size_t kept = name->len - (size_t)r->answer.at->node->name_len, target_len = name_length(target);
	if (kept + target_len > NAME_OCTETS_MAX)
		return false;
	memcpy(out->octets, dname, RECORD_RDATA_AT);
	octets_put16(out->octets + RECORD_TYPE_AT, TYPE_CNAME);
	octets_put16(out->octets + RECORD_RDLENGTH_AT, (unsigned)(kept + target_len));
	memcpy(out->octets + RECORD_RDATA_AT, name->octets, kept);
	memcpy(out->octets + RECORD_RDATA_AT + kept, target, target_len);
	out->set = rrset_of(TYPE_CNAME, 1, out->octets, RECORD_RDATA_AT + kept + target_len);
	return true;
}

/* Is the target below the owner, so that each turn makes the name longer? */
static bool leads_below_itself(const struct node *node, const struct rrset *dname)
{
	struct name target;
	name_from_octets(dname->octets + RECORD_RDATA_AT, &target);
	return target.len >= node->name_len &&
	       memcmp(target.octets + target.len - node->name_len, node->name, node->name_len) == 0;
}

__attribute__((cold, noinline)) static enum next at_dname(struct responder *r)
{
	struct answer *a = &r->answer;
	const struct node *node = r->answer.at->node;
	const struct rrset *dname = node_rrset(node, TYPE_DNAME);
	bool again = in_answer(a, dname);
	if (a->n_syntheses == CHAIN_MAX || (again && leads_below_itself(node, dname)))
		return NEXT_DONE;
	if (!again)
		add_all(a, SECTION_ANSWER, node->name, dname);
	struct synthesis *synthesis = &a->syntheses[a->n_syntheses];
	if (!synthesize(r, dname->octets, synthesis)) {
		a->status.rcode = RCODE_YXDOMAIN;
		return NEXT_DONE;
	}
	a->n_syntheses++;
	add_all(a, SECTION_ANSWER, r->answer.owner, &synthesis->set);
	if (r->query->type == TYPE_CNAME || r->query->type == TYPE_ANY)
		return NEXT_DONE;
	return follow(r, synthesis->octets + RECORD_RDATA_AT);
}

__attribute__((cold, noinline)) static enum next at_delegation(struct responder *r)
{
	struct answer *a = &r->answer;
	const struct node *node = r->answer.at->node;
	if (a->n == 0)
		a->status.authoritative = false;
	const struct reply_records records = {.set = node_rrset(node, TYPE_NS),
					      .owner = node->name,
					      .prepared = a->n == 0 ? node_referral(node) : NULL};
	answer_add(a, SECTION_AUTHORITY, &records);
	a->hosts &= records.prepared == NULL; /* their addresses are in it */
	return NEXT_DONE;
}

static enum next step(struct responder *r)
{
	if (__builtin_expect(r->answer.at->kind == MATCH_NODE, true))
		return at_node(r);
	switch (r->answer.at->kind) {
	case MATCH_REFUSED:
		r->answer.status.rcode = RCODE_REFUSED;
		r->answer.status.authoritative = false;
		return NEXT_DONE;
	case MATCH_NODE: break;
	case MATCH_NXDOMAIN:
		r->answer.status.rcode = RCODE_NXDOMAIN;
		add_negative(r);
		return NEXT_DONE;
	case MATCH_DELEGATION: return at_delegation(r);
	case MATCH_DNAME: return at_dname(r);
	}
	return NEXT_DONE;
}

void answer_find(struct responder *r, const struct node *node)
{
	struct answer *a = &r->answer;
	const struct query *q = r->query;
	const struct zones *zones = r->view->world->zones;
	a->status.authoritative = true;
	zones_settle(zones, node, (struct lookup){&q->name, q->label_at}, q->type, &a->match);
	while (step(r) == NEXT_FOLLOW)
		;
	for (unsigned i = 0, n = a->hosts ? a->n : 0; i < n; i++) {
		const struct reply_records *records = &a->pieces[i].records;
		if (records->set->shape.host)
			answer_add_addresses(a, a->at, records);
	}
}
