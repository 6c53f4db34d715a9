/* SPDX-License-Identifier: ISC */
/* A zone while its file is read: names and their records in the order they came. Private to zone/. */
#ifndef ZONE_DRAFT_H
#define ZONE_DRAFT_H

#include "zone/zone.h"

struct draft_record {
	struct draft_record *next;
	struct spot at;         /* of its type */
	struct at_entry *steer; /* NULL: a plain record */
	uint32_t target;        /* AT: that of its own check, or ROSTER_NONE */
	uint32_t ttl_s;
	bool ttl_given; /* in its own entry */
	uint16_t type;
	uint16_t len;
	uint8_t rdata[];
};

struct draft_owner {
	struct draft_owner *parent; /* NULL: the apex */
	struct draft_record *first, *last;
	struct steer_entry *steer; /* NULL: the name has no STEER entry */
	struct spot steer_at;
	bool steer_has_ttl;
	uint32_t steer_ttl_s;
	bool address_wanted;     /* the target of an NS: it may stand below a delegation */
	struct draft_owner *cut; /* set by draft_check(): the delegation it is or is below */
	struct node *node;       /* set by zone_freeze() */
	struct name name;
};

struct draft {
	struct arena *arena; /* temporary: freed with the draft */
	uint64_t seed;
	size_t n, cap;
	struct draft_owner **owners; /* parents before their children; the apex first */
	size_t room;
	struct draft_owner **cells;
};

struct draft *draft_new(const struct name *apex, uint64_t seed);
void draft_free(struct draft *draft);

/* The owner of this name, which is in the zone; made, with all its ancestors, where there is none. */
struct draft_owner *draft_owner(struct draft *draft, const struct name *name);

/* The owner of this name, or NULL. */
struct draft_owner *draft_find(const struct draft *draft, const struct name *name);

/* Adds a record of `len` octets of RDATA behind the owner's others. The caller fills in the rest of it. */
struct draft_record *draft_add(struct draft *draft, struct draft_owner *owner, uint16_t type,
			       const uint8_t *rdata, uint16_t len);

/* The owner's first record of a type, or NULL. */
struct draft_record *draft_first(const struct draft_owner *owner, uint16_t type);

/*
 * Checks what a zone must be; adds a fault for each thing it is not. Sets `cut`. `whole`: no entry was
 * refused, so that what is missing is really missing.
 */
void draft_check(struct draft *draft, const struct zone_context *context, const struct zone_file *file,
		 bool whole);

/* Builds the zone for queries. The draft has no error. */
struct zone *zone_freeze(struct draft *draft, const struct zone_context *context);

/* Resolves how the candidates of a type are steered; they are records of `owner`, `n` of them. Part of
 * zone_freeze(). */
struct steering *steering_resolve(const struct draft *draft, const struct draft_owner *owner, uint16_t type,
				  const struct zone_context *context);

#endif
