/* SPDX-License-Identifier: ISC */
/* What a query is answered with, before it is written: pointers into the world, and the choices made on the
 * way. */
#ifndef ANSWER_ANSWER_H
#define ANSWER_ANSWER_H

#include "answer/arrival.h"
#include "steer/choose.h"
#include "wire/reply.h"
#include "world/world.h"

enum {
	CHAIN_MAX = 12,   /* CNAMEs and DNAMEs followed in one answer */
	PIECES_MAX = 64,  /* rrsets in one answer */
	ALIASES_MAX = 80, /* choices made in one answer before none is made for an ALIAS: a name has 64 */
	CHOICES_MAX = CHAIN_MAX + ALIASES_MAX,
};

/* One rrset of the answer, or what was chosen of it. */
struct piece {
	struct reply_records records;
	enum section section;
	bool glue; /* of a name server within the delegation: without it the answer is of no use (RFC 9471) */
};

/* A CNAME made from a DNAME (RFC 6672 §3.1), with its octets. */
struct synthesis {
	struct rrset set;
	uint8_t octets[RECORD_RDATA_AT + NAME_OCTETS_MAX];
};

struct answer {
	struct reply_status status; /* its scope, as the client counts it, is set by who sends the reply */
	struct match match;         /* what the question led to first */
	struct match followed;      /* what a CNAME or DNAME led to */
	const struct match *at;     /* that of them which is looked at */
	const uint8_t *owner;       /* whose records that has; NULL: the question's name */
	bool located;               /* the client's address was looked at */
	bool hosts;                 /* it names some whose addresses go along */
	bool all_down;              /* nothing was usable of a name on the way, and its all-down decided */
	uint8_t scope;              /* bits of the client's address that it depends on */
	unsigned n, n_syntheses;
	struct choice *choices_end; /* behind the last of `choices` */
	struct piece pieces[PIECES_MAX + 1];
	struct choice choices[CHOICES_MAX];
	struct synthesis syntheses[CHAIN_MAX];
	struct name target; /* the name that a CNAME leads to */
	uint8_t target_labels[NAME_LABELS_MAX + 1];
};

/* Whom a choice is made for. */
struct client {
	const struct addr *addr;
	struct addr unmapped; /* where `addr` may point */
	bool from_subnet;     /* it came with the query; else it is the source of the query */
	uint8_t scope_base;   /* what a scope of `addr` must be longer by: 96 where that was mapped */
};

/* Part of client_find(): an IPv4 client's mapped address is that address. */
static inline void client_unmap(struct client *c)
{
	c->unmapped = *c->addr;
	addr_unmap(&c->unmapped);
	if (c->unmapped.family != c->addr->family)
		c->scope_base = 96;
	c->addr = &c->unmapped;
}

/* The client-subnet option's address where the query has one, else the peer's (RFC 7871 §7.2.1): `out` is
 * valid as long as they, and where it is. */
static inline void client_find(const struct query *q, const struct addr *peer, struct client *out)
{
	out->from_subnet = q->subnet.present && q->subnet.source > 0;
	out->scope_base = 0;
	out->addr = out->from_subnet ? &q->subnet.addr : peer;
	if (out->from_subnet && q->subnet.source >= 96)
		client_unmap(out);
}

/* Nothing is found yet: no zone, no choice. */
static inline void answer_clear(struct answer *a, enum rcode rcode)
{
	a->status = (struct reply_status){.rcode = rcode};
	a->match.zone = NULL;
	a->match.node = NULL;
	a->at = &a->match;
	a->owner = NULL;
	a->scope = 0;
	a->located = a->hosts = a->all_down = false;
	a->n = a->n_syntheses = 0;
	a->choices_end = a->choices;
}

struct responder;

/*
 * Finds the answer to r->query, which is sound, for r->client: what the status says but for its scope, too.
 * The answer is clear, and `node` that of the query's arrival.
 */
void answer_find(struct responder *r, const struct node *node);

/* The scope as the client's subnet option counts it; 0 where it sent none. */
static inline uint8_t answer_scope(const struct answer *a, const struct client *client)
{
	if (!client->from_subnet || (a->scope == 0 && !a->located))
		return 0;
	return (uint8_t)(a->scope + client->scope_base);
}

/* Adds the addresses of the hosts that records of the answer name, of a type with rdata_host(). Part of
 * answer_find().
 */
void answer_add_addresses(struct answer *a, const struct match *m, const struct reply_records *records);

/* Adds a piece, where there is room. */
struct piece *answer_add(struct answer *a, enum section section, const struct reply_records *records);

#endif
