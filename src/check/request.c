/* SPDX-License-Identifier: ISC */
/* Headers of the check come before those of libcurl and of this file, whatever they are. */
#include "check/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add_header(struct transfer *transfer, const char *line)
{
	struct curl_slist *longer = curl_slist_append(transfer->headers, line);
	if (longer == NULL)
		abort();
	transfer->headers = longer;
}

static bool gives_header(const struct check *check, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < check->headers.n; i++) {
		const char *line = check->headers.list[i];
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return true;
	}
	return false;
}

/* `Name: value` unless the check gives that header itself. */
static void add_own(struct transfer *transfer, const char *name, const char *value)
{
	char *line;
	if (value == NULL || gives_header(transfer->check, name))
		return;
	if (asprintf(&line, "%s: %s", name, value) < 0)
		abort();
	add_header(transfer, line);
	free(line);
}

/* libcurl takes `Name:` for a header to leave out, and `Name;` for one without a value. */
static void add_given(struct transfer *transfer, const char *line)
{
	size_t name = strcspn(line, ":");
	if (line[name] != '\0' && line[name + 1 + strspn(line + name + 1, " \t")] == '\0') {
		char *empty = strdup(line);
		if (empty == NULL)
			abort();
		empty[name] = ';';
		empty[name + 1] = '\0';
		add_header(transfer, empty);
		free(empty);
	} else {
		add_header(transfer, line);
	}
}

static void set_method(struct transfer *transfer, const char *method)
{
	CURL *easy = transfer->easy;
	bool head = strcmp(method, "HEAD") == 0, get = strcmp(method, "GET") == 0;
	if (get)
		transfer_must(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
	if (head)
		transfer_must(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, head || get ? NULL : method));
}

void request_prepare(struct transfer *transfer)
{
	const struct check *check = transfer->check;
	const char *method = check->method != NULL ? check->method : "GET";
	bool posts =
		strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
	for (size_t i = 0; i < check->headers.n; i++)
		add_given(transfer, check->headers.list[i]);
	add_own(transfer, "Host", check->host);
	add_own(transfer, "User-Agent",
		check->user_agent != NULL ? check->user_agent : "gslbd/" GSLBD_VERSION);
	add_own(transfer, "Connection", "close");
	add_own(transfer, "Content-Length", posts ? "0" : NULL);
	set_method(transfer, method);
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
	/* as it was written: not normalised */
	transfer_must(curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, check->path));
}

/* The URL of the request that has ended. That of the first names no path: its target was set apart. */
static CURLU *url_asked(const struct transfer *transfer)
{
	char *effective = NULL, *whole;
	CURLU *url = curl_url();
	curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &effective);
	bool first = transfer->redirects == 0;
	if (url == NULL || effective == NULL)
		abort();
	int len = (int)strlen(effective) - (first && effective[0] != '\0');
	if (asprintf(&whole, "%.*s%s", len, effective, first ? transfer->check->path : "") < 0)
		abort();
	if (curl_url_set(url, CURLUPART_URL, whole, CURLU_URLENCODE) != CURLUE_OK)
		curl_url_set(url, CURLUPART_URL, effective, 0); /* the path is odd, but the place is known */
	free(whole);
	return url;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *one = NULL, *two = NULL;
	bool same = curl_url_get(a, part, &one, 0) == CURLUE_OK &&
		    curl_url_get(b, part, &two, 0) == CURLUE_OK && strcasecmp(one, two) == 0;
	curl_free(one);
	curl_free(two);
	return same;
}

static long port_of(CURLU *url)
{
	char *text = NULL;
	long port =
		curl_url_get(url, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) == CURLUE_OK ? atol(text) : 0;
	curl_free(text);
	return port;
}

/* A server may name the port that the Host header has, or the one it listens on: both are this target. */
static bool same_place(const struct transfer *transfer, CURLU *asked, CURLU *next)
{
	long port = port_of(next);
	return same_part(asked, next, CURLUPART_SCHEME) && same_part(asked, next, CURLUPART_HOST) &&
	       (port == port_of(asked) || port == transfer->address.port);
}

static void turn_to(struct transfer *transfer, const char *url, long status)
{
	uint32_t ms = transfer->check->timeout_ms;
	curl_off_t took_us = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &took_us);
	transfer_renew(transfer);
	CURL *easy = transfer->easy;
	transfer->spent_us += (uint32_t)took_us;
	uint32_t spent_ms = transfer->spent_us / 1000, left_ms = ms > spent_ms ? ms - spent_ms : 1;
	transfer->redirects++;
	body_clear(&transfer->reply.body);
	transfer->reply = (struct reply){0};
	transfer_must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms));
	transfer_must(curl_easy_setopt(easy, CURLOPT_URL, url));
	transfer_must(curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, NULL));
	transfer_must(curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L));
	if (status == 303 && transfer->check->method != NULL && strcmp(transfer->check->method, "HEAD") != 0)
		set_method(transfer, "GET"); /* RFC 9110 §15.4.4 */
}

bool request_follow(struct transfer *transfer, long status)
{
	char *url = NULL;
	CURLU *asked = url_asked(transfer), *next = curl_url_dup(asked);
	if (next == NULL)
		abort();
	bool follows = curl_url_set(next, CURLUPART_URL, transfer->location, CURLU_URLENCODE) == CURLUE_OK &&
		       same_place(transfer, asked, next);
	if (follows) {
		curl_url_set(next, CURLUPART_USER, NULL, 0);
		curl_url_set(next, CURLUPART_PASSWORD, NULL, 0);
		curl_url_set(next, CURLUPART_FRAGMENT, NULL, 0);
		follows = curl_url_get(next, CURLUPART_URL, &url, 0) == CURLUE_OK;
	}
	if (follows) {
		turn_to(transfer, url, status);
		free(transfer->location);
		transfer->location = NULL;
	}
	curl_free(url);
	curl_url_cleanup(asked);
	curl_url_cleanup(next);
	return follows;
}
