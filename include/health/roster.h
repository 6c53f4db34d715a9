/* SPDX-License-Identifier: ISC */
/*
 * Whose health a world depends on. Built once with the world; equal things are one thing, so that an address
 * is polled once however many names use it:
 *
 *   set (the candidates of a name and type) ─> slots ─┬─> datacenter ─> target (address + check)
 *                                                     ├─> the record's own target
 *                                                     └─> paces (a target's latency against a limit)
 */
#ifndef HEALTH_ROSTER_H
#define HEALTH_ROSTER_H

#include "base/arena.h"
#include "config/config.h"

#include <stdint.h>

enum { ROSTER_NONE = UINT32_MAX };

/* What is polled. */
struct roster_target {
	struct endpoint address; /* with a port */
	const struct check *check;
	uint32_t first_pace; /* its paces are a list through roster_pace.next; ROSTER_NONE at the end */
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
};

/* The candidates of one name and type, as slots. */
struct roster_set {
	uint32_t n;
	const uint32_t *slots;
};

struct roster_index;

struct roster {
	const struct config *config;
	uint32_t n_targets, n_paces, n_slots, n_sets;
	struct roster_target *targets;
	struct roster_pace *paces;
	struct roster_slot *slots;
	struct roster_set *sets;
	const uint32_t *datacenter_targets; /* by datacenter, ROSTER_NONE where it has no check */
	struct roster_index *index;         /* while building */
};

/* A roster with the targets of the config's datacenters. The arena keeps what sets are made of; roster_free()
 * the rest. */
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
};
uint32_t roster_slot(struct roster *roster, const struct roster_want *want);

/* Sets are not shared: each has its own masks on the board. */
uint32_t roster_set(struct roster *roster, struct arena *arena, const uint32_t *slots, uint32_t n);

#endif
