/* SPDX-License-Identifier: ISC */
/* The way of a request: its target, its token, its route, its body, its handler. */
#include "admin/http.h"
#include "admin/body.h"
#include "admin/listen.h"
#include "admin/peer.h"
#include "admin/reply.h"
#include "admin/route.h"
#include "admin/uri.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/bearer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

static const struct crowd_limits default_limits = {.connections = 64, .timeout_ms = 10000};

struct http_server {
	bool on_port; /* and not on a UNIX socket: there a token is needed */
	struct http_api api;
	struct listening listening;
	struct bearer bearer;
	struct evhttp *http;
	struct crowd *crowd;
	struct http_counters counters;
	struct event *quiet;    /* pending: a refused token was logged just now */
	unsigned refused_since; /* the last that was logged */
	bool finishing;
};

/* One request on its way through. */
struct exchange {
	bool quiet; /* of its route */
	bool last;  /* of its connection */
	struct http_server *server;
	struct evhttp_request *http;
	struct uri uri;
	char who[PEER_TEXT_MAX];
	struct http_request request;
	struct http_reply reply;
};

static const char *header_in(const struct exchange *x, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(x->http), name);
}

static void header_out(struct exchange *x, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(x->http), name, value);
}

/* The reply is an error, and where the next request on this connection begins is not certain. */
static bool part(struct exchange *x, const char *why)
{
	x->last = true;
	http_error(&x->reply, 400, "%s", why);
	return false;
}

/* Is it beyond doubt where the request ends? evhttp reads the first of several lengths, knows one encoding,
 * and takes any text for a header's name (RFC 9112 §5.1, §6.3). */
static bool framing_read(struct exchange *x)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(x->http);
	const struct evkeyval *header;
	unsigned lengths = 0, encodings = 0, tokens = 0;
	TAILQ_FOREACH(header, headers, next)
	{
		if (strpbrk(header->key, " \t") != NULL || header->key[0] == '\0')
			return part(x, "a malformed header");
		lengths += strcasecmp(header->key, "Content-Length") == 0;
		tokens += strcasecmp(header->key, "Authorization") == 0;
		if (strcasecmp(header->key, "Transfer-Encoding") == 0) {
			encodings++;
			if (strcasecmp(header->value, "chunked") != 0)
				return part(x, "a transfer encoding that is not chunked");
		}
	}
	if (lengths + encodings > 1 || tokens > 1)
		return part(x, "a header that must not be repeated, or that contradicts another");
	if (lengths + encodings > 0 && evhttp_request_get_command(x->http) == EVHTTP_REQ_HEAD)
		return part(x, "a HEAD with a body");
	return true;
}

/* False: no route has it. evhttp may not have read the body of such a request: it is the connection's last.
 */
static bool method_read(struct exchange *x, enum http_method *out)
{
	enum evhttp_cmd_type command = evhttp_request_get_command(x->http);
	switch ((int)command) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD: *out = HTTP_GET; return true;
	case EVHTTP_REQ_PUT: *out = HTTP_PUT; return true;
	case EVHTTP_REQ_POST: *out = HTTP_POST; return true;
	case EVHTTP_REQ_DELETE: *out = HTTP_DELETE; return true;
	}
	x->last = true;
	return false;
}

static void on_quiet_over(evutil_socket_t fd, short what, void *argument)
{
	static const struct timeval second = {.tv_sec = 1};
	(void)fd;
	(void)what;
	struct http_server *s = argument;
	if (s->refused_since == 0)
		return;
	log_warn("admin: %u more requests with a wrong token or none", s->refused_since);
	s->refused_since = 0;
	evtimer_add(s->quiet, &second);
}

static void token_refused(struct exchange *x)
{
	static const struct timeval second = {.tv_sec = 1};
	struct http_server *s = x->server;
	s->counters.refused_tokens++;
	if (evtimer_pending(s->quiet, NULL)) {
		s->refused_since++;
	} else {
		log_warn("admin: a request with a wrong token or none from %s", x->who);
		evtimer_add(s->quiet, &second);
	}
	header_out(x, "WWW-Authenticate", "Bearer");
	http_error(&x->reply, 401, "this needs the header \"Authorization: Bearer TOKEN\"");
}

static void no_route(struct exchange *x)
{
	char allow[ROUTE_ALLOW_MAX];
	route_allow(&x->server->api, x->uri.path, allow);
	if (allow[0] == '\0') {
		http_error(&x->reply, 404, "nothing is at %s", x->uri.path);
		return;
	}
	header_out(x, "Allow", allow);
	http_error(&x->reply, 405, "%s takes only %s", x->uri.path, allow);
}

static bool body_read(struct exchange *x)
{
	char why[BODY_WHY_MAX];
	struct evbuffer *in = evhttp_request_get_input_buffer(x->http);
	size_t len = evbuffer_get_length(in);
	if (len == 0)
		return true;
	x->request.body = body_parse((const char *)evbuffer_pullup(in, -1), len, why);
	if (x->request.body == NULL)
		http_error(&x->reply, 400, "%s", why);
	return x->request.body != NULL;
}

/* Everything is refused until a route is found for it. */
static void answer(struct exchange *x)
{
	struct http_server *s = x->server;
	const char *why;
	if (!framing_read(x))
		return;
	bool known = method_read(x, &x->request.method);
	if (!uri_parse(evhttp_request_get_uri(x->http), &x->uri, &why)) {
		http_error(&x->reply, 400, "target: %s", why);
		return;
	}
	const struct http_route *route = known ? route_find(&s->api, x->uri.path, x->request.method) : NULL;
	if ((route == NULL || !route->open) && !bearer_shown(&s->bearer, header_in(x, "Authorization"))) {
		token_refused(x);
		return;
	}
	if (route == NULL) {
		no_route(x);
		return;
	}
	const char *stranger = route_stranger(route, &x->uri);
	if (stranger != NULL) {
		http_error(&x->reply, 400, "unknown query parameter \"%s\"", stranger);
		return;
	}
	if (!route->open && crowd_waiting(s->crowd) > HTTP_WAITING_MAX) {
		http_error(&x->reply, 503, "too many long replies wait for clients to take them; try again");
		return;
	}
	if (!body_read(x))
		return;
	x->request.path = x->uri.path;
	x->request.rest = route_rest(route, x->uri.path);
	x->quiet = route->quiet;
	if (x->request.method == HTTP_GET || s->api.permits == NULL ||
	    s->api.permits(s->api.context, &x->reply))
		route->handle(s->api.context, &x->request, &x->reply);
}

static void note(struct exchange *x)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET", [HTTP_PUT] = "PUT", [HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE"};
	int status = x->reply.status, class = status / 100;
	x->server->counters.replies[class > 0 && class < HTTP_CLASSES ? class : 0]++;
	if (x->request.method != HTTP_GET && class == 2 && !x->quiet)
		log_info("admin: %s: %s %s: %d", x->who, names[x->request.method], x->uri.path, status);
}

static void on_request(struct evhttp_request *http, void *argument)
{
	struct http_server *s = argument;
	struct bufferevent *stream = evhttp_connection_get_bufferevent(evhttp_request_get_connection(http));
	struct exchange x = {.server = s, .http = http, .last = s->finishing, .reply.status = 200};
	x.request.who = peer_format(bufferevent_getfd(stream), x.who);
	x.request.uri = &x.uri;
	crowd_heard(s->crowd, stream);
	answer(&x);
	note(&x);
	if (x.last)
		header_out(&x, "Connection", "close");
	reply_send(http, &x.reply);
	json_object_put(x.request.body);
	uri_free(&x.uri);
}

static void serve(struct http_server *s, struct event_base *base, const struct crowd_limits *limits)
{
	struct evconnlistener *listener = evconnlistener_new(
		base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, s->listening.fd);
	s->http = evhttp_new(base);
	evhttp_set_max_headers_size(s->http, HTTP_HEADER_MAX);
	evhttp_set_max_body_size(s->http, HTTP_BODY_MAX);
	/* Those that no route has are refused by on_request(), as all others. */
	evhttp_set_allowed_methods(s->http, UINT16_MAX);
	evhttp_set_gencb(s->http, on_request, s);
	evhttp_bind_listener(s->http, listener);
	s->crowd = crowd_new(base, s->http, listener, limits != NULL ? limits : &default_limits);
	s->quiet = evtimer_new(base, on_quiet_over, s);
}

struct http_server *http_server_new(struct event_base *base, const struct admin_listen *listen,
				    const struct http_api *api, const struct crowd_limits *limits,
				    struct faults *faults)
{
	struct http_server *s = mem_alloc(sizeof(*s));
	*s = (struct http_server){.api = *api, .on_port = listen->path == NULL};
	bool sound = !s->on_port || api->bearer != NULL;
	if (!sound)
		fault_add(faults, (struct spot){.file = "admin"}, "a port needs a token file");
	if (!sound || !listening_open(listen, api->inherited, &s->listening, faults)) {
		free(s);
		return NULL;
	}
	http_server_bearer_set(s, api->bearer);
	serve(s, base, limits);
	return s;
}

void http_server_finish(struct http_server *server, unsigned wait_ms, crowd_done *done, void *context)
{
	server->finishing = true;
	crowd_finish(server->crowd, wait_ms, done, context);
}

void http_server_free(struct http_server *server)
{
	evhttp_free(server->http);
	crowd_free(server->crowd);
	event_free(server->quiet);
	listening_forget(&server->listening);
	free(server);
}

int http_server_socket(const struct http_server *server)
{
	return server->listening.fd;
}

void http_server_leave(struct http_server *server)
{
	free(server->listening.path);
	server->listening.path = NULL;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->listening.port;
}

void http_server_bearer_set(struct http_server *server, const struct bearer *bearer)
{
	if (bearer != NULL)
		server->bearer = *bearer;
	else if (!server->on_port)
		server->bearer.len = 0;
}

struct http_counters http_server_counters(const struct http_server *server)
{
	struct http_counters counters = server->counters;
	counters.connections = *crowd_counters(server->crowd);
	return counters;
}

const char *http_query(const struct http_request *request, const char *name)
{
	return uri_parameter(request->uri, name);
}
