/* SPDX-License-Identifier: ISC */
/* Answering EDNS options. */
#include "answer/options.h"
#include "wire/cookie.h"
#include "wire/octets.h"

#include <string.h>

static void put_identity(const struct config *config, struct reply *reply)
{
	if (config->identity != NULL)
		edns_put(reply, EDNS_OPTION_NSID, (const uint8_t *)config->identity,
			 strlen(config->identity));
}

static struct cookie_secrets secrets_of(const struct responder *r)
{
	const struct cookie_secrets *given = &r->view->world->config->cookies.secrets;
	return given->n > 0 ? *given : (struct cookie_secrets){1, &r->cookie_secret};
}

static enum cookie_state state_of(const struct responder *r, const struct query *q, const struct addr *client)
{
	const struct cookie_secrets secrets = secrets_of(r);
	return cookie_check(&secrets, q->cookie, q->cookie_len, client, r->now_s);
}

bool options_prove(const struct responder *r, const struct peer *peer)
{
	return (r->query->asked & ASKED_COOKIE) && r->view->world->config->cookies.on &&
	       state_of(r, r->query, &peer->addr) != COOKIE_WRONG;
}

/*
 * The client's own cookie, or a fresh one. Nobody must have a valid one, but who asks for no more than that
 * is told (RFC 7873 §5.4).
 */
static enum rcode answer_cookie(const struct responder *r, struct query *q, const struct addr *client,
				struct reply *reply)
{
	const struct cookie_secrets secrets = secrets_of(r);
	enum cookie_state state = state_of(r, q, client);
	uint8_t cookie[COOKIE_OCTETS];
	q->cookie_valid = state != COOKIE_WRONG;
	memcpy(cookie, q->cookie, state == COOKIE_VALID ? COOKIE_OCTETS : COOKIE_CLIENT_OCTETS);
	if (state != COOKIE_VALID)
		cookie_make(&secrets, client, r->now_s, cookie);
	edns_put(reply, EDNS_OPTION_COOKIE, cookie, sizeof(cookie));
	bool shown = q->cookie_len > COOKIE_CLIENT_OCTETS;
	return q->question_len == 0 && shown && !q->cookie_valid ? RCODE_BADCOOKIE : RCODE_NOERROR;
}

static void put_idle_timeout(const struct peer *peer, struct reply *reply)
{
	uint8_t timeout[2];
	octets_put16(timeout, peer->idle_timeout_ds);
	if (peer->idle_timeout_ds > 0)
		edns_put(reply, EDNS_OPTION_KEEPALIVE, timeout, sizeof(timeout));
}

__attribute__((cold, noinline)) enum rcode options_answer(const struct responder *r, struct query *q,
							  const struct peer *peer, struct reply *reply,
							  enum rcode rcode)
{
	const struct config *config = r->view->world->config;
	unsigned asked = q->asked;
	enum rcode found = RCODE_NOERROR;
	if (options_malformed(q, peer))
		found = RCODE_FORMERR;
	else if ((asked & ASKED_COOKIE) && config->cookies.on)
		found = answer_cookie(r, q, &peer->addr, reply);
	else if (q->question_len == 0)
		found = RCODE_FORMERR; /* without cookies it is malformed */
	if ((asked & ASKED_KEEPALIVE) && transport_streams(peer->transport))
		put_idle_timeout(peer, reply);
	if (asked & ASKED_NSID)
		put_identity(config, reply);
	if ((asked & ASKED_PADDING) && peer->transport == TRANSPORT_TLS)
		edns_pad(reply, EDNS_PADDING_BLOCK);
	return rcode == RCODE_NOERROR ? found : rcode;
}
