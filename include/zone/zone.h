/* SPDX-License-Identifier: ISC */
/*
 * Zones as queries see them: immutable hash tables of names. Every ancestor of a name down from the apex is a
 * node too (an empty non-terminal), so whether an ancestor exists is monotone in its depth, and the closest
 * encloser is found by bisection:
 *
 *   zones ── cells (hash of apex) ──> zone ── cells (hash of name) ──> node ── sets ──> rrset
 *                                                                       ├─ wildcard ──> node "*.…"
 *                                                                       └─ cut ───────> the delegation above
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
	uint32_t wildcard; /* refers to the child `*` */
	uint32_t cut;      /* to the delegation that this is, or is below; 0: authoritative data */
	uint16_t n_sets;
	bool dname; /* has a DNAME */
	uint8_t name_len;
	uint8_t name[]; /* lower case */
};

struct zone_cell {
	uint32_t hash;
	uint32_t node; /* refers to it; 0: empty */
};

struct zone {
	const struct name *apex; /* as long as it is, for there may be many zones */
	uint32_t number;         /* index into zones.list */
	uint64_t seed;
	uint32_t mask; /* cells less one; a power of two less one */
	uint8_t labels_max;
	const struct zone_cell *cells;
	const uint8_t *nodes;
	size_t nodes_len; /* octets of all, see zone_next() */
	const struct node *apex_node;
	struct rrset soa;      /* with its own TTL */
	struct rrset negative; /* with the TTL of negative answers (RFC 2308 §5) */
	uint64_t digest;       /* zone_digest() */
	size_t n_steered;
	struct rrset *const *steered; /* for world to complete */
	struct draft *draft;          /* until zones_link(); NULL where there is nothing to link */
};

struct zones {
	uint64_t seed;
	size_t n;
	const struct zone *const *list;
	uint32_t mask;
	const struct zone *const *cells; /* by the hash of the apex; NULL: empty */
	uint8_t apex_labels_max;
	uint8_t labels_max;
};

/* The node that a cell, or another node, refers to: by its offset in eights of an octet, plus 1; 0: none. */
static inline const struct node *zone_ref(const struct zone *zone, uint32_t ref)
{
	return ref == 0 ? NULL : (const struct node *)(zone->nodes + (size_t)(ref - 1) * 8);
}

/* The node behind another in the order of the file, the apex being the first; NULL: that was the last. */
static inline const struct node *zone_next(const struct zone *zone, const struct node *node)
{
	size_t len = (offsetof(struct node, name) + node->name_len + 7) & ~(size_t)7;
	const uint8_t *next = (const uint8_t *)node + len;
	return next == zone->nodes + zone->nodes_len ? NULL : (const struct node *)(uintptr_t)next;
}

/* What a zone is loaded with. */
struct zone_context {
	const struct config *config;
	struct roster *roster; /* gains what the candidates depend on */
	struct arena *arena;   /* keeps the zone */
	struct faults *faults;
	uint64_t seed;
	struct steerings *steerings; /* what their names may share */
};

/* Reads, checks and builds one zone; NULL where it has an error, all of which are among the faults. */
struct zone *zone_load(const struct zone_context *context, const struct zone_file *file);

/* The same from a text in memory (tests, fuzzing). */
struct zone *zone_load_text(const struct zone_context *context, const struct zone_file *file,
			    const char *text, size_t len);

/* The table of zones. Two with one apex were refused by the config. */
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

/* A name on its way through the tables. */
struct lookup {
	const struct name *name;
	const uint8_t *label_at;              /* see name_labels() */
	uint64_t hashes[NAME_LABELS_MAX + 1]; /* of the ancestor that begins at each label; only the deepest
						 that tables can hold */
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
void zones_find(const struct zones *zones, struct lookup *lookup, uint16_t type, struct match *out);

/* The zone of exactly that apex, or NULL. */
const struct zone *zones_apex(const struct zones *zones, const struct name *apex);

/* Goes on within a zone that is known already (the target of a CNAME). False: the name is outside of it. */
bool zone_find(const struct zone *zone, struct lookup *lookup, uint16_t type, struct match *out);

/* The node of exactly this name, or NULL. For additional addresses and tools. */
const struct node *zone_node(const struct zone *zone, const struct name *name);

/* The rrset of a type at a node, or NULL. */
static inline const struct rrset *node_rrset(const struct node *node, uint16_t type)
{
	for (unsigned i = 0; i < node->n_sets; i++) {
		if (node->sets[i].type == type)
			return &node->sets[i];
	}
	return NULL;
}

#endif
