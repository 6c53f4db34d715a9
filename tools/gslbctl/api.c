/* SPDX-License-Identifier: ISC */
/* Calls of the admin API, by libcurl. */
#include "api.h"
#include "config/bearer.h"
#include "base/memory.h"
#include "dns.h"
#include "place.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CONNECT_MS = 3000, CALL_MS = 30000, REPLY_MAX = 64 << 20 };

struct api {
	struct place place;
	CURL *curl;
	struct curl_slist *headers;
	uint32_t call_ms;
	int64_t until_us; /* dns_now_us(); no call goes on past it */
	bool answered, hushed;
	char error[CURL_ERROR_SIZE];
};

/* What has come of a reply. */
struct text {
	size_t len, cap;
	char *octets;
};

static size_t on_octets(char *octets, size_t size, size_t n, void *argument)
{
	struct text *text = argument;
	size *= n;
	if (text->len + size > REPLY_MAX)
		return 0;
	text->octets = mem_grow(text->octets, &text->cap, text->len + size + 1, 1);
	memcpy(text->octets + text->len, octets, size);
	text->len += size;
	text->octets[text->len] = '\0';
	return size;
}

static bool add_token(struct api *api)
{
	struct faults faults = {0};
	struct bearer token = {0};
	char header[BEARER_MAX + 32];
	const struct spot at = {.file = "gslbctl"};
	bool ok = api->place.token_file == NULL ||
		  bearer_read(api->place.token_file, at, false, &token, &faults);
	faults_print(&faults, stderr);
	faults_free(&faults);
	snprintf(header, sizeof(header), "Authorization: Bearer %.*s", (int)token.len, token.text);
	if (ok && token.len > 0)
		api->headers = curl_slist_append(api->headers, header);
	return ok;
}

struct api *api_open(const struct options *o)
{
	struct api *api = mem_alloc(sizeof(*api));
	api_hurry(api, CALL_MS, INT64_MAX);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (!place_find(o, &api->place) || !add_token(api)) {
		api_close(api);
		return NULL;
	}
	api->headers = curl_slist_append(api->headers, "Content-Type: application/json");
	api->headers = curl_slist_append(api->headers, "Expect:");
	api->curl = curl_easy_init();
	if (api->curl == NULL)
		abort();
	curl_easy_setopt(api->curl, CURLOPT_ERRORBUFFER, api->error);
	curl_easy_setopt(api->curl, CURLOPT_HTTPHEADER, api->headers);
	curl_easy_setopt(api->curl, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(api->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(api->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(api->curl, CURLOPT_PROXY, "");
	if (api->place.path != NULL)
		curl_easy_setopt(api->curl, CURLOPT_UNIX_SOCKET_PATH, api->place.path);
	return api;
}

void api_close(struct api *api)
{
	if (api == NULL)
		return;
	curl_easy_cleanup(api->curl);
	curl_slist_free_all(api->headers);
	place_free(&api->place);
	free(api);
	curl_global_cleanup();
}

void api_hurry(struct api *api, uint32_t call_ms, int64_t until_us)
{
	api->call_ms = call_ms;
	api->until_us = until_us;
}

void api_hush(struct api *api)
{
	api->hushed = true;
}

bool api_answered(const struct api *api)
{
	return api->answered;
}

/* How long a call may take. */
static long patience_ms(const struct api *api)
{
	int64_t left_ms = (api->until_us - dns_now_us()) / 1000;
	return left_ms < 1 ? 1 : left_ms < api->call_ms ? (long)left_ms : (long)api->call_ms;
}

const char *api_address(const struct api *api)
{
	return api->place.address;
}

/* A path that there is, but is no socket? */
static bool is_other_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !S_ISSOCK(st.st_mode);
}

/* Why there is no connection, and what is expected where it was tried. */
static void tell_unreachable(const struct api *api, int error)
{
	static const char expected[] = "expected is the UNIX socket that `admin` of gslbd.conf names, or a "
				       "socket address such as 127.0.0.1:8053";
	const char *at = api->place.address, *path = api->place.path;
	if (path != NULL && error == ENOENT)
		fprintf(stderr, "gslbctl: %s: there is no such file; %s\n", at, expected);
	else if (path != NULL && is_other_file(path))
		fprintf(stderr, "gslbctl: %s: this is no UNIX socket; %s\n", at, expected);
	else if (path != NULL && error == EACCES)
		fprintf(stderr,
			"gslbctl: %s: permission denied: only the server's user, and root, may open it\n",
			at);
	else
		fprintf(stderr, "gslbctl: %s: %s; is gslbd running, and is this where its `admin` listens?\n",
			at, error ? strerror(error) : api->error);
}

static void tell_error(struct api *api, CURLcode code)
{
	long error = 0;
	curl_easy_getinfo(api->curl, CURLINFO_OS_ERRNO, &error);
	if (code == CURLE_COULDNT_CONNECT)
		tell_unreachable(api, (int)error);
	else
		fprintf(stderr, "gslbctl: %s: %s\n", api->place.address,
			api->error[0] ? api->error : curl_easy_strerror(code));
}

static long perform(struct api *api, const char *method, const char *path, const char *body,
		    struct text *text)
{
	char *url = NULL;
	long status = 0;
	if (asprintf(&url, "%s%s", api->place.base, path) < 0)
		abort();
	curl_easy_setopt(api->curl, CURLOPT_URL, url);
	curl_easy_setopt(api->curl, CURLOPT_WRITEDATA, text);
	curl_easy_setopt(api->curl, CURLOPT_HTTPGET, 1L);
	if (body != NULL) {
		curl_easy_setopt(api->curl, CURLOPT_POSTFIELDSIZE, -1L);
		curl_easy_setopt(api->curl, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(api->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(api->curl, CURLOPT_TIMEOUT_MS, patience_ms(api));
	api->error[0] = '\0';
	CURLcode code = curl_easy_perform(api->curl);
	if (code == CURLE_OK)
		curl_easy_getinfo(api->curl, CURLINFO_RESPONSE_CODE, &status);
	else if (!api->hushed)
		tell_error(api, code);
	free(url);
	api->answered = code == CURLE_OK;
	return status;
}

static void tell_token(const struct api *api)
{
	if (api->place.token_file != NULL)
		fprintf(stderr, "gslbctl: %s: the token of %s is not the server's\n", api->place.address,
			api->place.token_file);
	else
		fprintf(stderr,
			"gslbctl: %s: the server wants a token: -t FILE or GSLBCTL_TOKEN_FILE says where it "
			"is\n",
			api->place.address);
}

int api_call(struct api *api, const char *method, const char *path, struct json_object *body,
	     struct json_object **reply)
{
	struct text text = {0};
	const char *json = body ? json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN) : NULL;
	long status = perform(api, method, path, json, &text);
	*reply = NULL;
	if (status == 401)
		tell_token(api);
	else if (status != 0 && text.octets != NULL)
		*reply = json_tokener_parse(text.octets);
	free(text.octets);
	if (*reply != NULL && json_object_is_type(*reply, json_type_object))
		return (int)status;
	if (status != 0 && status != 401)
		fprintf(stderr, "gslbctl: %s: answers as no gslbd does (HTTP %ld)\n", api->place.address,
			status);
	json_object_put(*reply);
	*reply = NULL;
	return 0;
}

void api_complain(int status, struct json_object *reply)
{
	const char *error = member_text(reply, "error");
	if (status != 0)
		fprintf(stderr, "gslbctl: %s\n", error ? error : "the server refuses, without saying why");
}

struct json_object *api_get(struct api *api, const char *path)
{
	struct json_object *reply;
	int status = api_call(api, "GET", path, NULL, &reply);
	if (status == 200)
		return reply;
	api_complain(status, reply);
	json_object_put(reply);
	return NULL;
}

char *api_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	if (escaped == NULL)
		abort();
	char *copy = mem_copy_text(escaped, strlen(escaped));
	curl_free(escaped);
	return copy;
}

struct json_object *member(struct json_object *o, const char *key)
{
	return json_object_is_type(o, json_type_object) ? json_object_object_get(o, key) : NULL;
}

const char *member_text(struct json_object *o, const char *key)
{
	struct json_object *value = member(o, key);
	return value ? json_object_get_string(value) : NULL;
}

int64_t member_number(struct json_object *o, const char *key)
{
	return json_object_get_int64(member(o, key));
}
