/* SPDX-License-Identifier: ISC */
/* A zone while its file is read: names and their records in the order they came. Private to zone/. */
#ifndef ZONE_DRAFT_H
#define ZONE_DRAFT_H

#include "zone/zone.h"

/* The type of ALIAS entries, whose RDATA is the target's name; no record has it. */
enum { DRAFT_ALIAS = 0 };

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
	enum { LINK_WAITS, LINK_UNDER_WAY, LINK_DONE } link; /* of zones_link() */
	unsigned alias_depth; /* likewise: how many ALIAS there are at most from here to the end */
	uint32_t way;         /* of draft_check_loops(): which way along CNAMEs came here first; 0: none */
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

/* Parts of it, after `cut` is set: aliases that lead in a circle, and what no message can hold. */
void draft_check_loops(struct draft *draft, struct faults *faults);
void draft_check_sizes(const struct draft *draft, const struct draft_owner *owner, struct faults *faults);

/*
 * Builds the zone for queries. The draft has no error. Owners with ALIAS entries, or with CNAME beside other
 * candidates, get their steered rrsets from zones_link(), for which the zone then keeps the draft.
 */
struct zone *zone_freeze(struct draft *draft, const struct zone_context *context);

/* One candidate of an rrset that is to be built. */
struct candidate {
	const struct draft_record *record;
	const struct rrset *alias; /* what it stands for; NULL: its record */
	bool shadow;               /* it has nothing of the type */
	bool cname;                /* it is a CNAME, or stands for one */
};

/* Whether the name's candidates can be CNAME and other data by turns, or stand for other names. */
bool draft_owner_linked(const struct draft_owner *owner);

/* Builds an rrset of those candidates, `n` of at most CANDIDATES_MAX. */
void rrset_steer(const struct zone_context *context, const struct draft *draft,
		 const struct draft_owner *owner, uint16_t type, const struct candidate *list, unsigned n,
		 struct rrset *out);

/* Encodes a record as rrset.h says; returns what is behind it. */
uint8_t *record_encode(uint8_t *p, const struct draft_record *record, uint32_t ttl_s);

/* The name's policy: its own, that of the apex, or the default. */
struct steer_entry steering_policy(const struct draft *draft, const struct draft_owner *owner,
				   const struct config *config);

/* Finds what the candidates of each steered rrset may lead to. Part of zones_link(). */
void zones_reach(const struct zone_context *context, const struct zones *zones);

/* Resolves how those candidates are steered. Part of rrset_steer(). */
const struct steered *steering_resolve(const struct zone_context *context, const struct draft *draft,
				       const struct draft_owner *owner, uint16_t type,
				       const struct candidate *list, unsigned n);

#endif
