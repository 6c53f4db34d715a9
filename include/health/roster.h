/* SPDX-License-Identifier: ISC */
/*
 * Whose health a world depends on. Built once with the world; equal things are one thing, so that an address
 * is polled once however many names use it:
 *
 *   set (the candidates of a name and type) ─> slots ─┬─> datacenter ─> target (address + check)
 *                                                     ├─> the record's own target
 *                                                     ├─> paces (a target's latency against a limit)
 *                                                     └─> another set, that an ALIAS leads to
 *
 * The target of a calc check is not polled: it has parts, targets at the same address.
 */
#ifndef HEALTH_ROSTER_H
#define HEALTH_ROSTER_H

#include "base/arena.h"
#include "config/steering.h"

#include <stdint.h>

enum { ROSTER_NONE = UINT32_MAX };

/* What is polled. */
struct roster_target {
	struct endpoint address; /* with a port, where the check needs one */
	const struct check *check;
	uint32_t first_pace;   /* its paces are a list through roster_pace.next; ROSTER_NONE at the end */
	const uint32_t *parts; /* calc: as many targets as the check has parts */
	uint32_t first_use;    /* the calcs it is a part of are a list through roster_use.next */
};

/* A target is a part of a calc. */
struct roster_use {
	uint32_t calc;
	uint32_t next; /* of the same part */
};

/* A limit on the latency of a target. */
struct roster_pace {
	uint32_t target;
	uint32_t limit_us;
	uint32_t next; /* of the same target */
};

/* All that decides whether a candidate is usable; candidates that depend on the same share a slot. */
struct roster_slot {
	int datacenter;         /* CONFIG_NONE for AT * */
	uint32_t target;        /* the record's own, or ROSTER_NONE */
	uint32_t paces[2];      /* of the datacenter's target and of its own, or ROSTER_NONE */
	enum admin_state state; /* the record's */
	struct range capacity;  /* the record's */
	uint32_t alias; /* the set it leads to, which comes before all that lead to it; or ROSTER_NONE */
};

/* The candidates of one name and type, as slots, and what of their policy changes with their health. */
struct roster_set {
	uint32_t n;
	uint32_t first_member; /* the number of its first candidate among those of all sets; set by
				  roster_set() */
	const uint32_t *slots;
	const uint16_t *weights;
	enum pick pick;
	uint64_t answerable; /* those that the policy can ever answer with */
	struct range ttl_s;
	bool by_latency;  /* its answers follow the latency of checks */
	const char *name; /* of the set, for people: "www.app.example.com. A" */
};

struct roster_index;

struct roster {
	const struct config *config;
	struct arena *arena;
	uint32_t n_targets, n_paces, n_slots, n_sets, n_calcs, n_uses;
	uint32_t n_members; /* candidates of all sets */
	struct roster_target *targets;
	struct roster_pace *paces;
	struct roster_slot *slots;
	struct roster_set *sets;
	uint32_t *calcs; /* the targets of calc checks */
	struct roster_use *uses;
	const uint32_t *datacenter_targets; /* by datacenter, ROSTER_NONE where it has no check */
	bool has_ttl_ranges;                /* some set's TTL follows its health */
	bool has_loads;                     /* some set's answers follow the connections of targets */
	bool has_latencies;                 /* some set's follow their latency */
	struct roster_index *index;         /* while building */
};

/* A roster with the targets of the config's datacenters. */
struct roster *roster_new(const struct config *config);
void roster_free(struct roster *roster);

/* Each returns the id of the thing, a new one only where there is no equal one. */
uint32_t roster_target(struct roster *roster, const struct endpoint *address, const struct check *check);

/* `limit_us` is that of the name, 0 for the datacenter's. */
struct roster_want {
	int datacenter;
	uint32_t target;
	uint32_t limit_us;
	enum admin_state state;
	struct range capacity;
	uint32_t alias;
};
uint32_t roster_slot(struct roster *roster, const struct roster_want *want);

/* Adds a set, whose lists and name are copied. Sets are not shared: each has its own masks on the board. */
uint32_t roster_set(struct roster *roster, const struct roster_set *set);

#endif
