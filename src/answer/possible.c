/* SPDX-License-Identifier: ISC */
/* The same way that an answer takes, down every branch that a pick may take. */
#include "answer/possible.h"
#include "base/memory.h"
#include "wire/octets.h"

#include <stdlib.h>

enum { DEPTH_MAX = CHAIN_MAX, RECORDS_MAX = 1000, VISITS_MAX = 10000 };

struct walk {
	const struct view *view;
	struct addr client;
	uint16_t type;
	unsigned depth, visits;
	struct picker *picker;
	struct json_object *records;
	bool nothing, last_resort;
};

static void walk_name(struct walk *w, const struct name *name, const char *datacenter);

/* Whom any pick may take: load and dice are of the moment, order and health are not. */
static uint64_t takeable(struct walk *w, const struct steered *steered)
{
	const struct steering *s = steered->how;
	const struct set_extra *extra = w->view->board->sets[steered->set].extra;
	struct choice choice;
	steer_choose(steered, w->view->board, &w->client, w->picker, &choice);
	w->last_resort |= choice.all_down;
	if (!choice.all_down && extra != NULL && extra->sheds != NULL)
		return choice.left[STEP_FAST];
	if (s->policy.pick == PICK_HASH || s->policy.pick == PICK_ALL)
		return choice_left(&choice, STEP_PICK);
	uint64_t heavy = choice.left[STEP_TIER] & (extra ? extra->heavy : s->heavy);
	return heavy ? heavy : choice.left[STEP_TIER];
}

static void add_record(struct walk *w, const uint8_t *record, const char *datacenter)
{
	struct json_object *o = json_object_new_object();
	char *rdata = explain_rdata(record);
	json_object_object_add(o, "record", json_object_new_string(rdata));
	json_object_object_add(o, "datacenter", datacenter ? json_object_new_string(datacenter) : NULL);
	free(rdata);
	if (json_object_array_length(w->records) < RECORDS_MAX)
		json_object_array_add(w->records, o);
	else
		json_object_put(o);
	if (octets_get16(record + RECORD_TYPE_AT) == TYPE_CNAME && w->type != TYPE_CNAME) {
		struct name target;
		name_from_octets(record + RECORD_RDATA_AT, &target);
		walk_name(w, &target, datacenter);
	}
}

static void walk_set(struct walk *w, const struct rrset *set, const char *datacenter)
{
	const struct steered *s = set->steered;
	for (size_t at = 0; s == NULL && at < set->octets_len; at += record_len(set->octets + at))
		add_record(w, set->octets + at, datacenter);
	if (s == NULL || w->depth == DEPTH_MAX || ++w->visits > VISITS_MAX)
		return;
	w->depth++;
	uint64_t left = takeable(w, s);
	w->nothing |= left == 0;
	for (; left != 0; left &= left - 1) {
		unsigned member = (unsigned)__builtin_ctzll(left);
		const struct member *m = &s->how->members[member];
		const struct rrset *alias = steered_alias(s, member);
		const char *in = m->datacenter == UINT16_MAX
					 ? datacenter
					 : w->view->world->config->datacenters[m->datacenter].name;
		if (m->record != MEMBER_NO_RECORD)
			add_record(w, set->octets + m->record, in);
		else if (alias != NULL)
			walk_set(w, alias, in);
		else
			w->nothing = true;
	}
	w->depth--;
}

/* A name that is not ours ends the way: whoever asks goes on elsewhere. */
static void walk_name(struct walk *w, const struct name *name, const char *datacenter)
{
	uint8_t label_at[NAME_LABELS_MAX + 1];
	struct lookup lookup = {.name = name, .label_at = label_at};
	struct match m;
	if (w->depth == DEPTH_MAX)
		return;
	name_labels(name, label_at);
	zones_find(w->view->world->zones, &lookup, w->type, &m);
	if (m.kind == MATCH_NXDOMAIN)
		w->nothing = true;
	if (m.kind != MATCH_NODE)
		return;
	const struct rrset *set = node_rrset(m.node, w->type);
	if (set == NULL)
		set = node_rrset(m.node, TYPE_CNAME);
	w->nothing |= set == NULL;
	w->depth++;
	if (set != NULL)
		walk_set(w, set, datacenter);
	w->depth--;
}

void explain_possible(const struct view *view, const struct explain_request *request,
		      struct json_object *explanation)
{
	struct walk w = {.view = view, .type = request->type, .records = json_object_new_array()};
	w.client = request->client.addr;
	addr_unmap(&w.client);
	w.picker = mem_alloc(sizeof(*w.picker));
	picker_seed(w.picker);
	walk_name(&w, &request->name, NULL);
	free(w.picker);
	json_object_object_add(explanation, "possible", w.records);
	json_object_object_add(explanation, "nothing", json_object_new_boolean(w.nothing));
	json_object_object_add(explanation, "last_resort", json_object_new_boolean(w.last_resort));
}
