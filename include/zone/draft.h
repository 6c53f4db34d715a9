/* SPDX-License-Identifier: ISC */
/* A zone while its file is read: names and their records in the order they came. Private to zone/. */
#ifndef ZONE_DRAFT_H
#define ZONE_DRAFT_H

#include "zone/zone.h"

/* The type of ALIAS entries, whose RDATA is the target's name; no record has it. */
enum { DRAFT_ALIAS = 0 };

/* What an AT entry says of its record. */
struct draft_at {
	struct at_entry entry;
	uint32_t target; /* that of its own check, or ROSTER_NONE */
};

/* A large zone has a record of each of millions of names, so this is kept small. */
struct draft_record {
	struct draft_record *next;
	const struct draft_at *steer; /* NULL: a plain record */
	uint32_t ttl_s : 31;
	uint32_t ttl_given : 1; /* in its own entry */
	uint32_t line, column;  /* of its type */
	uint32_t file;          /* index into the draft's */
	uint16_t type;
	uint16_t len;
	uint8_t rdata[];
};

/* What only a name with STEER, AT or ALIAS entries has. */
struct draft_steered {
	const struct steer_entry *steer; /* NULL: the name has no STEER entry */
	struct spot steer_at;
	bool steer_has_ttl;
	uint32_t steer_ttl_s;
	const struct draft_record *first;                    /* set by zone_freeze(), with what is below */
	struct node *node;                                   /* its name is there from draft_settle() on */
	enum { LINK_WAITS, LINK_UNDER_WAY, LINK_DONE } link; /* of zones_link() */
	unsigned alias_depth; /* likewise: how many ALIAS there are at most from here to the end */
};

/*
 * A name. It stands where its node will, and zone_freeze() makes it that: so a zone that is read takes little
 * more than one that is served.
 */
struct draft_owner {
	struct draft_record *records; /* until draft_settle() the last of a ring; then the first of a list */
	uint32_t steered;             /* the draft's, plus 1; 0: all of the name is plain */
	uint32_t cut; /* set by draft_check(): the delegation it is or is below, as zone_ref() takes it */
	uint8_t labels;
	bool address_wanted; /* the target of an NS: it may stand below a delegation */
	bool parent;         /* a name stands below it, other than its child `*` */
	uint8_t name_len;
	uint8_t name[];
};

/* Memory of records; given back as soon as all of them are frozen. */
struct draft_block {
	uint8_t *octets;
	size_t size, used;
	size_t waiting; /* records that are not frozen */
};

/* A cell of the hash table of its names. */
struct draft_cell {
	uint32_t hash;
	uint32_t owner; /* refers to it; 0: empty */
};

struct draft {
	struct arena *arena; /* temporary: freed with the draft */
	uint64_t seed;
	struct name apex;

	size_t n, size, cap;
	uint8_t *owners; /* one behind the other, parents before their children; the apex first */
	bool settled;    /* they are the world's arena's, to become the zone's */
	uint8_t *room;   /* that small ones were in until then */
	uint32_t mask;   /* cells less one */
	struct draft_cell *cells;

	size_t n_blocks, cap_blocks;
	struct draft_block *blocks;
	size_t freezing; /* the block that was looked at last */
	size_t n_files, cap_files;
	char **files;
	size_t n_steered, cap_steered;
	struct draft_steered **steered; /* when frozen, in the order of the names */
	size_t n_linked, cap_linked;
	struct rrset **linked;            /* what zones_link() has made, to go into the zone's `steered` */
	bool dnames;                      /* there is a DNAME */
	const struct steer_entry *policy; /* of the apex; NULL: it has no STEER. Set by draft_settle() */
};

/* `again` is NULL, or what draft_leave() has returned, and taken over. */
struct draft *draft_new(struct draft *again, const struct name *apex, uint64_t seed);
void draft_free(struct draft *draft);

/* Done with: frees it and returns NULL, or returns it where it has so little that the next may have that. */
struct draft *draft_leave(struct draft *draft);

/*
 * The owner of this name, which is in the zone; made, with all its ancestors, where there is none. Valid
 * until the next call.
 */
struct draft_owner *draft_owner(struct draft *draft, const struct name *name);

/* The owner of this name, or NULL. */
struct draft_owner *draft_find(const struct draft *draft, const struct name *name);

/* The first owner, which is the apex, and the one behind another, or NULL: parents before children. */
static inline struct draft_owner *draft_apex(const struct draft *draft)
{
	return (struct draft_owner *)draft->owners;
}

struct draft_owner *draft_next(const struct draft *draft, const struct draft_owner *owner);

/* The name above; NULL: it is the apex. */
struct draft_owner *draft_parent(const struct draft *draft, const struct draft_owner *owner);

/* The delegation that it is or is below, or NULL. */
struct draft_owner *draft_cut(const struct draft *draft, const struct draft_owner *owner);

/* What zone_ref() takes. */
uint32_t draft_ref(const struct draft *draft, const struct draft_owner *owner);

/* What it has of STEER entries, or NULL; draft_steer() makes it where there is nothing. */
static inline struct draft_steered *draft_steered(const struct draft *draft, const struct draft_owner *owner)
{
	return owner->steered ? draft->steered[owner->steered - 1] : NULL;
}

struct draft_steered *draft_steer(struct draft *draft, struct draft_owner *owner);

/* The number of a file's name, which is copied. */
uint32_t draft_file(struct draft *draft, const char *name);

/* Adds a record of `len` octets of RDATA behind the owner's others. The caller fills in the rest of it. */
struct draft_record *draft_add(struct draft *draft, struct draft_owner *owner, uint16_t type,
			       const uint8_t *rdata, uint16_t len);

/* Where the record's type stands in its file. */
static inline struct spot draft_spot(const struct draft *draft, const struct draft_record *record)
{
	return (struct spot){draft->files[record->file], record->line, record->column};
}

/* The first record of a type from this one on, or NULL. */
static inline struct draft_record *draft_first(const struct draft_record *record, uint16_t type)
{
	while (record != NULL && record->type != type)
		record = record->next;
	return (struct draft_record *)(uintptr_t)record;
}

/* The zone is read: owners go where they stay, in the arena that keeps the zone, and have lists of records.
 */
void draft_settle(struct draft *draft, struct arena *arena);

/* The record is frozen; it may be gone. */
void draft_drop(struct draft *draft, const struct draft_record *record);

/*
 * Checks what a zone must be; adds a fault for each thing it is not. Sets `cut`. `whole`: no entry was
 * refused, so that what is missing is really missing.
 */
void draft_check(struct draft *draft, const struct zone_context *context, const struct zone_file *file,
		 bool whole);

/* Parts of it, after `cut` is set: aliases that lead in a circle, and what no message can hold. */
void draft_check_loops(const struct draft *draft, struct faults *faults);
void draft_check_sizes(const struct draft *draft, const struct draft_owner *owner, struct faults *faults);

/*
 * Builds the zone for queries. The draft has no error. Names with ALIAS entries, or with CNAME beside other
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

/* All of them, of one name and type, in the order of the file. */
struct slate {
	const struct draft *draft;
	const struct draft_steered *owner;
	uint16_t type;
	unsigned n;
	struct candidate list[CANDIDATES_MAX];
};

/* Without candidates so far. Their room is left as it is: there are names without number. */
static inline void slate_begin(struct slate *slate, const struct draft *draft,
			       const struct draft_steered *owner, uint16_t type)
{
	slate->draft = draft;
	slate->owner = owner;
	slate->type = type;
	slate->n = 0;
}

/* Whether the name's candidates can be CNAME and other data by turns, or stand for other names. */
bool draft_linked(const struct draft_record *first);

/* Builds an rrset of those candidates. */
void rrset_steer(const struct zone_context *context, const struct slate *slate, struct rrset *out);

/* Encodes a record as rrset.h says; returns what is behind it. */
uint8_t *record_encode(uint8_t *p, const struct draft_record *record, uint32_t ttl_s);

/* The name's policy: its own, that of the apex, or the default. */
struct steer_entry steering_policy(const struct draft *draft, const struct draft_steered *owner,
				   const struct config *config);

/* Finds what the candidates of each steered rrset may lead to. Part of zones_link(). */
void zones_reach(const struct zone_context *context, const struct zones *zones);

/* Resolves how those candidates are steered. Part of rrset_steer(). */
const struct steered *steering_resolve(const struct zone_context *context, const struct slate *slate);

#endif
