/* SPDX-License-Identifier: ISC */
/*
 * Zones as queries see them: one immutable hash table of all names. Most queries are for a name that is
 * there, and is all that there is to find:
 *
 *   zones ── cells (hash of name) ──> node ── sets ───> rrset
 *                                      ├─ zone
 *                                      └─ refers to: the delegation above, or node "*.…"
 *
 * Where it is not, the deepest apex above it is looked for in the same table, and then the closest encloser
 * in that zone. Every ancestor of a name down from the apex is a node too (an empty non-terminal), so whether
 * one exists is monotone in its depth, and bisection finds the deepest.
 *
 * A zone's nodes are one stretch of memory, so they refer to each other by 32 bits: see zone_ref().
 */
#ifndef ZONE_ZONE_H
#define ZONE_ZONE_H

#include "base/arena.h"
#include "base/fault.h"
#include "config/config.h"
#include "health/roster.h"
#include "wire/name.h"
#include "wire/rrset.h"
#include "zone/steering.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node {
	const struct rrset *sets;
	uint32_t zone;   /* its number */
	uint32_t refers; /* `cut`: to the delegation that this is, or is below; else to the child `*`, or 0 */
	uint16_t n_sets;
	bool apex : 1;
	bool cut : 1;      /* no authoritative data */
	bool dname : 1;    /* has a DNAME */
	bool parent : 1;   /* there are names below it, and not just its child `*` */
	bool direct : 1;   /* what is asked for by this name is asked of this node, whatever the type */
	bool referred : 1; /* its sets are those of a struct delegation */
	uint8_t name_len;
	uint8_t name[]; /* lower case */
};

/* The rrsets of a delegation, and before them what whoever asks for a name below it is told. */
struct delegation {
	const struct prepared *referral;
	struct rrset sets[];
};

struct zone {
	const struct name *apex;   /* as long as it is, for there may be many zones */
	uint32_t number;           /* index into zones.list */
	const struct zones *zones; /* whose table has its nodes */
	uint8_t labels_max;
	bool cuts; /* it has delegations */
	const uint8_t *nodes;
	size_t n_nodes, nodes_len; /* how many, and octets of all, see zone_next() */
	const struct node *apex_node;
	struct rrset soa;              /* with its own TTL */
	struct rrset negative;         /* with the TTL of negative answers (RFC 2308 §5) */
	const struct prepared *denial; /* that, as most negative answers have it */
	uint64_t digest;               /* zone_digest() */
	size_t n_steered;
	struct rrset *const *steered; /* for world to complete */
	struct draft *draft;          /* until zones_link(); NULL where there is nothing to link */
};

struct zones {
	uint64_t seed;
	size_t n;
	const struct zone *const *list;
	size_t mask;           /* cells less one; a power of two less one */
	const uint64_t *cells; /* a node's address, which takes 48 bits, below 16 of the hash; 0: empty */
	uint8_t labels_max;
	uint8_t n_depths;
	uint8_t depths[NAME_LABELS_MAX + 1]; /* how many labels apexes have, the most first */
};

/* The node that another refers to: by its offset in eights of an octet, plus 1; 0: none. */
static inline const struct node *zone_ref(const struct zone *zone, uint32_t ref)
{
	return ref == 0 ? NULL : (const struct node *)(zone->nodes + (size_t)(ref - 1) * 8);
}

/* The delegation that a node is, or is below, and its child `*`; or NULL. */
static inline const struct node *zone_cut(const struct zone *zone, const struct node *node)
{
	return node->cut ? zone_ref(zone, node->refers) : NULL;
}

static inline const struct node *zone_wildcard(const struct zone *zone, const struct node *node)
{
	return node->cut ? NULL : zone_ref(zone, node->refers);
}

/* The node behind another in the order of the file, the apex being the first; NULL: that was the last. */
static inline const struct node *zone_next(const struct zone *zone, const struct node *node)
{
	size_t len = (offsetof(struct node, name) + node->name_len + 7) & ~(size_t)7;
	const uint8_t *next = (const uint8_t *)node + len;
	return next == zone->nodes + zone->nodes_len ? NULL : (const struct node *)(uintptr_t)next;
}

struct room_watch;
struct loader;

/* What a zone is loaded with. */
struct zone_context {
	const struct config *config;
	struct roster *roster; /* gains what the candidates depend on */
	struct arena *arena;   /* keeps the zone */
	struct faults *faults;
	uint64_t seed;
	struct steerings *steerings; /* what their names may share */
	struct room_watch *room;     /* NULL: whatever it takes is there */
	struct loader *loader;       /* what many zones are read with; NULL: each has its own */
};

/* What zones are read with one after the other, for contexts with these faults. */
struct loader *loader_new(struct faults *faults);
void loader_free(struct loader *loader);

/* Reads, checks and builds one zone; NULL where it has an error, all of which are among the faults. */
struct zone *zone_load(const struct zone_context *context, const struct zone_file *file);

/* The same from a text in memory (tests, fuzzing). */
struct zone *zone_load_text(const struct zone_context *context, const struct zone_file *file,
			    const char *text, size_t len);

/* The table of all zones' names, which get their numbers. Two with one apex were refused by the config. */
struct zones *zones_new(struct zone **list, size_t n, uint64_t seed, struct arena *arena);

/*
 * Makes the candidates that depend on other names, of any zone: ALIAS, and what a CNAME may lead to. Adds
 * faults for loops, and for targets that are not there. To be called once for all zones, also where they have
 * errors: it frees what was kept for it.
 */
void zones_link(const struct zone_context *context, const struct zones *zones);

/*
 * A hash of what the zone says, in the order of its file, but for the SOA's serial: equal for a zone that was
 * read again unchanged. To be called once all zones are linked.
 */
uint64_t zone_digest(const struct zone *zone, const struct config *config);

/* The serial of the zone's SOA. */
static inline uint32_t zone_serial(const struct zone *zone)
{
	const uint8_t *p = zone->soa.octets + zone->soa.octets_len - 20;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Is serial `a` above `b` (RFC 1982 §3.2)? */
static inline bool serial_above(uint32_t a, uint32_t b)
{
	return a != b && a - b < 0x80000000u;
}

/* A name on its way through the table. */
struct lookup {
	const struct name *name;
	const uint8_t *label_at; /* see name_labels() */
};

enum match_kind {
	MATCH_REFUSED,    /* no zone of ours */
	MATCH_NODE,       /* node: the name itself, or the wildcard that stands for it */
	MATCH_NXDOMAIN,   /* nothing */
	MATCH_DELEGATION, /* node: the delegation */
	MATCH_DNAME,      /* node: the DNAME above the name */
};

struct match {
	enum match_kind kind;
	bool wildcard;
	const struct zone *zone;
	const struct node *node;
};

/* Finds a name's zone and its node in it: a DS is asked of the parent (RFC 4035 §3.1.4.1). */
void zones_find(const struct zones *zones, const struct lookup *lookup, uint16_t type, struct match *out);

/* Prepares the zone's referrals; part of zones_new(). */
void zone_refer(const struct zone *zone, struct arena *arena);

/* The zone of exactly that apex, or NULL. */
const struct zone *zones_apex(const struct zones *zones, const struct name *apex);

/* The node of exactly this name, or NULL. For tools. */
const struct node *zone_node(const struct zone *zone, const struct name *name);

/* The node of a host that a record names, or NULL. */
const struct node *zone_host(const struct zone *zone, const uint8_t *octets);

/* The rrset of a type at a node, or NULL. */
static inline const struct rrset *node_rrset(const struct node *node, uint16_t type)
{
	for (const struct rrset *set = node->sets, *end = set + node->n_sets; set < end; set++) {
		if (set->type == type)
			return set;
	}
	return NULL;
}

/* The same, but for one that is steered: of a host's addresses whoever they suit asks by itself. */
static inline const struct rrset *node_plain(const struct node *node, uint16_t type)
{
	const struct rrset *set = node_rrset(node, type);
	return set != NULL && set->steered == NULL ? set : NULL;
}

/* What is prepared of a delegation, or NULL. */
static inline const struct prepared *node_referral(const struct node *node)
{
	if (!node->referred)
		return NULL;
	const char *sets = (const char *)node->sets;
	return ((const struct delegation *)(sets - offsetof(struct delegation, sets)))->referral;
}

#endif
