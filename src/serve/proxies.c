/* SPDX-License-Identifier: ISC */
/* The headers that proxies put before messages and connections. */
#include "serve/proxies.h"
#include "answer/tally.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

bool proxies_hold(const struct config *config, const struct addr *from)
{
	for (size_t i = 0; i < config->n_proxy_froms; i++) {
		if (prefix_holds(&config->proxy_froms[i], from))
			return true;
	}
	return false;
}

/* `client` is behind the proxy that is the peer, and where it went to is not known. */
static void stand_for(struct peer *peer, const struct endpoint *client)
{
	peer->addr = client->addr;
	peer->port = htons(client->port);
	peer->local = NULL;
}

bool proxies_unwrap(const struct responder *r, struct peer *peer, struct span *message)
{
	size_t len;
	struct endpoint client = {peer->addr, ntohs(peer->port)};
	if (!proxies_hold(r->view->world->config, &peer->addr))
		return true;
	if (proxy_read(*message, &client, &len) == PROXY_SOUND) {
		stand_for(peer, &client);
		*message = (struct span){message->octets + len, message->len - len};
		return true;
	}
	if (r->view->tallies != NULL)
		tally_add(&r->view->tallies[r->worker]->counters[COUNTER_PROXY_MALFORMED]);
	return false;
}

enum proxy_result proxies_receive(struct proxy_head *head, int fd, struct peer *peer)
{
	size_t need;
	enum proxy_result result;
	struct endpoint client = {peer->addr, ntohs(peer->port)};
	while ((result = proxy_read((struct span){head->octets, head->len}, &client, &need)) == PROXY_SHORT) {
		ssize_t got = recv(fd, head->octets + head->len, need - head->len, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return PROXY_SHORT;
		if (got <= 0)
			return PROXY_MALFORMED;
		head->len += (size_t)got;
	}
	if (result == PROXY_SOUND)
		stand_for(peer, &client);
	return result;
}
