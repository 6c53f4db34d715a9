/* SPDX-License-Identifier: ISC */
/* Making transfers, and the options that all kinds of checks share. */
#include "check/transfer.h"
#include "base/memory.h"
#include "base/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void transfer_must(CURLcode code)
{
	if (code != CURLE_OK) {
		fprintf(stderr, "gslbd: libcurl: %s\n", curl_easy_strerror(code));
		abort();
	}
}

/* Opens the socket itself to know why where it can't, so that no child inherits it, and to the target alone.
 */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;
	struct endpoint to;
	(void)purpose;
	endpoint_from_sockaddr(&address->addr, &to);
	if (!addr_equal(&to.addr, &transfer->address.addr) || to.port != transfer->address.port) {
		transfer->socket_errno = EPERM;
		return CURL_SOCKET_BAD;
	}
	int fd = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
	transfer->socket_errno = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Closing takes the kernel as long as all else at the end of a check. */
static int close_socket(void *context, curl_socket_t fd)
{
	(void)context;
	thread_turn_may_end();
	int result = close(fd);
	thread_turn_may_end();
	return result;
}

/* What all kinds share, on a handle that has no option set. */
static void set_options(struct transfer *transfer)
{
	const struct check *check = transfer->check;
	uint32_t connect_ms = check->connect_timeout_ms != 0 ? check->connect_timeout_ms : check->timeout_ms;
	CURL *easy = transfer->easy;
	transfer_must(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error));
	transfer_must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	transfer_must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket));
	transfer_must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)check->timeout_ms));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms));

	/* what is asked is the target and nothing else: no proxy of the environment, no other protocol or
	 * place */
	transfer_must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	transfer_must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	transfer_must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));

	/* libcurl's cache of names is quadratic in a burst, and idle connections cost more than new ones */
	transfer_must(curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
}

struct transfer *transfer_take(struct transfer_pool *pool, const struct check *check, void *owner)
{
	struct transfer *transfer = mem_alloc(sizeof(*transfer));
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		abort();
	transfer->pool = pool;
	transfer->check = check;
	transfer->owner = owner;
	set_options(transfer);
	return transfer;
}

void transfer_renew(struct transfer *transfer)
{
	CURL *fresh = curl_easy_duphandle(transfer->easy);
	if (fresh == NULL)
		abort();
	curl_easy_cleanup(transfer->easy);
	transfer->easy = fresh;
}

void transfer_give(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->connect_to);
	body_clear(&transfer->reply.body);
	free(transfer->location);
	free(transfer->note);
	free(transfer);
}

void transfer_pool_free(struct transfer_pool *pool)
{
	trust_free(pool->trust);
	pool->trust = NULL;
}

void transfer_aim(struct transfer *transfer, const struct endpoint *address)
{
	const struct check *check = transfer->check;
	char *url, pin[ADDR_TEXT_MAX + 2] = "::", *place = pin + 2; /* from any host and port */
	assert(address->port != 0);
	endpoint_format(address, place);
	if (asprintf(&url, "%s://%s/", check->tls ? "https" : "http",
		     check->host != NULL ? check->host : place) < 0)
		abort();
	transfer->address = *address;
	transfer->connect_to = curl_slist_append(NULL, pin);
	if (transfer->connect_to == NULL)
		abort();
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_URL, url));
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to));
	free(url);
	if (check->tls)
		tls_prepare(transfer);
}

uint32_t transfer_time(const struct transfer *transfer, CURLINFO which)
{
	curl_off_t us = 0;
	curl_easy_getinfo(transfer->easy, which, &us);
	if (us <= 0)
		return 0;
	us += transfer->spent_us;
	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}
