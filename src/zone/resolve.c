/* SPDX-License-Identifier: ISC */
/* From STEER and AT entries to what the steps of a choice work on. */
#include "wire/types.h"
#include "zone/draft.h"

#include <string.h>

enum { AT_ANY = UINT16_MAX };

static struct steer_entry effective_policy(const struct draft *draft, const struct draft_owner *owner,
					   const struct config *config)
{
	if (owner->steer != NULL)
		return *owner->steer;
	if (draft->owners[0]->steer != NULL)
		return *draft->owners[0]->steer;
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

/* The distinct datacenters, ascending, and who is in each. */
static void group(struct steering *s, struct arena *arena)
{
	uint16_t list[CANDIDATES_MAX];
	uint64_t masks[CANDIDATES_MAX] = {0};
	unsigned n = 0;
	for (unsigned i = 0; i < s->n; i++) {
		uint16_t datacenter = s->members[i].datacenter;
		unsigned at = n;
		if (datacenter == AT_ANY || holds(list, n, datacenter))
			continue;
		for (; at > 0 && list[at - 1] > datacenter; at--)
			list[at] = list[at - 1];
		list[at] = datacenter;
		n++;
	}
	for (unsigned i = 0; i < s->n; i++) {
		uint64_t bit = (uint64_t)1 << i;
		if (s->backups & bit)
			continue;
		if (s->members[i].datacenter == AT_ANY)
			s->loose |= bit;
		for (unsigned j = 0; j < n; j++) {
			if (list[j] == s->members[i].datacenter)
				masks[j] |= bit;
		}
	}
	s->n_datacenters = (uint16_t)n;
	s->datacenters = arena_copy(arena, list, n * sizeof(list[0]));
	s->in_datacenter = arena_copy(arena, masks, n * sizeof(masks[0]));
}

static void warn_unused(const struct steering *s, const struct draft_record *first,
			const struct zone_context *context)
{
	const struct steer_entry *policy = &s->policy;
	if (policy->n == 0 || policy->rest)
		return;
	for (const struct draft_record *r = first; r != NULL; r = r->next) {
		if (r->type != first->type || r->steer->backup || r->steer->datacenter == CONFIG_NONE)
			continue;
		if (!holds(policy->datacenters, policy->n, (uint16_t)r->steer->datacenter))
			fault_warn(context->faults, r->at,
				   "never answered: the name's STEER %s does not list \"%s\"",
				   method_word(policy->method),
				   context->config->datacenters[r->steer->datacenter].name);
	}
}

struct steering *steering_resolve(const struct draft *draft, const struct draft_owner *owner, uint16_t type,
				  const struct zone_context *context)
{
	const struct draft_record *first = draft_first(owner, type);
	unsigned n = 0;
	for (const struct draft_record *r = first; r != NULL; r = r->next)
		n += r->type == type;

	struct steering *s = arena_alloc(context->arena, sizeof(*s) + n * sizeof(s->members[0]));
	uint32_t slots[CANDIDATES_MAX], record = 0;
	s->policy = effective_policy(draft, owner, context->config);
	s->single = type == TYPE_CNAME;
	for (const struct draft_record *r = first; r != NULL; r = r->next) {
		if (r->type != type)
			continue;
		struct roster_want want = {r->steer->datacenter, r->target, s->policy.max_latency_us,
					   r->steer->state};
		slots[s->n] = roster_slot(context->roster, &want);
		s->backups |= (uint64_t)r->steer->backup << s->n;
		s->heavy |= (uint64_t)(r->steer->weight > 0) << s->n;
		s->members[s->n++] = (struct member){
			.record = record,
			.ttl_s = r->ttl_given || !owner->steer_has_ttl ? r->ttl_s : owner->steer_ttl_s,
			.weight = r->steer->weight,
			.datacenter =
				r->steer->datacenter == CONFIG_NONE ? AT_ANY : (uint16_t)r->steer->datacenter,
		};
		record += RECORD_RDATA_AT + r->len;
	}
	group(s, context->arena);
	warn_unused(s, first, context);
	s->order = fixed_order(s, context->arena);
	s->set = roster_set(context->roster, context->arena, slots, s->n);
	return s;
}
