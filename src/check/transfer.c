/* SPDX-License-Identifier: ISC */
/* The pool of easy handles, and the options that all kinds of checks share. */
#include "check/transfer.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { POOL_MAX = 256 };

/* libcurl refuses an option only for want of memory, or because it was built without it. */
static void must(CURLcode code)
{
	if (code != CURLE_OK) {
		fprintf(stderr, "gslbd: libcurl: %s\n", curl_easy_strerror(code));
		abort();
	}
}

/* Opens the socket itself to know why where it can't, and so that no child inherits it. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;
	(void)purpose;
	int fd = socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->protocol);
	transfer->socket_errno = fd < 0 ? errno : 0;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static struct transfer *transfer_new(void)
{
	struct transfer *transfer = mem_alloc(sizeof(*transfer));
	CURL *easy = transfer->easy = curl_easy_init();
	if (easy == NULL)
		abort();
	must(curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer));
	must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error));
	must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer));
	must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	must(curl_easy_setopt(easy, CURLOPT_USERAGENT, "gslbd/" GSLBD_VERSION));

	/* what is asked is the target and nothing else: no proxy of the environment, no other protocol or
	 * place */
	must(curl_easy_setopt(easy, CURLOPT_PROXY, ""));
	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http"));
	must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));

	/* libcurl's cache of names is quadratic in a burst, and idle connections cost more than new ones */
	must(curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L));
	must(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L));
	must(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
	return transfer;
}

static void transfer_free(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	if (transfer->socket != NULL)
		event_free(transfer->socket);
	free(transfer);
}

struct transfer *transfer_take(struct transfer_pool *pool, const struct check *check, void *owner)
{
	struct transfer *transfer = pool->idle;
	if (transfer != NULL) {
		pool->idle = transfer->next;
		pool->n--;
	} else {
		transfer = transfer_new();
	}
	transfer->check = check;
	transfer->owner = owner;
	transfer->socket_errno = 0;
	transfer->error[0] = '\0';
	transfer->reply = (struct reply){0};
	must(curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)check->timeout_ms));
	return transfer;
}

void transfer_give(struct transfer_pool *pool, struct transfer *transfer)
{
	must(curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, NULL));
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	if (pool->n == POOL_MAX) {
		transfer_free(transfer);
		return;
	}
	transfer->next = pool->idle;
	pool->idle = transfer;
	pool->n++;
}

void transfer_pool_free(struct transfer_pool *pool)
{
	for (struct transfer *t = pool->idle, *next; t != NULL; t = next) {
		next = t->next;
		transfer_free(t);
	}
	*pool = (struct transfer_pool){0};
}

void transfer_aim(struct transfer *transfer, const struct endpoint *address)
{
	char url[ADDR_TEXT_MAX + 16], text[ADDR_TEXT_MAX];
	assert(address->port != 0);
	snprintf(url, sizeof(url), "http://%s/", endpoint_format(address, text));
	must(curl_easy_setopt(transfer->easy, CURLOPT_URL, url));
}

uint32_t transfer_time(const struct transfer *transfer, CURLINFO which)
{
	curl_off_t us = 0;
	curl_easy_getinfo(transfer->easy, which, &us);
	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}
