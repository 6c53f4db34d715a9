/* SPDX-License-Identifier: ISC */
/* Finding the answer: RFC 1034 §4.3.2 over the world's tables, with choices where a name is steered. */
#include "answer/answer.h"
#include "wire/octets.h"

#include <string.h>

/* One query on its way. */
struct search {
	const struct view *view;
	const struct query *q;
	const struct client *client;
	struct picker *picker;
	struct answer *a;
	const uint8_t *owner; /* of what is looked for now; NULL: the question's name */
	struct match match;
};

enum next { NEXT_DONE, NEXT_FOLLOW };

void answer_add(struct answer *a, const struct piece *piece)
{
	if (a->n < PIECES_MAX)
		a->pieces[a->n++] = *piece;
}

static void add_negative(struct search *s)
{
	const struct zone *zone = s->match.zone;
	answer_add(s->a, &(struct piece){.section = SECTION_AUTHORITY,
					 .owner = zone->apex.octets,
					 .set = &zone->negative});
}

/* Adds an rrset to the answer section, chosen from if it is steered. Returns its first record, NULL if there
 * is none. */
static const uint8_t *add_answer(struct search *s, const struct rrset *set)
{
	struct answer *a = s->a;
	struct piece piece = {.section = SECTION_ANSWER, .owner = s->owner, .set = set};
	const uint8_t *first = set->octets;
	if (set->steering != NULL) {
		struct choice *choice = &a->choices[a->n_choices];
		a->chosen[a->n_choices++] = set;
		steer_choose(set->steering, s->view->board, &s->client->addr, s->picker, choice);
		if (choice->scope > a->scope)
			a->scope = choice->scope;
		if (choice->outcome == CHOICE_SERVFAIL) {
			a->rcode = RCODE_SERVFAIL;
			a->authoritative = false;
			a->n = 0;
			return NULL;
		}
		if (choice->outcome == CHOICE_NODATA) {
			add_negative(s);
			return NULL;
		}
		piece.choice = choice;
		first += choice->records[0];
	}
	answer_add(a, &piece);
	return first;
}

static bool in_answer(const struct answer *a, const struct rrset *set)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (a->pieces[i].set == set)
			return true;
	}
	return false;
}

/* Goes on at a CNAME's target, `owner` being that name's octets. */
static enum next follow(struct search *s, const uint8_t *owner)
{
	struct answer *a = s->a;
	name_from_octets(owner, &a->target);
	name_labels(&a->target, a->target_labels);
	a->lookup.name = &a->target;
	a->lookup.label_at = a->target_labels;
	s->owner = owner;
	return zone_find(s->match.zone, &a->lookup, s->q->type, &s->match) ? NEXT_FOLLOW : NEXT_DONE;
}

static enum next at_node(struct search *s)
{
	const struct node *node = s->match.node;
	uint16_t type = s->q->type;
	const struct rrset *set = node_rrset(node, type);
	if (type == TYPE_ANY && node->n_sets > 0)
		set = &node->sets[0]; /* one rrset is a whole answer to ANY (RFC 8482 §4.1) */
	if (set != NULL) {
		add_answer(s, set);
		return NEXT_DONE;
	}
	const struct rrset *cname = node_rrset(node, TYPE_CNAME);
	if (cname == NULL) {
		add_negative(s);
		return NEXT_DONE;
	}
	if (in_answer(s->a, cname) || s->a->n >= CHAIN_MAX) /* a loop, or as good as one */
		return NEXT_DONE;
	const uint8_t *record = add_answer(s, cname);
	return record ? follow(s, record + RECORD_RDATA_AT) : NEXT_DONE;
}

/* The CNAME that a DNAME stands for (RFC 6672 §3.1): the labels below its owner, then its target. False: too
 * long. */
static bool synthesize(struct search *s, const uint8_t *dname, struct synthesis *out)
{
	const struct name *name = s->a->lookup.name;
	const uint8_t *target = dname + RECORD_RDATA_AT;
	size_t kept = name->len - (size_t)s->match.node->name_len, target_len = name_length(target);
	if (kept + target_len > NAME_OCTETS_MAX)
		return false;
	memcpy(out->octets, dname, RECORD_RDATA_AT);
	octets_put16(out->octets + RECORD_TYPE_AT, TYPE_CNAME);
	octets_put16(out->octets + RECORD_RDLENGTH_AT, (unsigned)(kept + target_len));
	memcpy(out->octets + RECORD_RDATA_AT, name->octets, kept);
	memcpy(out->octets + RECORD_RDATA_AT + kept, target, target_len);
	out->set = (struct rrset){.type = TYPE_CNAME,
				  .n = 1,
				  .octets_len = (uint32_t)(RECORD_RDATA_AT + kept + target_len),
				  .octets = out->octets,
				  .shape = rdata_shape(TYPE_CNAME)};
	return true;
}

static enum next at_dname(struct search *s)
{
	struct answer *a = s->a;
	const struct node *node = s->match.node;
	const struct rrset *dname = node_rrset(node, TYPE_DNAME);
	if (in_answer(a, dname) || a->n_syntheses == CHAIN_MAX)
		return NEXT_DONE;
	answer_add(a, &(struct piece){.section = SECTION_ANSWER, .owner = node->name, .set = dname});
	struct synthesis *synthesis = &a->syntheses[a->n_syntheses];
	if (!synthesize(s, dname->octets, synthesis)) {
		a->rcode = RCODE_YXDOMAIN;
		return NEXT_DONE;
	}
	a->n_syntheses++;
	answer_add(a, &(struct piece){.section = SECTION_ANSWER, .owner = s->owner, .set = &synthesis->set});
	if (s->q->type == TYPE_CNAME || s->q->type == TYPE_ANY)
		return NEXT_DONE;
	return follow(s, synthesis->octets + RECORD_RDATA_AT);
}

static enum next at_delegation(struct search *s)
{
	struct answer *a = s->a;
	const struct node *node = s->match.node;
	if (a->n == 0)
		a->authoritative = false;
	answer_add(a, &(struct piece){.section = SECTION_AUTHORITY,
				      .owner = node->name,
				      .set = node_rrset(node, TYPE_NS)});
	return NEXT_DONE;
}

static enum next step(struct search *s)
{
	switch (s->match.kind) {
	case MATCH_REFUSED:
		s->a->rcode = RCODE_REFUSED;
		s->a->authoritative = false;
		return NEXT_DONE;
	case MATCH_NODE: return at_node(s);
	case MATCH_NXDOMAIN:
		s->a->rcode = RCODE_NXDOMAIN;
		add_negative(s);
		return NEXT_DONE;
	case MATCH_DELEGATION: return at_delegation(s);
	case MATCH_DNAME: return at_dname(s);
	}
	return NEXT_DONE;
}

void answer_find(const struct view *view, const struct query *q, const struct client *client,
		 struct picker *picker, struct answer *out)
{
	struct search s = {.view = view, .q = q, .client = client, .picker = picker, .a = out};
	out->rcode = RCODE_NOERROR;
	out->authoritative = true;
	out->scope = 0;
	out->n = out->n_choices = out->n_syntheses = 0;
	out->lookup.name = &q->name;
	out->lookup.label_at = q->label_at;
	zones_find(view->world->zones, &out->lookup, q->type, &s.match);
	while (step(&s) == NEXT_FOLLOW)
		;
	if (out->rcode == RCODE_NOERROR)
		answer_add_addresses(out, &s.match);
}
