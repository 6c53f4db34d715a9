/* SPDX-License-Identifier: ISC */
/* The headers that proxies put before messages and connections. */
#include "serve/proxies.h"
#include "answer/tally.h"

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

bool proxies_unwrap(const struct responder *r, struct addr *from, struct span *message)
{
	size_t len;
	if (!proxies_hold(r->view->world->config, from))
		return true;
	if (proxy_read(*message, from, &len) == PROXY_SOUND) {
		*message = (struct span){message->octets + len, message->len - len};
		return true;
	}
	if (r->view->tallies != NULL)
		tally_add(&r->view->tallies[r->worker]->counters[COUNTER_PROXY_MALFORMED]);
	return false;
}

enum proxy_result proxies_receive(struct proxy_head *head, int fd, struct addr *client)
{
	size_t need;
	enum proxy_result result;
	while ((result = proxy_read((struct span){head->octets, head->len}, client, &need)) == PROXY_SHORT) {
		ssize_t got = recv(fd, head->octets + head->len, need - head->len, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return PROXY_SHORT;
		if (got <= 0)
			return PROXY_MALFORMED;
		head->len += (size_t)got;
	}
	return result;
}
