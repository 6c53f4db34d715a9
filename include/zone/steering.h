/* SPDX-License-Identifier: ISC */
/* How the candidates of one name and type are steered: what the zone file says, resolved. */
#ifndef ZONE_STEERING_H
#define ZONE_STEERING_H

#include "config/steering.h"
#include "geo/locator.h"
#include "geo/times.h"

#include <stdint.h>

enum { CANDIDATES_MAX = 64, NO_COLUMN = 255 };
enum { MEMBER_NO_RECORD = UINT32_MAX };

/* One AT record; its index is its bit in every mask. */
struct member {
	uint32_t record; /* offset of the record in the rrset's octets; MEMBER_NO_RECORD: of an ALIAS, and of
			    one that has nothing of the type, but takes its turn at a name with CNAME
			    candidates */
	uint32_t ttl_s;
	uint16_t datacenter; /* index into the config's, or UINT16_MAX for AT * */
};

/* How: shared by all sets whose STEER and AT entries say the same but for the data. */
struct steering {
	struct steer_entry policy;
	const struct locator *locator; /* the order for each client; NULL where all clients have one order */
	const struct times_locator *times; /* METHOD_LATENCY: the times for each client; NULL with others */
	const struct order *order;         /* that order; with METHOD_POOL the datacenters that take part */
	bool own_orders;                   /* orders name no datacenter but those below */

	/* The datacenters the candidates are in, ascending, and the candidates in each but for backups. */
	uint16_t n_datacenters;
	const uint16_t *datacenters;
	const uint64_t *in_datacenter;
	const uint64_t *backups_in_datacenter;
	const uint8_t *column; /* by datacenter of the config: index into in_datacenter, or NO_COLUMN */

	uint64_t answerable;    /* some tier of some client can have them */
	uint64_t loose;         /* AT *, but for backups */
	uint64_t backups;       /* backup=yes */
	uint64_t loose_backups; /* of AT * */
	uint64_t heavy;         /* weight above 0 */
	uint64_t cnames;        /* those whose record is a CNAME: an answer has one, and nothing else */
	const uint32_t *weights;
	uint8_t n;
	struct member members[];
};

/* What is steered: the candidates of one name and type. */
struct steered {
	const struct steering *how;
	uint32_t set;          /* of the roster and on the board */
	uint32_t first_member; /* that of the set */
	bool leads;            /* some candidate is a CNAME, or an ALIAS */

	/* What else decides, for some client, where an ALIAS or CNAME among the candidates leads. */
	uint16_t n_reached;
	const struct steered *const *reached;

	const struct rrset *const
		*aliases;           /* by member: what an ALIAS stands for, or NULL; NULL: none is one */
	const uint64_t *identities; /* pick=hash: what each member is known by */
};

/* What a member stands for; NULL where it is no ALIAS. */
static inline const struct rrset *steered_alias(const struct steered *s, unsigned member)
{
	return s->aliases ? s->aliases[member] : NULL;
}

static inline uint64_t steering_all(const struct steering *s)
{
	return s->n == 64 ? UINT64_MAX : ((uint64_t)1 << s->n) - 1;
}

/* The candidates in a datacenter of the config. */
static inline uint64_t steering_in(const struct steering *s, uint16_t datacenter)
{
	uint8_t column = s->column[datacenter];
	return column == NO_COLUMN ? 0 : s->in_datacenter[column];
}

static inline uint64_t steering_backups_in(const struct steering *s, uint16_t datacenter)
{
	uint8_t column = s->column[datacenter];
	return column == NO_COLUMN ? 0 : s->backups_in_datacenter[column];
}

#endif
