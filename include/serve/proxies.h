/* SPDX-License-Identifier: ISC */
/* Proxies of `proxy-from`, whose word counts for who the client is. Runs on the worker's thread. */
#ifndef SERVE_PROXIES_H
#define SERVE_PROXIES_H

#include "answer/respond.h"
#include "wire/proxy.h"

#include <sys/types.h>

/* What has come of the header that a connection begins with. */
struct proxy_head {
	size_t len;
	uint8_t octets[PROXY_MAX];
};

/* Does all that comes from there begin with a header? */
bool proxies_hold(const struct config *config, const struct addr *from);

/*
 * Takes the header off a message where its peer is a proxy; the peer is then who sent it to that one. False,
 * and it is counted: there is no sound header, so the message is to be dropped.
 */
bool proxies_unwrap(const struct responder *r, struct peer *peer, struct span *message);

/*
 * Receives on a connection from a proxy, and not one octet behind the header. PROXY_SOUND: it is complete,
 * and the peer is who is behind it; PROXY_SHORT: more is to come; PROXY_MALFORMED: close the connection.
 */
enum proxy_result proxies_receive(struct proxy_head *head, int fd, struct peer *peer);

#endif
