/* SPDX-License-Identifier: ISC */
/* Replies: JSON or text, with the headers that all have. */
#include "admin/reply.h"
#include "admin/utf8.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void reply_clear(struct http_reply *reply)
{
	json_object_put(reply->json);
	if (reply->text != NULL)
		evbuffer_free(reply->text);
	*reply = (struct http_reply){0};
}

void http_error(struct http_reply *reply, int status, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text[utf8_whole(text)] = '\0';
	reply_clear(reply);
	reply->status = status;
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "error", json_object_new_string(text));
}

/* The body as octets; NULL: none. */
static struct evbuffer *encode(struct http_reply *reply)
{
	if (reply->json == NULL)
		return reply->text;
	if (reply->text != NULL)
		evbuffer_free(reply->text);
	reply->text = evbuffer_new();
	reply->content_type = "application/json";
	size_t len;
	const char *json = json_object_to_json_string_length(
		reply->json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	evbuffer_add(reply->text, json, len);
	evbuffer_add(reply->text, "\n", 1);
	return reply->text;
}

void reply_send(struct evhttp_request *request, struct http_reply *reply)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *body = encode(reply);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	if (body != NULL)
		evhttp_add_header(headers, "Content-Type", reply->content_type);
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD) {
		char length[24];
		snprintf(length, sizeof(length), "%zu", body != NULL ? evbuffer_get_length(body) : 0);
		evhttp_add_header(headers, "Content-Length", length);
		body = NULL;
	}
	evhttp_send_reply(request, reply->status, NULL, body);
	reply_clear(reply);
}
