/* SPDX-License-Identifier: ISC */
/* The explanation of an answer, as JSON. */
#include "answer/explain.h"
#include "answer/respond.h"
#include "base/memory.h"
#include "geo/locator.h"
#include "steer/tier.h"
#include "wire/octets.h"
#include "zone/rdata.h"
#include "wire/rcode.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

struct explainer {
	const struct config *config;
	const struct responder *r; /* who has answered */
	bool places;               /* where the client is was looked up */
	struct place place;
	const struct choice *choice; /* that is explained now */
};

bool explain_parse(const char *question, const char *client, struct explain_request *out, const char **why)
{
	const char *slash = strrchr(question, '/');
	size_t len = slash ? (size_t)(slash - question) : strlen(question);
	struct token type = {.text = slash ? slash + 1 : "A", .len = slash ? strlen(slash + 1) : 1};
	if (!name_parse(question, len, NULL, &out->name, why))
		return false;
	out->type = rdata_type(&type);
	if (out->type == 0) {
		*why = "behind the slash a record type is needed, such as A, AAAA or HTTPS";
		return false;
	}
	out->from_subnet = strchr(client, '/') != NULL;
	if (!prefix_parse(client, strlen(client), &out->client)) {
		*why = "the client is an address or a prefix without bits behind its length, such as "
		       "203.0.113.7 or "
		       "203.0.113.0/24";
		return false;
	}
	return true;
}

static struct json_object *text(const char *value)
{
	return json_object_new_string(value);
}

static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static struct json_object *place_json(const struct place *place)
{
	struct json_object *o = json_object_new_object();
	put(o, "continent", place->continent[0] ? text(place->continent) : NULL);
	put(o, "country", place->country[0] ? text(place->country) : NULL);
	put(o, "subdivision", place->subdivision[0] ? text(place->subdivision) : NULL);
	put(o, "asn", place->asn ? json_object_new_int64(place->asn) : NULL);
	char location[64];
	snprintf(location, sizeof(location), "%.4g,%.4g", (double)place->latitude, (double)place->longitude);
	put(o, "location", place->located ? text(location) : NULL);
	return o;
}

char *explain_rdata(const uint8_t *record)
{
	uint8_t wire[RECORD_RDATA_AT + 65535];
	size_t len = record_len(record), at = 0;
	ldns_rr *rr = NULL;
	wire[0] = 0; /* the root as owner, in place of the pointer */
	memcpy(wire + 1, record + 2, len - 2);
	if (ldns_wire2rr(&rr, wire, len - 1, &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK)
		return mem_copy_text("?", 1);
	ldns_buffer *buffer = ldns_buffer_new(256);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		if (i > 0)
			ldns_buffer_printf(buffer, " ");
		ldns_rdf2buffer_str(buffer, ldns_rr_rdf(rr, i));
	}
	char *result = ldns_buffer_export2str(buffer);
	ldns_buffer_free(buffer);
	ldns_rr_free(rr);
	return result;
}

static struct json_object *rdata_json(const uint8_t *record)
{
	char *rdata = explain_rdata(record);
	struct json_object *o = text(rdata);
	free(rdata);
	return o;
}

/* "www.app.example.com. A" */
static const char *set_name(const struct explainer *e, const struct steered *s)
{
	return e->r->view->world->roster->sets[s->set].name;
}

/* A member's data; that of an ALIAS is the first record of what it stands for. */
static struct json_object *member_json(const struct explainer *e, const struct rrset *set, unsigned member)
{
	const struct rrset *alias = steered_alias(set->steered, member);
	uint32_t record = set->steered->how->members[member].record;
	if (record != MEMBER_NO_RECORD)
		return rdata_json(set->octets + record);
	if (alias == NULL)
		return text("(nothing of this type)");
	if (alias->steered == NULL)
		return rdata_json(alias->octets);
	char name[NAME_TEXT_MAX + 32];
	snprintf(name, sizeof(name), "ALIAS %s", set_name(e, alias->steered));
	return text(name);
}

static const char *datacenter_name(const struct explainer *e, const struct member *m)
{
	return m->datacenter == UINT16_MAX ? "*" : e->config->datacenters[m->datacenter].name;
}

/* What gave the order of the datacenters: "geo world, line EU". */
static void order_source(const struct explainer *e, const struct steering *s, char *out, size_t room)
{
	char line[ADDR_TEXT_MAX];
	if (s->policy.method != METHOD_GEO) {
		snprintf(out, room, "%s", method_word(s->policy.method));
		return;
	}
	const struct geomap *map = &e->config->geomaps[s->policy.geomap];
	if (!e->places) {
		snprintf(out, room, "geo %s", map->name);
		return;
	}
	const struct geomap_line *found = &map->lines[geomap_line_find(map, &e->place, e->r->client.addr)];
	snprintf(out, room, "geo %s, line %s", map->name, place_key_format(found, line));
}

static const char *standing_text(enum standing standing)
{
	switch (standing) {
	case STANDING_FAST: return "usable";
	case STANDING_SLOW: return "usable, over max-latency";
	case STANDING_RECORD_DOWN: return "its check fails";
	case STANDING_RECORD_HELD: return "its check is good again, but return= holds it back";
	case STANDING_RECORD_AGENT: return "its agent asks for drain or maint";
	case STANDING_RECORD_DRAINED: return "drained (state=drain)";
	case STANDING_RECORD_FORCED: return "down (state=down)";
	case STANDING_ALIAS_DOWN: return "the name it stands for has nothing usable";
	case STANDING_DATACENTER_DOWN: return "the datacenter's check fails";
	case STANDING_DATACENTER_HELD:
		return "the datacenter's check is good again, but return= holds it back";
	case STANDING_DATACENTER_AGENT: return "the datacenter's agent asks for drain or maint";
	case STANDING_DATACENTER_DRAINED: return "the datacenter is drained";
	case STANDING_DATACENTER_FORCED: return "the datacenter is forced down";
	}
	return "";
}

/* How much of the weight of a member's tier is usable, where min-up asks for more. */
static void why_not_tier(const struct explainer *e, const struct steered *steered, unsigned member, char *out,
			 size_t room)
{
	const struct steering *s = steered->how;
	struct tiers tiers;
	uint64_t usable = e->r->view->board->sets[steered->set].usable;
	struct timed timed;
	if (s->times != NULL) {
		latency_times(s, e->r->view->board, e->r->client.addr, &timed);
		tiers_build_timed(s, &timed, &tiers);
	} else {
		tiers_build(s, e->choice->order, &tiers);
	}
	for (unsigned i = 0; i < tiers.n; i++) {
		unsigned percent = tier_usable_percent(s, tiers.list[i], usable);
		if (!(tiers.list[i] >> member & 1) || percent >= s->policy.min_up_percent)
			continue;
		snprintf(out, room, "its tier has %u %% of its weight usable, min-up is %u %%", percent,
			 s->policy.min_up_percent);
		return;
	}
	if (s->backups >> member & 1)
		snprintf(out, room, "a backup, and others are left");
	else
		snprintf(out, room, "in another tier");
}

/* What a slow start or an agent leaves of its weight. */
static double weight_now(const struct explainer *e, const struct steered *steered, unsigned member)
{
	const struct set_extra *extra = e->r->view->board->sets[steered->set].extra;
	bool scaled = extra != NULL && extra->weights != NULL;
	return scaled ? (double)extra->weights[member] / SHARE_WHOLE : steered->how->weights[member];
}

/* Why a step removed a member. */
static void why_removed(const struct explainer *e, const struct steered *steered, unsigned member,
			enum step step, char *out, size_t room)
{
	const struct steering *s = steered->how;
	char source[128];
	switch (step) {
	case STEP_CANDIDATES:
		order_source(e, s, source, sizeof(source));
		snprintf(out, room, "not for this client: %s does not name it", source);
		return;
	case STEP_USABLE: {
		uint32_t slot = e->r->view->world->roster->sets[steered->set].slots[member];
		snprintf(out, room, "%s", standing_text(e->r->view->board->standings[slot]));
		return;
	}
	case STEP_FAST: snprintf(out, room, "over max-latency, and others are not"); return;
	case STEP_LOAD: snprintf(out, room, "over its capacity, which sheds this query"); return;
	case STEP_TIER: why_not_tier(e, steered, member, out, room); return;
	case STEP_PICK:
		snprintf(out, room, "not picked this time (%s, weight %.3g of %u)", pick_word(s->policy.pick),
			 weight_now(e, steered, member), s->weights[member]);
		return;
	case STEP_COUNT: break;
	}
	out[0] = '\0';
}

static struct json_object *removed_json(const struct explainer *e, const struct rrset *set, uint64_t removed,
					enum step step)
{
	struct json_object *list = json_object_new_array();
	for (; removed != 0; removed &= removed - 1) {
		unsigned member = (unsigned)__builtin_ctzll(removed);
		const struct member *m = &set->steered->how->members[member];
		char why[256];
		why_removed(e, set->steered, member, step, why, sizeof(why));
		struct json_object *o = json_object_new_object();
		put(o, "datacenter", text(datacenter_name(e, m)));
		put(o, "record", member_json(e, set, member));
		put(o, "why", text(why));
		json_object_array_add(list, o);
	}
	return list;
}

static void add_step(struct json_object *steps, const char *name, uint64_t left, struct json_object *removed)
{
	struct json_object *o = json_object_new_object();
	put(o, "step", text(name));
	put(o, "left", json_object_new_int(__builtin_popcountll(left)));
	put(o, "removed", removed);
	json_object_array_add(steps, o);
}

static void add_choice(struct explainer *e, const struct rrset *set, const struct choice *choice,
		       struct json_object *steps)
{
	static const char *const names[STEP_COUNT] = {"candidates", "usable", "fast", "load", "tier", "pick"};
	const struct steered *steered = set->steered;
	const struct steering *s = steered->how;
	const struct set_extra *extra = e->r->view->board->sets[steered->set].extra;
	e->choice = choice;
	uint64_t before = steering_all(s);
	for (enum step step = STEP_CANDIDATES; step < STEP_COUNT; step++) {
		if (choice->all_down && (step == STEP_FAST || step == STEP_LOAD))
			continue;
		if (step == STEP_LOAD && (extra == NULL || extra->sheds == NULL))
			continue;
		if (choice->all_down && step == STEP_TIER) {
			char name[64];
			snprintf(name, sizeof(name), "all-down=%s", all_down_word(s->policy.all_down));
			add_step(steps, name, choice_left(choice, step), json_object_new_array());
		} else {
			uint64_t removed = before & ~choice_left(choice, step);
			add_step(steps, names[step], choice_left(choice, step),
				 removed_json(e, set, removed, step));
		}
		before = choice_left(choice, step);
	}
}

/* The order of the datacenters for this client, and where it comes from. */
static struct json_object *orders_json(const struct explainer *e, const struct steered *steered,
				       const struct choice *choice)
{
	const struct steering *s = steered->how;
	char source[128];
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	order_source(e, s, source, sizeof(source));
	put(o, "of", text(set_name(e, steered)));
	put(o, "by", text(source));
	put(o, "datacenters", list);
	if (s->times != NULL) {
		struct json_object *times = explain_times(s, e->r->view, e->r->client.addr);
		for (size_t i = 0; i < json_object_array_length(times); i++) {
			struct json_object *to = json_object_array_get_idx(times, i);
			json_object_array_add(list,
					      json_object_get(json_object_object_get(to, "datacenter")));
		}
		put(o, "times", times);
		return o;
	}
	for (unsigned i = 0; i < choice->order->n; i++)
		json_object_array_add(list, text(e->config->datacenters[choice->order->datacenters[i]].name));
	return o;
}

static void add_answers(const struct answer *a, struct json_object *list, uint32_t *ttl_s)
{
	for (unsigned i = 0; i < a->n; i++) {
		const struct reply_records *p = &a->pieces[i].records;
		if (a->pieces[i].section != SECTION_ANSWER)
			continue;
		uint32_t ttl = p->has_ttl ? p->ttl_s : octets_get32(p->set->octets + RECORD_TTL_AT);
		*ttl_s = ttl < *ttl_s ? ttl : *ttl_s;
		for (unsigned j = 0; j < p->n; j++)
			json_object_array_add(list, rdata_json(p->set->octets + p->picked[j]));
		for (size_t at = 0; p->picked == NULL && at < p->set->octets_len;
		     at += record_len(p->set->octets + at))
			json_object_array_add(list, rdata_json(p->set->octets + at));
	}
}

static void request_query(const struct explain_request *request, struct query *q)
{
	memset(q, 0, sizeof(*q));
	q->name = request->name;
	q->type = request->type;
	q->class = CLASS_IN;
	name_labels(&q->name, q->label_at);
	if (request->from_subnet)
		q->subnet = (struct client_subnet){
			.present = true, .source = request->client.len, .addr = request->client.addr};
}

static struct json_object *client_json(const struct explainer *e, const struct explain_request *request)
{
	struct json_object *o = json_object_new_object();
	char address[ADDR_TEXT_MAX];
	if (request->from_subnet)
		prefix_format(&request->client, address);
	else
		addr_format(&request->client.addr, address);
	put(o, "address", text(address));
	put(o, "from", text(request->from_subnet ? "ecs" : "source"));
	put(o, "place", e->places ? place_json(&e->place) : NULL);
	return o;
}

static struct json_object *compose(struct explainer *e, const struct explain_request *request)
{
	const struct answer *a = &e->r->answer;
	struct json_object *o = json_object_new_object(), *steps = json_object_new_array();
	struct json_object *orders = json_object_new_array(), *answers = json_object_new_array();
	char name[NAME_TEXT_MAX], type[16];
	uint32_t ttl_s = UINT32_MAX;
	for (const struct choice *choice = a->choices; choice < a->choices_end; choice++) {
		json_object_array_add(orders, orders_json(e, choice->set->steered, choice));
		add_choice(e, choice->set, choice, steps);
	}
	add_answers(a, answers, &ttl_s);
	put(o, "name", text(name_format(request->name.octets, name)));
	put(o, "type", text(rdata_type_format(request->type, type)));
	put(o, "client", client_json(e, request));
	put(o, "orders", orders);
	put(o, "steps", steps);
	put(o, "status", text(rcode_text(a->status.rcode)));
	put(o, "ttl", json_object_array_length(answers) > 0 ? json_object_new_int64(ttl_s) : NULL);
	put(o, "answer", answers);
	put(o, "scope",
	    json_object_new_int(e->r->client.from_subnet ? answer_scope(a, &e->r->client) : a->scope));
	return o;
}

struct json_object *explain(const struct view *view, const struct databases *databases,
			    const struct explain_request *request)
{
	struct responder *r = mem_alloc(sizeof(*r));
	struct arrival *arrival = &r->arrivals[0];
	struct explainer e = {.config = view->world->config, .r = r};
	struct addr peer = request->client.addr;
	addr_unmap(&peer);
	picker_seed(&r->picker);
	r->view = view;
	r->query = &arrival->query;
	request_query(request, r->query);
	arrival_find(arrival, view->world->zones);
	client_find(r->query, &peer, &r->client);
	e.places = databases != NULL;
	if (e.places)
		databases_find(databases, r->client.addr, &e.place, NULL);
	answer_clear(&r->answer, RCODE_NOERROR);
	answer_find(r, arrival->node);
	struct json_object *result = compose(&e, request);
	free(r);
	return result;
}
