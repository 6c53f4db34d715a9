/* SPDX-License-Identifier: ISC */
/* From STEER and AT entries to what the steps of a choice work on. */
#include "wire/types.h"
#include "zone/draft.h"
#include "zone/rdata.h"
#include "zone/steerings.h"

#include <stdio.h>
#include <string.h>

enum { AT_ANY = UINT16_MAX };

struct steer_entry steering_policy(const struct draft *draft, const struct draft_steered *owner,
				   const struct config *config)
{
	if (owner->steer != NULL)
		return *owner->steer;
	if (draft->policy != NULL)
		return *draft->policy;
	if (config->n_geomaps == 1)
		return steer_default(METHOD_GEO, 0);
	return steer_default(METHOD_FAILOVER, CONFIG_NONE);
}

static bool holds(const uint16_t *list, size_t n, uint16_t datacenter)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == datacenter)
			return true;
	}
	return false;
}

/* The order that is the same for all clients: the datacenters named, then, where the rest may follow, that of
 * the file. */
static struct order *fixed_order(const struct steering *s, struct arena *arena)
{
	const struct steer_entry *policy = &s->policy;
	struct order *order =
		arena_alloc(arena, sizeof(*order) + s->n_datacenters * sizeof(order->datacenters[0]));
	for (unsigned i = 0; i < policy->n; i++) {
		if (holds(s->datacenters, s->n_datacenters, policy->datacenters[i]))
			order->datacenters[order->n++] = policy->datacenters[i];
	}
	for (unsigned i = 0; i < s->n && (policy->n == 0 || policy->rest); i++) {
		uint16_t datacenter = s->members[i].datacenter;
		if (datacenter != AT_ANY && !holds(order->datacenters, order->n, datacenter))
			order->datacenters[order->n++] = datacenter;
	}
	return order;
}

/* The policy's list, where it has one that is closed, leaves other datacenters out. */
static bool takes_part(const struct steer_entry *policy, uint16_t datacenter)
{
	return policy->n == 0 || policy->rest || holds(policy->datacenters, policy->n, datacenter);
}

/* The distinct datacenters that take part, ascending, and who is in each. */
static void group(struct steering *s, struct arena *arena)
{
	uint16_t list[CANDIDATES_MAX];
	uint64_t masks[CANDIDATES_MAX] = {0}, backups[CANDIDATES_MAX] = {0};
	unsigned n = 0;
	for (unsigned i = 0; i < s->n; i++) {
		uint16_t datacenter = s->members[i].datacenter;
		unsigned at = n;
		if (datacenter == AT_ANY || holds(list, n, datacenter) || !takes_part(&s->policy, datacenter))
			continue;
		for (; at > 0 && list[at - 1] > datacenter; at--)
			list[at] = list[at - 1];
		list[at] = datacenter;
		n++;
	}
	for (unsigned i = 0; i < s->n; i++) {
		uint64_t bit = (uint64_t)1 << i;
		bool backup = (s->backups & bit) != 0;
		if (s->members[i].datacenter == AT_ANY)
			*(backup ? &s->loose_backups : &s->loose) |= bit;
		for (unsigned j = 0; j < n; j++) {
			if (list[j] == s->members[i].datacenter)
				(backup ? backups : masks)[j] |= bit;
		}
	}
	s->n_datacenters = (uint16_t)n;
	s->datacenters = arena_copy(arena, list, n * sizeof(list[0]));
	s->in_datacenter = arena_copy(arena, masks, n * sizeof(masks[0]));
	s->backups_in_datacenter = arena_copy(arena, backups, n * sizeof(backups[0]));
}

static void warn_unused(const struct draft *draft, const struct steering *s, const struct candidate *list,
			const struct zone_context *context)
{
	for (unsigned i = 0; i < s->n; i++) {
		const struct draft_record *r = list[i].record;
		if (!r->steer->entry.backup && r->steer->entry.datacenter != CONFIG_NONE &&
		    !takes_part(&s->policy, (uint16_t)r->steer->entry.datacenter))
			fault_warn(context->faults, draft_spot(draft, r),
				   "never answered: the name's STEER %s does not list \"%s\"",
				   method_word(s->policy.method),
				   context->config->datacenters[r->steer->entry.datacenter].name);
	}
}

/* Folds octets into a hash that is the same on every server. */
static uint64_t fold(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	for (size_t i = 0; i < len; i++)
		hash = name_hash_mix(hash ^ p[i], 0xa0761d6478bd642fu);
	return name_hash_mix(hash ^ len, 0xe7037ed1a0b428dbu);
}

/*
 * What pick=hash knows a candidate by: the name, its datacenter and its data. Names of one group have their
 * data not in common: there it is the group, the datacenter, and the how manieth of that datacenter it is.
 */
static uint64_t identity(const struct config *config, const struct steer_entry *policy,
			 const struct slate *slate, unsigned at)
{
	const char *group = policy->group;
	const struct node *node = slate->owner->node;
	const struct draft_record *r = slate->list[at].record;
	int datacenter = r->steer->entry.datacenter;
	const char *place = datacenter == CONFIG_NONE ? "*" : config->datacenters[datacenter].name;
	uint64_t hash = group != NULL ? fold(1, group, strlen(group)) : fold(2, node->name, node->name_len);
	hash = fold(hash, place, strlen(place));
	if (group == NULL)
		return fold(hash, r->rdata, r->len);
	uint8_t before = 0;
	for (unsigned i = 0; i < at; i++)
		before = (uint8_t)(before + (slate->list[i].record->steer->entry.datacenter == datacenter));
	return fold(hash, &before, 1);
}

/* What the entries say, into a steering with room for all candidates. */
static void say(const struct slate *slate, struct steering *s, uint32_t *weights)
{
	const struct draft_steered *owner = slate->owner;
	uint32_t offset = 0;
	s->weights = weights;
	for (unsigned i = 0; i < slate->n; i++) {
		const struct candidate *c = &slate->list[i];
		const struct draft_record *r = c->record;
		uint64_t bit = (uint64_t)1 << i;
		bool has_record = c->alias == NULL && !c->shadow;
		s->backups |= r->steer->entry.backup ? bit : 0;
		s->heavy |= r->steer->entry.weight > 0 ? bit : 0;
		s->cnames |= c->cname ? bit : 0;
		weights[i] = r->steer->entry.weight;
		s->members[s->n++] = (struct member){
			.record = has_record ? offset : MEMBER_NO_RECORD,
			.ttl_s = r->ttl_given || !owner->steer_has_ttl ? r->ttl_s : owner->steer_ttl_s,
			.datacenter = r->steer->entry.datacenter == CONFIG_NONE
					      ? AT_ANY
					      : (uint16_t)r->steer->entry.datacenter,
		};
		offset += has_record ? (uint32_t)RECORD_RDATA_AT + r->len : 0;
	}
}

/* Enters the set into the roster, under its name. */
static uint32_t enroll(const struct zone_context *context, const struct steering *s,
		       const struct slate *slate)
{
	const struct candidate *list = slate->list;
	uint32_t slots[CANDIDATES_MAX];
	uint16_t weights[CANDIDATES_MAX];
	char name[NAME_TEXT_MAX], type_text[16], text[NAME_TEXT_MAX + 20];
	for (unsigned i = 0; i < s->n; i++) {
		const struct draft_record *r = list[i].record;
		const struct steered *alias = list[i].alias ? list[i].alias->steered : NULL;
		struct roster_want want = {r->steer->entry.datacenter, r->steer->target,
					   s->policy.max_latency_us,   r->steer->entry.state,
					   r->steer->entry.capacity,   alias ? alias->set : ROSTER_NONE};
		slots[i] = roster_slot(context->roster, &want);
		weights[i] = r->steer->entry.weight;
	}
	snprintf(text, sizeof(text), "%s %s", name_format(slate->owner->node->name, name),
		 rdata_type_format(slate->type, type_text));
	return roster_set(context->roster,
			  &(struct roster_set){.n = s->n,
					       .slots = slots,
					       .weights = weights,
					       .pick = s->policy.pick,
					       .answerable = s->answerable,
					       .ttl_s = s->policy.ttl_s,
					       .by_latency = s->policy.method == METHOD_LATENCY ||
							     s->policy.pick == PICK_LEAST_TIME,
					       .name = text});
}

/* Those that some tier can have: not in datacenters that the policy leaves out. */
static uint64_t answerable(const struct steering *s)
{
	uint64_t mask = s->backups | s->loose;
	for (unsigned i = 0; i < s->n_datacenters; i++)
		mask |= s->in_datacenter[i];
	return mask;
}

/* The steering that those candidates share with all that say the same. */
static const struct steering *shared(const struct zone_context *context, const struct steer_entry *policy,
				     const struct slate *slate)
{
	struct arena *arena = context->arena;
	_Alignas(struct steering)
		uint8_t room[sizeof(struct steering) + CANDIDATES_MAX * sizeof(struct member)];
	uint32_t weights[CANDIDATES_MAX];
	struct steering *s = memset(room, 0, sizeof(room));
	s->policy = *policy;
	say(slate, s, weights);
	struct steering *known = steerings_find(context->steerings, s);
	if (known != NULL)
		return known;
	s = arena_copy(arena, s, sizeof(*s) + slate->n * sizeof(s->members[0]));
	s->weights = arena_copy(arena, weights, slate->n * sizeof(weights[0]));
	group(s, arena);
	s->answerable = answerable(s);
	s->order = fixed_order(s, arena);
	steerings_add(context->steerings, s);
	return s;
}

const struct steered *steering_resolve(const struct zone_context *context, const struct slate *slate)
{
	const struct steer_entry policy = steering_policy(slate->draft, slate->owner, context->config);
	const struct steering *s = shared(context, &policy, slate);
	unsigned n = slate->n;
	const struct rrset *aliases[CANDIDATES_MAX];
	uint64_t identities[CANDIDATES_MAX];
	bool any_alias = false;
	for (unsigned i = 0; i < n; i++) {
		aliases[i] = slate->list[i].alias;
		any_alias |= aliases[i] != NULL;
		identities[i] = policy.pick == PICK_HASH ? identity(context->config, &policy, slate, i) : 0;
	}
	struct steered *steered = arena_alloc(context->arena, sizeof(*steered));
	steered->how = s;
	steered->leads = any_alias || s->cnames != 0;
	if (any_alias)
		steered->aliases = arena_copy(context->arena, aliases, n * sizeof(aliases[0]));
	if (policy.pick == PICK_HASH)
		steered->identities = arena_copy(context->arena, identities, n * sizeof(identities[0]));
	warn_unused(slate->draft, s, slate->list, context);
	steered->set = enroll(context, s, slate);
	steered->first_member = context->roster->sets[steered->set].first_member;
	return steered;
}
