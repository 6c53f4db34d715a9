/* SPDX-License-Identifier: ISC */
/*
 * Zones for other servers (AXFR, RFC 5936; IXFR answered by the whole zone, RFC 1995 §4), and signed messages
 * of any kind (TSIG): what respond() leaves to this floor. Runs on a worker's thread.
 *
 * A transfer under way has nothing of the world: each message looks the zone up again, and goes on where the
 * one before ended. Where a reload has brought other data meanwhile, the transfer is cut, and the secondary
 * begins anew.
 */
#ifndef TRANSFER_TRANSFER_H
#define TRANSFER_TRANSFER_H

#include "answer/respond.h"

/* A transfer whose messages go out one by one, as the connection takes them. */
struct transfer;

/* What respond() leaves: OUTCOME_REPLY or OUTCOME_DROP. As transfer_door(); `arrival` is changed. */
enum outcome transfer_respond(struct responder *r, const struct peer *peer, struct arrival *arrival,
			      struct span *out, struct transfer **transfer);

/*
 * The door for all messages: respond(), and what that leaves to this floor. With a stream, `transfer` points
 * to NULL; where it does not any more, the reply is the first of a transfer, and more is to come: call
 * transfer_next() until it points to NULL again, or transfer_free(). It is NULL with UDP.
 */
static inline enum outcome transfer_door(struct responder *r, const struct peer *peer,
					 struct arrival *arrival, struct span *out,
					 struct transfer **transfer)
{
	enum outcome outcome = respond(r, peer, arrival, out);
	return outcome == OUTCOME_TRANSFER ? transfer_respond(r, peer, arrival, out, transfer) : outcome;
}

/*
 * Writes the next message of a transfer, out->len being the room (65,535 octets) and then its length.
 * *transfer becomes NULL with the last one. False: it can't go on, and the connection is to be closed.
 */
bool transfer_next(struct responder *r, struct transfer **transfer, struct span *out);

void transfer_free(struct transfer *transfer);

#endif
