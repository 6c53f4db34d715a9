/* SPDX-License-Identifier: ISC */
/* A transfer under way, and its messages. Private to transfer/. */
#ifndef TRANSFER_OUTGOING_H
#define TRANSFER_OUTGOING_H

#include "transfer/transfer.h"
#include "transfer/tsig.h"

struct transfer {
	struct query q; /* its message is `request`: header and question; its cookie is `cookie` */
	struct peer peer;
	unsigned *under_way;      /* the responder's count */
	struct tsig_session tsig; /* not keyed: nothing is signed */

	/* Of the zone when it began. */
	uint64_t digest;
	uint32_t serial;

	/* Where the next message goes on. */
	bool begun, done;
	bool only_soa;    /* the client has this serial, or is to come back over TCP */
	size_t node;      /* offset in zone->nodes */
	uint16_t set;     /* of that node */
	uint32_t at;      /* record of that set */
	uint64_t records; /* sent */
	uint64_t octets;  /* likewise */
	uint8_t cookie[COOKIE_OCTETS_MAX];
	uint8_t request[HEADER_OCTETS + NAME_OCTETS_MAX + 4];
};

/*
 * Writes the next message, with the options of an ordinary reply to the request, and signed where that was,
 * of at most `limit` octets with its signature. False: not even one record fits. Then nothing has changed.
 */
bool outgoing_write(struct transfer *t, const struct responder *r, const struct zone *zone, size_t limit,
		    struct span *out);

#endif
